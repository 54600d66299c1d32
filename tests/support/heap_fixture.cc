// SPDX-License-Identifier: MIT
#include "support/heap_fixture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <poolalloc.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/allocate.h"
#include "heap/direct.h"
#include "heap/purge.h"
#include "heap/remote.h"
#include "os/options.h"
#include "os/os.h"

namespace {

const struct options defaults = options;

std::vector<TestHeap *> test_heaps;

class LineOf : public testing::MatcherInterface<const std::string &> {
  public:
    explicit LineOf(const std::string &what) : what_(what) {}
    bool MatchAndExplain(const std::string &all, testing::MatchResultListener *) const override {
        size_t end = all.find('\n');
        if (end == std::string::npos) return false;
        std::string line = "poolalloc: " + what_ + all.substr(0, end) + " (";
        return all.compare(end + 1, line.size(), line) == 0 &&
               all.find('\n', end + 1) == all.size() - 1;
    }
    void DescribeTo(std::ostream *to) const override {
        *to << "an address and then the one line: poolalloc: " << what_ << "ADDRESS (...)";
    }

  private:
    std::string what_;
};

} // namespace

void rebuild_space() {
    space_rebuild();
    arena_rebuild();
    direct_rebuild();
}

// The first slow path of the process sets the tables up, and its first arena is at a random place
// of its chunk.
HeapTest::HeapTest() {
    thread_heap_get();
    static bool begun = false;
    if (begun) return;
    begun = true;
    SpaceLock lock;
    struct arena *first = space_take_arena();
    if (first != nullptr) space_return_arena(first);
}
HeapTest::~HeapTest() = default;

void HeapTest::SetUp() {
    poolalloc_trim(0);
    {
        SpaceLock lock;
        space_release(); // so that what a test gets was never touched
        purge_forget_for_test();
    }
    ASSERT_EQ(census_now().used_blocks, 0u) << "an earlier test left blocks behind";
}

void HeapTest::TearDown() {
    os_fault_for_test = nullptr;
    options = defaults;
    allocate_direct_min = DIRECT_MIN;
    for (TestHeap *heap : test_heaps) heap->close();
    remote_post(thread_heap);
    poolalloc_trim(0);
    census_check();
    struct census census = census_now();
    EXPECT_EQ(census.used_blocks, 0u);
    EXPECT_EQ(census.used_bytes, 0u);
    EXPECT_EQ(census.direct_bytes, 0u);
    EXPECT_EQ(census.touched_bytes, 0u) << "trim left free memory behind";
}

TestHeap::TestHeap() {
    const size_t unit = 8192;
    void *memory = std::aligned_alloc(unit, align_up(HEAP_SIZE, unit));
    heap_ = static_cast<struct heap *>(memory);
    memset(memory, 0, HEAP_SIZE);
    heap_init(heap_, false);
    test_heaps.push_back(this);
}

// As malloc does.
void *TestHeap::take_class(unsigned class_index) {
    void *block = magazine_pop(heap_, class_index);
    return block != nullptr ? block : heap_take(heap_, class_index);
}

void TestHeap::close() {
    heap_check(heap_);
    heap_release(heap_);
    heap_check(heap_);
}

TestHeap::~TestHeap() {
    close();
    test_heaps.erase(std::find(test_heaps.begin(), test_heaps.end(), this));
    std::free(heap_);
}

void TestHeap::free(void *pointer) {
    ASSERT_EQ(block_at(pointer).heap, heap_);
    ASSERT_TRUE(heap_free(heap_, reinterpret_cast<uintptr_t>(pointer)));
}

struct census census_now() {
    struct census census;
    census_take(&census);
    return census;
}

enum block_fault fault_at(const void *address) {
    struct block block;
    return block_find(reinterpret_cast<uintptr_t>(address), &block);
}

struct block block_at(const void *address) {
    struct block block = {};
    EXPECT_EQ(block_find(reinterpret_cast<uintptr_t>(address), &block), BLOCK_LIVE) << address;
    return block;
}

struct pool *pool_at(const void *address) {
    return pool_first(&record_at(reinterpret_cast<uintptr_t>(address))->pool);
}

bool move_pool(struct heap *from, struct heap *to, unsigned class_index) {
    struct pool *pool = heap_partial(from, class_index);
    if (pool == nullptr) return false;
    heap_hand_over(from, pool, to);
    heap_receive(to, pool);
    return true;
}

void in_thread(const std::function<void()> &function) { std::thread(function).join(); }

bool in_child(const std::function<bool()> &function) {
    fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); // a child that hangs is a failure, not a wait
        _exit(function() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Capture::Capture() {
    text_begin(&text_, -1);
    text_.stream = &string_;
    text_.write_out = [](struct text *text) {
        static_cast<std::string *>(text->stream)->append(text->buffer, text->used);
        text->used = 0;
    };
}

const std::string &Capture::take() {
    text_flush(&text_);
    return string_;
}

std::string hex(const void *address) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%" PRIxPTR, reinterpret_cast<uintptr_t>(address));
    return text;
}

testing::Matcher<const std::string &> is_line_of(const std::string &what) {
    return testing::MakeMatcher(new LineOf(what));
}

uint64_t test_seed() {
    static const uint64_t seed = seed_from_environment();
    return seed;
}

size_t resident_pages(const void *start, size_t size) {
    std::vector<unsigned char> there((size + PAGE - 1) / PAGE);
    EXPECT_EQ(mincore(const_cast<void *>(start), size, there.data()), 0);
    size_t count = 0;
    for (unsigned char page : there) count += page & 1;
    return count;
}

bool is_accessible(const void *address) {
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends) != 0) abort();
    if (write(ends[1], address, 1) != 1) return false;
    char byte;
    return read(ends[0], &byte, 1) == 1;
}

bool is_all(const void *start, int byte, size_t size) {
    const unsigned char *bytes = static_cast<const unsigned char *>(start);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte) return false;
    return true;
}
