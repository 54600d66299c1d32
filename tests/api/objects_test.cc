// SPDX-License-Identifier: MIT
// poolobj.h as programs use it: the exported functions of the shared library, in C++ and in C.
#include <poolobj.h>

#include <csignal>
#include <gtest/gtest.h>
#include <malloc.h>
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
        // 700, and at the most as many again while the oldest generation is collected in steps.
        ASSERT_LE(poolobj_count(type_), 1400u);
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

TEST_F(ObjectsTest, TheirMemoryIsInUseForMallinfo) {
    struct mallinfo2 before = mallinfo2();
    std::vector<Pair *> pairs;
    for (int i = 0; i < 100000; i++) pairs.push_back(make());
    struct mallinfo2 full = mallinfo2();
    EXPECT_GT(full.uordblks, before.uordblks + 100000 * sizeof(Pair));
    EXPECT_EQ(full.arena, full.uordblks + full.fordblks);
    for (Pair *pair : pairs) poolobj_decref(pair);
    pairs.clear();
    pairs.shrink_to_fit();
    EXPECT_LT(mallinfo2().uordblks, before.uordblks + (1 << 20));
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
