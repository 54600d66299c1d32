// SPDX-License-Identifier: MIT
#include "value/writer.h"

#include "support/value_fixture.h"

namespace {

class WriterTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        writer_begin(&writer_, space_);
    }
    void part(const std::string &utf8, size_t start, size_t count) {
        Ref from = str(utf8);
        writer_part(&writer_, (const struct value_str *)(poolobj *)from, start, count);
    }
    struct writer writer_ = {};
};

TEST_F(WriterTest, NothingIsTheEmptyString) {
    EXPECT_EQ(Ref(writer_end(&writer_)), space_->empty_str);
}

TEST_F(WriterTest, WhatWasWrittenIsWidenedWhenAWiderCharacterComes) {
    const std::pair<const char *, unsigned> steps[] = {{"a", 0}, {"\u00e9", 0},     {"\u4e2d", 1},
                                                       {"b", 1}, {"\U0001f43a", 2}, {"c", 2}};
    std::string all;
    for (const auto &step : steps) {
        writer_utf8(&writer_, step.first, strlen(step.first));
        all += step.first;
        EXPECT_EQ(writer_.width_log, step.second) << step.first;
    }
    Ref made = writer_end(&writer_);
    EXPECT_EQ(text(made), all);
}

TEST_F(WriterTest, TheResultIsAsNarrowAsItsCharacters) {
    part("\u4e2da", 1, 1);
    Ref made = writer_end(&writer_);
    EXPECT_EQ(made, str("a")) << "single Latin-1 characters are shared";
}

TEST_F(WriterTest, PartsBeginAndEndAtCharacters) {
    part("\u00e9\u4e2d\U0001f43az", 1, 2);
    part("abc", 2, 1);
    part("abc", 3, 0);
    writer_char(&writer_, 0x10ffff);
    EXPECT_EQ(text(Ref(writer_end(&writer_))), "\u4e2d\U0001f43ac\U0010ffff");
}

TEST_F(WriterTest, RoomGrowsByHalfSoThatLongStringsTakeLinearTime) {
    size_t grown = 0, room = 0;
    for (int i = 0; i < 100000; i++) {
        writer_text(&writer_, "xy");
        grown += writer_.room != room;
        room = writer_.room;
        ASSERT_LE(writer_.length, writer_.room);
    }
    EXPECT_LT(grown, 30u);
    Ref made = writer_end(&writer_);
    EXPECT_EQ(poolval_length(space_, made), 200000);
}

TEST_F(WriterTest, AFailureStays) {
    writer_text(&writer_, "good");
    writer_utf8(&writer_, "a\xffz", 3);
    EXPECT_EQ(message(), "byte 1, 0xff, is not valid UTF-8");
    writer_text(&writer_, "more");
    writer_char(&writer_, 'x');
    EXPECT_EQ(writer_end(&writer_), nullptr);
    poolval_error_clear(space_);
}

TEST_F(WriterTest, AFailureOfTheCallersIsOne) {
    writer_text(&writer_, "good");
    writer_fail(&writer_);
    EXPECT_EQ(writer_end(&writer_), nullptr);
}

} // namespace
