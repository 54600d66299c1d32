// SPDX-License-Identifier: MIT
#include "malloc/image.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "os/os.h"

namespace {

struct Lookup {
    const char *name;
    struct image image;
    unsigned images, own_at, libc_at;
};

bool keep_definer(const struct image *image, void *argument) {
    Lookup *lookup = static_cast<Lookup *>(argument);
    if (image_address(image, lookup->name) == 0) return false;
    lookup->image = *image;
    return true;
}

struct image image_with(const char *name) {
    Lookup lookup = {name, {}, 0, 0, 0};
    EXPECT_TRUE(image_each(keep_definer, &lookup)) << name;
    return lookup.image;
}

// Access to the page of an address: "r--p" and the like.
std::string access_of(uintptr_t address) {
    char line[512];
    std::string found;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps) != nullptr) {
        unsigned long start, end;
        char access[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, access) == 3 && address >= start &&
            address < end)
            found = access;
    }
    fclose(maps);
    return found;
}

double instead(double) { return 42; }

class ImageTest : public testing::Test {
  protected:
    void SetUp() override { image_start(); }
    void TearDown() override { os_fault_for_test = nullptr; }

    // A change of libm's cbrt, which nothing here calls but by its name.
    void *library = dlopen("libm.so.6", RTLD_NOW);
    struct image libm = image_with("cbrt");
    Elf64_Sym *symbol = image_find(&libm, "cbrt", nullptr);
    uintptr_t before = symbol->st_value;
    double (*named() const)(double) {
        return reinterpret_cast<double (*)(double)>(dlsym(library, "cbrt"));
    }
    bool change(uintptr_t value) {
        struct image_change change = {symbol, value};
        return image_change_symbols(&libm, &change, 1);
    }
};

} // namespace

// The C library's own function: sanitizers put theirs in front of many.
static uintptr_t of_libc(const char *name) {
    static void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return reinterpret_cast<uintptr_t>(dlsym(libc, name));
}

TEST_F(ImageTest, StartNotesTheProgramAndLibc) {
    EXPECT_TRUE(image_contains(&image_own, reinterpret_cast<uintptr_t>(image_start)));
    EXPECT_TRUE(image_contains(&image_libc, of_libc("puts")));
    EXPECT_TRUE(image_is_in_front);
    EXPECT_TRUE(image_is_own(&image_own));
    EXPECT_FALSE(image_is_own(&image_libc));
}

TEST_F(ImageTest, FindsFunctionsWhereTheDynamicLinkerDoes) {
    for (const char *name : {"strtok", "qsort_r", "getline", "gnu_get_libc_version", "fopen"}) {
        uintptr_t address = of_libc(name);
        bool found = false;
        const Elf64_Sym *at = nullptr;
        while ((at = image_find(&image_libc, name, at)) != nullptr)
            found = found || image_libc.base + at->st_value == address;
        EXPECT_TRUE(found) << name;
    }
}

TEST_F(ImageTest, FindsEveryVersionOfAName) {
    unsigned versions = 0;
    const Elf64_Sym *at = nullptr;
    while ((at = image_find(&image_libc, "memcpy", at)) != nullptr) versions++;
    at = nullptr;
    while ((at = image_find(&image_libc, "pthread_cond_wait", at)) != nullptr) versions++;
    EXPECT_GE(versions, 1u); // two versions on x86-64, one on newer platforms
    at = image_find(&image_libc, "puts", nullptr);
    ASSERT_NE(at, nullptr);
    EXPECT_EQ(image_find(&image_libc, "puts", at), nullptr);
}

TEST_F(ImageTest, FindsNeitherDataNorWhatIsOnlyUsed) {
    EXPECT_EQ(image_find(&image_libc, "environ", nullptr), nullptr);
    EXPECT_EQ(image_find(&image_libc, "no_such_function", nullptr), nullptr);
    EXPECT_EQ(image_find(&image_libc, "", nullptr), nullptr);
    EXPECT_EQ(image_address(&libm, "malloc"), 0u);
}

TEST_F(ImageTest, VisitsEveryObjectInTheOrderOfLoading) {
    Lookup lookup = {"", {}, 0, 0, 0};
    image_each(
        [](const struct image *image, void *argument) {
            Lookup *at = static_cast<Lookup *>(argument);
            at->images++;
            EXPECT_LE(image->start, image->end);
            if (image_is_own(image)) at->own_at = at->images;
            if (image->start == image_libc.start) at->libc_at = at->images;
            return false;
        },
        &lookup);
    EXPECT_EQ(lookup.own_at, 1u);
    EXPECT_GT(lookup.libc_at, 1u);
    EXPECT_GE(lookup.images, lookup.libc_at);
}

TEST_F(ImageTest, AChangedSymbolIsFoundByNameAndItsPageIsReadOnlyAgain) {
    std::string access = access_of(reinterpret_cast<uintptr_t>(symbol));
    ASSERT_TRUE(change(reinterpret_cast<uintptr_t>(instead) - libm.base));
    EXPECT_EQ(named(), instead);
    EXPECT_EQ(named()(27), 42);
    EXPECT_EQ(access_of(reinterpret_cast<uintptr_t>(symbol)), access);
    ASSERT_TRUE(change(0)); // out of sight
    EXPECT_EQ(named(), nullptr);
    EXPECT_EQ(image_find(&libm, "cbrt", nullptr), nullptr);
    ASSERT_TRUE(change(before));
    EXPECT_DOUBLE_EQ(named()(27), 3);
}

TEST_F(ImageTest, ARefusedChangeChangesNothing) {
    os_fault_for_test = [](enum os_call call) { return call == OS_PROTECT; };
    EXPECT_FALSE(change(0));
    os_fault_for_test = nullptr;
    EXPECT_EQ(symbol->st_value, before);
    EXPECT_DOUBLE_EQ(named()(27), 3);
}

// Code would stop for other threads while its page is writable.
TEST_F(ImageTest, ATableInAPageWithCodeIsLeftAlone) {
    struct image odd = libm;
    Elf64_Phdr segment = {};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_memsz = libm.end - libm.start;
    segment.p_vaddr = libm.start - libm.base;
    odd.segments = &segment;
    odd.segment_count = 1;
    odd.dynamic = nullptr;
    odd.names = reinterpret_cast<const char *>(symbol + 1);
    odd.names_size = 1;
    struct image_change change = {symbol, 0};
    EXPECT_FALSE(image_change_symbols(&odd, &change, 1));
    EXPECT_EQ(symbol->st_value, before);
}

// The word behind a call of cbrt in this program is one that the dynamic linker filled.
TEST_F(ImageTest, AWordThatRefersToAFunctionIsRebound) {
    volatile double number = 27;
    EXPECT_DOUBLE_EQ(cbrt(number), 3);
    struct Words {
        uintptr_t from, to;
        unsigned count;
    } words = {reinterpret_cast<uintptr_t>(named()), reinterpret_cast<uintptr_t>(instead), 0};
    image_rebinder *rebind = [](uintptr_t address, void *argument) {
        Words *all = static_cast<Words *>(argument);
        if (address != all->from) return address;
        all->count++;
        return all->to;
    };
    image_rebind(&image_own, rebind, &words);
    EXPECT_EQ(words.count, 1u);
    EXPECT_EQ(cbrt(number), 42);
    std::swap(words.from, words.to);
    image_rebind(&image_own, rebind, &words);
    EXPECT_EQ(words.count, 2u);
    EXPECT_DOUBLE_EQ(cbrt(number), 3);
}
