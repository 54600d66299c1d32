// SPDX-License-Identifier: MIT
// Strings that a program builds bit by bit.
#include <functional>

#include "support/value_fixture.h"

namespace {

using BuildTest = ValueTest;

TEST_F(BuildTest, Writers) {
    poolval_writer *writer = poolval_writer_new(space_);
    EXPECT_EQ(poolval_writer_utf8(writer, "a\u4e2d", 4), 0);
    EXPECT_EQ(poolval_writer_char(writer, 0x1f43a), 0);
    EXPECT_EQ(poolval_writer_str(writer, str("b")), 0);
    EXPECT_EQ(poolval_writer_text(writer, str("c")), 0);
    EXPECT_EQ(poolval_writer_repr(writer, str("d")), 0);
    EXPECT_EQ(poolval_writer_text(writer, list({number(1)})), 0);
    EXPECT_EQ(text(Ref(poolval_writer_end(writer))), "a\u4e2d\U0001f43abc'd'[1]");
    EXPECT_EQ(Ref(poolval_writer_end(poolval_writer_new(space_))), Ref(str("")));
    poolval_writer_free(poolval_writer_new(space_));
    poolval_writer_free(nullptr);
}

TEST_F(BuildTest, AWriterThatFailedStaysSo) {
    Ref word = str("x"), wrong = number(1);
    const std::function<int(poolval_writer *)> faults[] = {
        [&](poolval_writer *w) { return poolval_writer_char(w, 0xd800); },
        [&](poolval_writer *w) { return poolval_writer_utf8(w, "a\xff", 2); },
        [&](poolval_writer *w) { return poolval_writer_utf8(w, "a", SIZE_MAX); },
        [&](poolval_writer *w) { return poolval_writer_utf8(w, nullptr, 1); },
        [&](poolval_writer *w) { return poolval_writer_str(w, wrong); },
        [&](poolval_writer *w) { return poolval_writer_repr(w, nullptr); },
    };
    for (const auto &fault : faults) {
        poolval_writer *writer = poolval_writer_new(space_);
        EXPECT_EQ(poolval_writer_str(writer, word), 0);
        EXPECT_EQ(fault(writer), -1);
        EXPECT_EQ(poolval_writer_str(writer, word), -1);
        EXPECT_EQ(poolval_writer_char(writer, 'x'), -1);
        std::string first = message();
        EXPECT_EQ(poolval_writer_char(writer, 0xd801), -1);
        EXPECT_EQ(message(), first);
        EXPECT_EQ(poolval_writer_end(writer), nullptr);
        EXPECT_NE(error(), POOLVAL_OK);
        poolval_error_clear(space_);
    }
}

} // namespace
