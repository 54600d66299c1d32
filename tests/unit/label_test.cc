// SPDX-License-Identifier: MIT
#include "graph/label.h"

#include "support/graph_fixture.h"

namespace {

class LabelTest : public GraphTest {
  protected:
    std::string shown(const std::string &string, enum label_kind kind) {
        return printed([&](FILE *out) {
            poolgraph_options options = {};
            struct text text;
            struct label label = {&text, kind, &options};
            label_open(&text, out);
            label_string(&label, string.c_str());
            return label_close(&text);
        });
    }
    // Expects one text in both kinds of labels.
    void is_shown(const std::string &string, const std::string &as) {
        EXPECT_EQ(shown(string, LABEL_LINE), as);
        EXPECT_EQ(shown(string, LABEL_DOT), as);
    }
};

const std::string BAD = "\xef\xbf\xbd";

TEST_F(LabelTest, Utf8Passes) {
    for (const char *text : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xe4\xb8\xad\xe5\x9b\xbd",
                             "\xf0\x9f\x90\xba", "\xed\x9f\xbf\xee\x80\x80", "\xf4\x8f\xbf\xbf"})
        is_shown(text, text);
}

TEST_F(LabelTest, WhatIsNoUtf8IsReplaced) {
    is_shown("a\xff"
             "b",
             "a" + BAD + "b");
    is_shown("\xc3", BAD);
    is_shown("\xe2\x82", BAD + BAD);
    is_shown("\xc0\x80", BAD + BAD);                     // overlong
    is_shown("\xed\xa0\x80", BAD + BAD + BAD);           // a surrogate
    is_shown("\xf4\x90\x80\x80", BAD + BAD + BAD + BAD); // beyond the last
}

TEST_F(LabelTest, ControlCharactersDoNotPass) {
    is_shown("\x1b[31m", BAD + "[31m");
    is_shown("a\tb\r\x7f", "a b" + BAD + BAD);
    is_shown("\xc2\x85", BAD); // next line, of Latin-1
    is_shown("a\nb", "a\\nb"); // an end of a line to dot
}

TEST_F(LabelTest, WhatXmlRefusesIsEscaped) {
    EXPECT_EQ(shown("a\xef\xbf\xbe\xef\xbf\xbf", LABEL_LINE), "a\\ufffe\\uffff");
    EXPECT_EQ(shown("a\xef\xbf\xbe\xef\xbf\xbf", LABEL_DOT), "a\\\\ufffe\\\\uffff");
    is_shown("\xef\xbf\xbd\xef\xb7\x90", "\xef\xbf\xbd\xef\xb7\x90"); // it takes these
}

TEST_F(LabelTest, DotReadsNothingInside) {
    EXPECT_EQ(shown("\"\\N&lt;{|}<b>", LABEL_DOT), "\\\"\\\\N&amp;lt;{|}<b>");
    EXPECT_EQ(shown("\"\\N&lt;{|}<b>", LABEL_LINE), "\"\\N&lt;{|}<b>");
}

TEST_F(LabelTest, LongStringsAreCutOff) {
    is_shown(std::string(LABEL_MAX, 'x'), std::string(LABEL_MAX, 'x'));
    is_shown(std::string(LABEL_MAX + 1, 'x'), std::string(LABEL_MAX, 'x') + "\xe2\x80\xa6");
}

// What a callback wrote beyond the buffer is gone, with the character that was cut in two.
TEST_F(LabelTest, DescriptionsThatDoNotFitAreCutBetweenCharacters) {
    Node *node = keep(make());
    for (size_t before = 0; before < 4; before++) {
        std::string text = std::string(before, 'a');
        while (text.size() < 2 * LABEL_BYTES) text += "\xf0\x9f\x90\xba";
        poolgraph_options options = {};
        options.describe = [](poolobj *, char *buffer, size_t size, void *arg) {
            return snprintf(buffer, size, "%s", static_cast<std::string *>(arg)->c_str());
        };
        options.arg = &text;
        std::string line = why(node, &options);
        EXPECT_EQ(line.find(BAD), std::string::npos) << line;
        EXPECT_EQ(line.substr(0, 9), ("node " + text).substr(0, 9));
    }
}

TEST_F(LabelTest, CallbacksMayHaveNothingToSay) {
    Node *node = keep(make());
    poolobj_set(&node->left, make());
    poolobj_decref(node->left);
    for (int result : {-1, 0, 5}) { // 5: and wrote nothing
        static int returned;
        returned = result;
        poolgraph_options options = {};
        options.describe = [](poolobj *, char *, size_t, void *) { return returned; };
        options.name = [](const poolgraph_reference *, char *, size_t, void *) { return returned; };
        EXPECT_EQ(why(node->left, &options), "node: count 1\n"
                                             "  held by a chain that begins at\n"
                                             "    node: count 1, 1 from outside\n"
                                             "    .left -> node\n");
    }
    poolobj_clear(&node->left);
}

TEST_F(LabelTest, AddressesAreShownOnRequest) {
    Node *node = keep(make());
    poolgraph_options options = {};
    options.flags = POOLGRAPH_ADDRESSES;
    EXPECT_EQ(why(node, &options).substr(0, 8 + hex(node).size()), "node at " + hex(node));
}

} // namespace
