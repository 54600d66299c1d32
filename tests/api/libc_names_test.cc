// SPDX-License-Identifier: MIT
// Every exported name is there, and all of them lead to the same allocator.
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "support/hide.h"
#include "support/names.h"

namespace {

const char *const NAMES[] = {
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "free",
    "cfree",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
    "valloc",
    "pvalloc",
    "malloc_usable_size",
    "free_sized",
    "free_aligned_sized",
    "malloc_trim",
    "mallinfo",
    "mallinfo2",
    "mallopt",
    "malloc_stats",
    "malloc_info",
    "__libc_malloc",
    "__libc_calloc",
    "__libc_realloc",
    "__libc_free",
    "__libc_memalign",
    "__libc_valloc",
    "__libc_pvalloc",
    "__posix_memalign",
    "__libc_cfree",
    // operator new and delete, all forms but nothrow: those are the C++ library's
    "_Znwm",
    "_Znam",
    "_ZnwmSt11align_val_t",
    "_ZnamSt11align_val_t",
    "_ZdlPv",
    "_ZdaPv",
    "_ZdlPvm",
    "_ZdaPvm",
    "_ZdlPvSt11align_val_t",
    "_ZdaPvSt11align_val_t",
    "_ZdlPvmSt11align_val_t",
    "_ZdaPvmSt11align_val_t",
    // poolalloc.h
    "poolalloc_malloc",
    "poolalloc_calloc",
    "poolalloc_realloc",
    "poolalloc_reallocarray",
    "poolalloc_free",
    "poolalloc_free_sized",
    "poolalloc_free_aligned_sized",
    "poolalloc_aligned_alloc",
    "poolalloc_posix_memalign",
    "poolalloc_usable_size",
    "poolalloc_good_size",
    "poolalloc_trim",
    "poolalloc_get_stats",
    "poolalloc_report",
    "poolalloc_check",
    "poolalloc_version",
};

const char *object_of(const void *address) {
    Dl_info info;
    return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

} // namespace

class LibcNamesTest : public testing::Test {
  protected:
    void SetUp() override {
        if (find_function("poolalloc_version") == nullptr)
            GTEST_SKIP() << "the process does not run on poolalloc";
    }
};

TEST_F(LibcNamesTest, EveryNameIsServedByOneLibrary) {
    const char *library = object_of(find_function("poolalloc_version"));
    EXPECT_NE(strstr(library, "poolalloc"), nullptr) << library;
    for (const char *name : NAMES) {
        void *address = find_function(name);
        ASSERT_NE(address, nullptr) << name << " is missing";
        EXPECT_STREQ(object_of(address), library) << name;
    }
}

TEST_F(LibcNamesTest, InternalNamesOfLibcAllocateAndFree) {
    auto libc_malloc = reinterpret_cast<void *(*)(size_t)>(find_function("__libc_malloc"));
    auto libc_free = reinterpret_cast<void (*)(void *)>(find_function("__libc_free"));
    auto libc_memalign =
        reinterpret_cast<void *(*)(size_t, size_t)>(find_function("__libc_memalign"));
    ASSERT_TRUE(libc_malloc != nullptr && libc_free != nullptr && libc_memalign != nullptr);
    free(libc_malloc(100));
    libc_free(hide(malloc(100)));
    free(libc_memalign(256, 100));
}

TEST_F(LibcNamesTest, BlocksThatLibcAllocatesAreOurs) {
    char *copy = strdup("a string that libc duplicates");
    ASSERT_NE(copy, nullptr);
    EXPECT_GE(malloc_usable_size(copy), strlen(copy) + 1);
    free(copy);
    char *path = realpath("/", nullptr);
    ASSERT_NE(path, nullptr);
    free(path);
    char *text = nullptr;
    ASSERT_GT(asprintf(&text, "%0600d", 7), 0);
    free(text);
}
