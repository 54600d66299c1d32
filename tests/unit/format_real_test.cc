// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares floats in fields with Python's.
#include <cmath>

#include "support/value_fixture.h"
#include "value/format.h"

namespace {

class FormatRealTest : public ValueTest {
  protected:
    // As format_write_real writes it, with what `spec` says.
    std::string written(const char *spec, double value) {
        Ref said = str(spec);
        struct format format;
        struct writer writer;
        EXPECT_TRUE(format_read(space_, (const struct value_str *)(poolobj *)said, 0, strlen(spec),
                                &format));
        writer_begin(&writer, space_);
        format_write_real(&writer, value, &format);
        return text(Ref(writer_end(&writer)));
    }
};

TEST_F(FormatRealTest, DigitsAfterThePoint) {
    EXPECT_EQ(written("f", 1), "1.000000");
    EXPECT_EQ(written(".0f", 2.5), "2") << "ties to even";
    EXPECT_EQ(written("#.0f", 2.5), "2.");
    EXPECT_EQ(written(".3e", 123456), "1.235e+05");
    EXPECT_EQ(written("#.0e", 1), "1.e+00");
    EXPECT_EQ(written(".2%", 0.12345), "12.35%");
}

TEST_F(FormatRealTest, DigitsInAll) {
    EXPECT_EQ(written("g", 1e5), "100000");
    EXPECT_EQ(written("g", 1e6), "1e+06");
    EXPECT_EQ(written("g", 0.0001), "0.0001");
    EXPECT_EQ(written("g", 0.00001), "1e-05");
    EXPECT_EQ(written("#g", 1), "1.00000");
    EXPECT_EQ(written(".0g", 15), "2e+01") << "no digits are one digit";
    EXPECT_EQ(written("#.1g", 20), "2.e+01");
    EXPECT_EQ(written(".10g", 0.5), "0.5") << "zeros at the end go";
}

// What is shown of a float without a letter says that it is one.
TEST_F(FormatRealTest, WithoutALetterAPointStays) {
    EXPECT_EQ(written(".3", 2), "2.0");
    EXPECT_EQ(written(".3", 100), "1e+02");
    EXPECT_EQ(written("", 0.1), "0.1");
    EXPECT_EQ(written("", 1e16), "1e+16");
    EXPECT_EQ(written("#", 1e16), "1.e+16");
    EXPECT_EQ(written("#", 1.5e16), "1.5e+16");
    EXPECT_EQ(written("#", 5), "5.0");
    EXPECT_EQ(written("#.1", 20), "2.e+01");
    EXPECT_EQ(written("#", INFINITY), "inf");
}

TEST_F(FormatRealTest, SignsZerosAndGroups) {
    EXPECT_EQ(written("+.1f", 0.25), "+0.2");
    EXPECT_EQ(written(" .1f", 0.25), " 0.2");
    EXPECT_EQ(written(".1f", -0.0), "-0.0");
    EXPECT_EQ(written("010.2f", -3.14159), "-000003.14");
    EXPECT_EQ(written(",.1f", 1234567.25), "1,234,567.2");
    EXPECT_EQ(written("_.0f", 1e9), "1_000_000_000");
}

TEST_F(FormatRealTest, NoNumbers) {
    EXPECT_EQ(written("f", HUGE_VAL), "inf");
    EXPECT_EQ(written("F", -HUGE_VAL), "-INF");
    EXPECT_EQ(written("+G", std::nan("")), "+NAN");
    EXPECT_EQ(written("f", -std::nan("")), "nan") << "its sign says nothing";
    EXPECT_EQ(written("%", 1e308), "inf%");
}

TEST_F(FormatRealTest, AnyPrecisionHasRoom) {
    EXPECT_EQ(written(".400f", 1.5), "1.5" + std::string(399, '0'));
    EXPECT_EQ(written("f", 1e308).size(), 309u + 7u);
}

} // namespace
