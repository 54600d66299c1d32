// SPDX-License-Identifier: MIT
// poolval.h as a program sees it: the shared library, the public header.
#include <poolval.h>

#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" int values_work_in_c11(void);

namespace {

TEST(ValuesTest, WorkInC11) { EXPECT_EQ(values_work_in_c11(), 0); }

TEST(ValuesTest, DefaultsAreAnInitializerInCxx) {
    poolval_options options = POOLVAL_DEFAULTS;
    EXPECT_EQ(options.small_min, -5);
    EXPECT_EQ(options.small_max, 256);
    EXPECT_EQ(options.intern_max, 20u);
    EXPECT_EQ(options.keep_tuples, 2000u);
}

// A heap and a space for each thread.
TEST(ValuesTest, ThreadsHaveSpacesOfTheirOwn) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([] {
            poolobj_heap *heap = poolobj_heap_new();
            poolval_space *space = poolval_space_new(heap, nullptr);
            poolobj *dict = poolval_dict_new(space);
            for (int64_t n = 0; n < 20000; n++) {
                poolobj *key = poolval_int_new(space, n % 3000), *value = poolval_list_new(space);
                poolval_list_append(space, value, dict);
                EXPECT_EQ(poolval_dict_set(space, dict, key, value), 0);
                poolobj_decref(key);
                poolobj_decref(value);
            }
            EXPECT_EQ(poolval_dict_length(space, dict), 3000);
            poolval_space_check(space);
            poolobj_decref(dict);
            EXPECT_EQ(poolobj_gc_collect(heap, 2), 3001u);
            poolobj_heap_close(heap);
        });
    for (std::thread &thread : threads) thread.join();
}

} // namespace
