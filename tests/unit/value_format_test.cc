// SPDX-License-Identifier: MIT
// Strings cut, replaced, filled in and built; tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"

namespace {

class ValueFormatTest : public ValueTest {
  protected:
    std::string formatted(const char *spec, poolobj *value) {
        Ref made = poolval_format_value(space_, value, str(spec));
        return made != nullptr ? text(made) : "failed: " + message();
    }
};

TEST_F(ValueFormatTest, PartsOfStrings) {
    Ref line = str("  spam, eggs,,ham "), comma = str(","), none = str("");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, line, comma, -1))),
              "['  spam', ' eggs', '', 'ham ']");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, line, nullptr, -1))), "['spam,', 'eggs,,ham']");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, none, nullptr, -1))), "[]");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, none, comma, -1))), "['']");
    EXPECT_EQ(text(Ref(poolval_str_strip(space_, line, nullptr, POOLVAL_BOTH))), "spam, eggs,,ham");
    Ref same = poolval_str_strip(space_, comma, nullptr, POOLVAL_LEFT);
    EXPECT_EQ((poolobj *)same, (poolobj *)comma);
    EXPECT_EQ(text(Ref(poolval_str_replace(space_, str("aaa"), str("a"), str("\u4e2d"), 2))),
              "\u4e2d\u4e2da");
    EXPECT_EQ(text(Ref(poolval_str_upper(space_, str("stra\u00dfe \u01c6")))), "STRASSE \u01c4");
    EXPECT_EQ(poolval_str_starts(space_, line, none), 1);
    EXPECT_EQ(poolval_str_count(space_, line, none, 0, PTRDIFF_MAX), 19);
    EXPECT_NO_VALUE(poolval_str_split(space_, line, none, -1), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_str_split(space_, number(1), comma, -1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_replace(space_, line, comma, nullptr, -1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_strip(space_, line, number(1), POOLVAL_BOTH), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_starts(space_, line, number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_ends(space_, nullptr, comma), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_find_last(space_, line, nullptr, 0, 1), -2, POOLVAL_ERR_TYPE);
}

TEST_F(ValueFormatTest, FieldsOfNumbers) {
    EXPECT_EQ(formatted("+,.2f", real(1234567.891)), "+1,234,567.89");
    EXPECT_EQ(formatted("#_b", number(-1000)), "-0b11_1110_1000");
    EXPECT_EQ(formatted("012,", number(1234)), "0,000,001,234");
    EXPECT_EQ(formatted("*^9", number(-7)), "***-7****");
    EXPECT_EQ(formatted("c", number(0x1f43a)), "\U0001f43a");
    EXPECT_EQ(formatted("3c", number('x')), "  x");
    EXPECT_EQ(formatted("03c", number('x')), "00x");
    EXPECT_EQ(formatted(".3", real(2)), "2.0");
    EXPECT_EQ(formatted(".1%", real(0.256)), "25.6%");
    EXPECT_EQ(formatted("", poolval_bool(space_, 1)), "True");
    EXPECT_EQ(formatted("3", poolval_bool(space_, 1)), "  1");
    EXPECT_EQ(formatted(">12", list({number(1)})), "         [1]");
    EXPECT_EQ(formatted("d", real(1)), "failed: the format 'd' does not go with float");
    EXPECT_EQ(formatted("99999999999", number(1)), "failed: no format specification");
    EXPECT_EQ(formatted("q", str("x")), "failed: the format 'q' does not go with str");
    EXPECT_EQ(formatted(".1000000f", real(1)).size(), 1000002u);
}

TEST_F(ValueFormatTest, Templates) {
    Ref values = tuple({number(7), str("spam")}), names = dict();
    poolval_dict_set(space_, names, str("who"), str("\u4e2d"));
    auto filled = [&](const char *text) {
        Ref made = poolval_format(space_, str(text), values, names);
        return made != nullptr ? this->text(made) : "failed: " + message();
    };
    EXPECT_EQ(filled("{1!r}: {0:03} {who} {{}}"), "'spam': 007 \u4e2d {}");
    EXPECT_EQ(filled("{}{}{}"), "failed: the format has a field 2 of 2 values");
    EXPECT_EQ(filled("{99999999999999999999999}").substr(0, 32),
              "failed: the format has a field 1");
    EXPECT_EQ(filled("{}{0}"),
              "failed: fields with numbers and without at character 5 of a format");
    EXPECT_EQ(filled("{nobody}"), "failed: the format has a name that is not there");
    EXPECT_EQ(filled("ab}"), "failed: a brace that was not opened at character 3 of a format");
    EXPECT_EQ(filled("{0!x}"), "failed: a conversion that is none at character 1 of a format");
    for (const char *open : {"{", "{0", "{0:", "{0!", "{0!r", "{{{"})
        EXPECT_EQ(filled(open).substr(0, 20), "failed: a brace left") << open;
    EXPECT_EQ(text(Ref(poolval_format(space_, str("plain"), nullptr, nullptr))), "plain");
    EXPECT_NO_VALUE(poolval_format(space_, str("{}"), nullptr, nullptr), POOLVAL_ERR_INDEX);
    EXPECT_NO_VALUE(poolval_format(space_, values, values, names), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_format(space_, str("{}"), names, nullptr), POOLVAL_ERR_TYPE);
}

TEST_F(ValueFormatTest, Writers) {
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

TEST_F(ValueFormatTest, AWriterThatFailedStaysSo) {
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
