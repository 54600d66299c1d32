// SPDX-License-Identifier: MIT
// poolobj.h as programs use it: the exported functions of the shared library, in C++ and in C.
#include <poolobj.h>

#include <csignal>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" int objects_work_in_c11(void);

namespace {

struct Pair {
    poolobj base;
    Pair *left, *right;
};

class ObjectsTest : public testing::Test {
  protected:
    void SetUp() override {
        static const size_t refs[] = {offsetof(Pair, left), offsetof(Pair, right), POOLOBJ_END};
        poolobj_typespec spec = {};
        spec.name = "pair";
        spec.size = sizeof(Pair);
        spec.refs = refs;
        heap_ = poolobj_heap_new();
        type_ = poolobj_type_new(heap_, &spec);
        ASSERT_NE(type_, nullptr);
    }
    void TearDown() override { poolobj_heap_close(heap_); }
    Pair *make() { return static_cast<Pair *>(poolobj_new(type_)); }
    poolobj_heap *heap_;
    poolobj_type *type_;
};

TEST(Objects, WorkInC11) { EXPECT_EQ(objects_work_in_c11(), 0); }

TEST_F(ObjectsTest, ANodeOfTwoReferencesTakes24Bytes) {
    Pair *pair = make();
    EXPECT_EQ(poolobj_sizeof(pair), 24u);
    EXPECT_STREQ(poolobj_type_name(poolobj_typeof(pair)), "pair");
    poolobj_decref(pair);
}

TEST_F(ObjectsTest, CyclesAreCollectedByThemselvesInTime) {
    for (int i = 0; i < 100000; i++) {
        Pair *a = make();
        a->left = make();
        poolobj_set(&a->left->right, a);
        poolobj_decref(a);
        // Thrice the least threshold: of what was live in collections of the young some grew older.
        ASSERT_LE(poolobj_count(type_), 2100u);
    }
    poolobj_gc_figures figures;
    poolobj_gc_stats(heap_, 0, &figures);
    EXPECT_GT(figures.collections, 200u);
    EXPECT_GT(figures.collected, 100000u);
}

TEST_F(ObjectsTest, DisabledTheyWait) {
    poolobj_gc_disable(heap_);
    for (int i = 0; i < 10000; i++) {
        Pair *a = make();
        poolobj_set(&a->left, a);
        poolobj_decref(a);
    }
    EXPECT_EQ(poolobj_count(type_), 10000u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 10000u);
    EXPECT_EQ(poolobj_count(type_), 0u);
}

TEST_F(ObjectsTest, TheirMemoryHasFiguresAndATrimOfItsOwn) {
    poolobj_memory_figures before, full, after;
    poolobj_memory(&before);
    std::vector<Pair *> pairs;
    for (int i = 0; i < 100000; i++) pairs.push_back(make());
    poolobj_memory(&full);
    EXPECT_GE(full.in_use, before.in_use + 95000 * sizeof(Pair));
    EXPECT_GE(full.mapped, full.in_use + full.idle);
    EXPECT_GT(full.metadata, 0u);
    for (Pair *pair : pairs) poolobj_decref(pair);
    poolobj_trim(0);
    poolobj_memory(&after);
    EXPECT_LT(after.in_use, before.in_use + (1 << 20));
    EXPECT_EQ(after.idle, 0u);
    EXPECT_EQ(poolobj_trim(0), 0);
}

TEST(Objects, TheLibraryIsOfTheVersionOfItsHeader) {
    EXPECT_STREQ(poolobj_version(), POOLOBJ_VERSION_STRING);
    std::string parts = std::to_string(POOLOBJ_VERSION_MAJOR) + "." +
                        std::to_string(POOLOBJ_VERSION_MINOR) + "." +
                        std::to_string(POOLOBJ_VERSION_PATCH);
    EXPECT_EQ(parts, POOLOBJ_VERSION_STRING);
    EXPECT_EQ(POOLOBJ_VERSION_NUMBER,
              POOLOBJ_VERSION_MAJOR * 10000 + POOLOBJ_VERSION_MINOR * 100 + POOLOBJ_VERSION_PATCH);
}

TEST_F(ObjectsTest, EachThreadMayHaveAHeap) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([] {
            for (int i = 0; i < 100; i++) EXPECT_EQ(objects_work_in_c11(), 0);
        });
    for (std::thread &thread : threads) thread.join();
}

TEST_F(ObjectsTest, MisuseEndsTheProcessWithOneLine) {
    Pair *pair = make();
    poolobj_decref(pair);
    EXPECT_EXIT(poolobj_decref(pair), testing::KilledBySignal(SIGABRT),
                "^poolalloc: poolobj_decref of freed object 0x[0-9a-f]+ \\(its last reference was "
                "dropped before\\)\n$");
}

} // namespace
