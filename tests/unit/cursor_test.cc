// SPDX-License-Identifier: MIT
#include "heap/cursor.h"

#include <gtest/gtest.h>

namespace {

TEST(CursorTest, HandsOutItsBlocksFromTheLowestOnAndMakesThemLive) {
    struct atomic_u64 word = {};
    atomic_u64_store(&word, UINT64_C(1) << 40); // a block that is live already
    const uint64_t places = UINT64_C(1) << 63 | 1 << 17 | 1 << 3;
    struct cursor cursor = {places, &word, WORD_SPAN * 1000};
    uint64_t live = UINT64_C(1) << 40;
    for (unsigned place : {3, 17, 63}) {
        EXPECT_EQ(cursor_pop(&cursor), reinterpret_cast<void *>(cursor.base + place * ALIGN));
        live |= uint64_t(1) << place;
        EXPECT_EQ(atomic_u64_load(&word), live);
    }
    EXPECT_EQ(cursor_pop(&cursor), nullptr);
    EXPECT_EQ(atomic_u64_load(&word), live);
}

} // namespace
