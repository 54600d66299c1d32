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

} // namespace
