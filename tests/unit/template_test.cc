// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"

namespace {

using TemplateTest = ValueTest;

TEST_F(TemplateTest, Templates) {
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

} // namespace
