// SPDX-License-Identifier: MIT
// What the process can ask through the plain names: mallinfo, mallinfo2, malloc_info,
// malloc_stats, malloc_trim, mallopt.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <malloc.h>
#include <stack>
#include <string>
#include <unistd.h>

#include "support/hide.h"
#include "support/memory.h"
#include "support/names.h"

namespace {

// glibc's own statistics leave out cached blocks: only poolalloc is held to exact figures.
bool is_poolalloc() { return find_function("poolalloc_version") != nullptr; }

// Not on the heap: taking the figures must not change them.
void *blocks[4096];

size_t in_use() {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// What monitors rely on, whoever counts.
void expect_sums(const struct mallinfo2 &info) {
    EXPECT_EQ(info.arena, info.uordblks + info.fordblks);
    EXPECT_LE(info.fsmblks, info.fordblks);
    EXPECT_LE(info.keepcost, info.fordblks);
    EXPECT_EQ(info.usmblks, 0u);
    EXPECT_EQ(info.hblks == 0, info.hblkhd == 0);
}

size_t allocate_all_sizes() {
    size_t total = 0;
    for (size_t i = 0; i < 4096; i++) {
        size_t size = i < 4000 ? i % 700 : (i - 3999) * 20000;
        blocks[i] = hide(malloc(size));
        EXPECT_NE(blocks[i], nullptr);
        total += malloc_usable_size(blocks[i]);
    }
    return total;
}

void free_all() {
    for (void *&block : blocks) {
        free(block);
        block = nullptr;
    }
}

// Accepts elements, attributes, text and a declaration: enough to tell XML from broken XML.
bool is_well_formed(const std::string &xml) {
    std::stack<std::string> open;
    size_t elements = 0;
    for (size_t at = 0; (at = xml.find('<', at)) != std::string::npos;) {
        size_t end = xml.find('>', at);
        if (end == std::string::npos) return false;
        std::string tag = xml.substr(at + 1, end - at - 1);
        if (tag.empty() || tag.find('<') != std::string::npos) return false;
        std::string name = tag.substr(0, tag.find_first_of(" /\n", 1));
        if (tag[0] == '/') {
            if (open.empty() || open.top() != tag.substr(1)) return false;
            open.pop();
        } else if (tag[0] != '?' && tag.back() != '/') {
            open.push(name);
        }
        elements++;
        at = end;
    }
    return open.empty() && elements > 1;
}

std::string malloc_info_text(int options) {
    char *text = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    EXPECT_EQ(malloc_info(options, stream), 0);
    fclose(stream);
    std::string result(text, size);
    free(text);
    return result;
}

} // namespace

TEST(InformationTest, UsedBytesAreExactForTheCallingThread) {
    if (!is_poolalloc()) GTEST_SKIP() << "only poolalloc counts exactly";
    for (int round = 0; round < 3; round++) {
        size_t before = in_use();
        size_t expected = allocate_all_sizes();
        EXPECT_EQ(in_use() - before, expected);
        free_all();
        EXPECT_EQ(in_use(), before);
    }
}

TEST(InformationTest, UsedBytesAreExactAfterEveryStep) {
    if (!is_poolalloc()) GTEST_SKIP() << "only poolalloc counts exactly";
    for (size_t size : {1, 16, 100, 512, 513, 5000, 70000, 300000, 5 << 20, 50 << 20}) {
        size_t before = in_use();
        void *block = hide(malloc(size));
        ASSERT_NE(block, nullptr);
        ASSERT_EQ(in_use() - before, malloc_usable_size(block)) << size;
        block = hide(realloc(block, size * 2));
        ASSERT_EQ(in_use() - before, malloc_usable_size(block)) << size;
        free(block);
        ASSERT_EQ(in_use(), before) << size;
    }
}

TEST(InformationTest, SumsHoldExactlyAtEveryStep) {
    expect_sums(mallinfo2());
    for (size_t size : {1, 100, 512, 5000, 60000, 70000, 300000, 3 << 20, 33 << 20, 500 << 20}) {
        struct mallinfo2 before = mallinfo2();
        for (size_t i = 0; i < 20; i++)
            blocks[i] = hide(malloc(i < 2 || size < 1 << 20 ? size : 1));
        struct mallinfo2 full = mallinfo2();
        expect_sums(full);
        size_t more = full.uordblks + full.hblkhd - before.uordblks - before.hblkhd;
        EXPECT_GE(more, 2 * size);
        EXPECT_LE(more, (size < 1 << 20 ? 20 : 2) * (size + size / 4) + 30000) << size;
        for (size_t i = 0; i < 20; i += 2) free(blocks[i]);
        expect_sums(mallinfo2());
        for (size_t i = 1; i < 20; i += 2) free(blocks[i]);
        expect_sums(mallinfo2());
        malloc_trim(0);
        expect_sums(mallinfo2());
    }
}

TEST(InformationTest, AMappingCountsInHblkhdAlone) {
    struct mallinfo2 before = mallinfo2();
    void *block = hide(malloc(100 << 20));
    struct mallinfo2 mapped = mallinfo2();
    EXPECT_EQ(mapped.hblks, before.hblks + 1);
    EXPECT_GE(mapped.hblkhd, before.hblkhd + (100 << 20));
    EXPECT_LT(mapped.uordblks, before.uordblks + (1 << 20));
    free(block);
    malloc_trim(0);
    struct mallinfo2 after = mallinfo2();
    EXPECT_EQ(after.hblks, before.hblks);
    EXPECT_EQ(after.hblkhd, before.hblkhd);
    expect_sums(after);
}

TEST(InformationTest, KeepcostIsWhatATrimGivesBack) {
    if (!is_poolalloc()) GTEST_SKIP() << "glibc: the end of the heap alone";
    allocate_all_sizes();
    for (size_t i = 0; i < 4096; i++)
        if (blocks[i] != nullptr) memset(blocks[i], 1, malloc_usable_size(blocks[i]));
    free_all();
    EXPECT_GT(mallinfo2().keepcost, 1u << 20);
    malloc_trim(0);
    EXPECT_EQ(mallinfo2().keepcost, 0u);
}

TEST(InformationTest, UsedBytesGrowWithWhatIsHeld) {
    size_t before = in_use();
    size_t held = 0;
    for (size_t i = 0; i < 1000; i++) {
        blocks[i] = hide(malloc(1000));
        held += 1000;
    }
    EXPECT_GE(in_use(), before + held);
    for (size_t i = 0; i < 1000; i++) free(blocks[i]);
}

TEST(InformationTest, MallinfoAgreesWithMallinfo2) {
    void *block = hide(malloc(100000)), *wide = hide(malloc(5ull << 30)); // wraps
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo small = mallinfo();
#pragma GCC diagnostic pop
    struct mallinfo2 large = mallinfo2();
    // They wrap, as glibc's do, so that sums hold in them too.
    EXPECT_EQ(small.arena, static_cast<int>(large.arena));
    EXPECT_EQ(small.ordblks, static_cast<int>(large.ordblks));
    EXPECT_EQ(small.smblks, static_cast<int>(large.smblks));
    EXPECT_EQ(small.hblks, static_cast<int>(large.hblks));
    EXPECT_EQ(small.hblkhd, static_cast<int>(large.hblkhd));
    EXPECT_EQ(small.usmblks, static_cast<int>(large.usmblks));
    EXPECT_EQ(small.fsmblks, static_cast<int>(large.fsmblks));
    EXPECT_EQ(small.uordblks, static_cast<int>(large.uordblks));
    EXPECT_EQ(small.fordblks, static_cast<int>(large.fordblks));
    EXPECT_EQ(small.keepcost, static_cast<int>(large.keepcost));
    EXPECT_GT(large.arena + large.hblkhd, 0u);
    free(block);
    free(wide);
    malloc_trim(0);
}

TEST(InformationTest, TrimGivesMemoryBackToTheSystem) {
    if (getenv("EMULATED") != nullptr) GTEST_SKIP() << "resident memory is the emulator's";
    malloc_trim(0);
    unsigned long start = memory_resident();
    for (size_t i = 0; i < 4096; i++) {
        size_t size = i % 4 == 0 ? 30000 : 1 + i % 600;
        blocks[i] = hide(malloc(size));
        memset(blocks[i], 1, size);
    }
    unsigned long full = memory_resident();
    free_all();
    malloc_trim(0);
    unsigned long trimmed = memory_resident();
    ASSERT_GT(full, start + (20ul << 20));
    EXPECT_LT(trimmed, start + (2ul << 20)) << "of " << full - start << " bytes";
    EXPECT_EQ(malloc_trim(0), 0) << "a second trim has nothing to give back";
}

TEST(InformationTest, MalloptAcceptsTheKnownParameters) {
    EXPECT_EQ(mallopt(M_MMAP_THRESHOLD, 128 * 1024), 1);
    EXPECT_EQ(mallopt(M_TRIM_THRESHOLD, 128 * 1024), 1);
    EXPECT_EQ(mallopt(M_TOP_PAD, 0), 1);
    EXPECT_EQ(mallopt(M_ARENA_MAX, 8), 1);
    void *block = hide(malloc(200000));
    EXPECT_NE(block, nullptr);
    free(block);
    EXPECT_EQ(mallopt(M_MMAP_THRESHOLD, 1 << 25), 1);
    EXPECT_EQ(mallopt(M_MMAP_MAX, 0), 1);
    struct mallinfo2 before = mallinfo2();
    block = hide(malloc(40 << 20));
    EXPECT_EQ(mallinfo2().hblkhd, before.hblkhd);
    free(block);
    EXPECT_EQ(mallopt(M_MMAP_MAX, 65536), 1);
    malloc_trim(0);
}

size_t number_after(const std::string &text, const std::string &what) {
    size_t at = text.rfind(what); // the last: that of all heaps together
    EXPECT_NE(at, std::string::npos) << what << " in " << text;
    return at == std::string::npos ? 0 : strtoull(text.c_str() + at + what.size(), nullptr, 10);
}

TEST(InformationTest, MallocInfoSaysWhatMallinfoSays) {
    void *mapped = hide(malloc(200 << 20));
    allocate_all_sizes();
    for (size_t i = 0; i < 4096; i += 2) {
        free(blocks[i]);
        blocks[i] = nullptr;
    }
    // The stream's own blocks come first: only what it grows by may differ.
    malloc_info_text(0);
    struct mallinfo2 info = mallinfo2();
    std::string text = malloc_info_text(0);
    size_t fast = number_after(text.substr(0, text.find("type=\"rest\"")), "size=\"");
    size_t rest_at = text.rfind("<total type=\"rest\"");
    size_t rest = number_after(text.substr(0, text.find("/>", rest_at)), "size=\"");
    size_t mmap_at = text.rfind("<total type=\"mmap\"");
    std::string mmap = text.substr(0, text.find("/>", mmap_at));
    EXPECT_EQ(number_after(mmap, "count=\""), info.hblks);
    EXPECT_EQ(number_after(mmap, "size=\""), info.hblkhd);
    size_t current = number_after(text, "<system type=\"current\" size=\"");
    EXPECT_EQ(current, info.arena);
    EXPECT_GE(number_after(text, "<system type=\"max\" size=\""), current);
    if (is_poolalloc()) {
        EXPECT_NEAR(double(fast + rest), double(info.fordblks), 100000);
    }
    free_all();
    free(mapped);
}

TEST(InformationTest, MallocInfoIsWellFormedXml) {
    std::string text = malloc_info_text(0);
    EXPECT_NE(text.find("<malloc"), std::string::npos);
    EXPECT_TRUE(is_well_formed(text)) << text;
}

TEST(InformationTest, MallocInfoRefusesUnknownOptions) {
    char *buffer = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&buffer, &size);
    int result = malloc_info(1, stream);
    EXPECT_TRUE(result == EINVAL || (result == -1 && errno == EINVAL)) << result;
    fclose(stream);
    free(buffer);
}

TEST(InformationTest, MallocStatsWritesToStandardError) {
    testing::internal::CaptureStderr();
    malloc_stats();
    std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find_first_of("0123456789"), std::string::npos) << text;
}
