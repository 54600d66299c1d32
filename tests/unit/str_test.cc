// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"

#include <set>

#include "value/hash.h"
#include "value/str.h"

namespace {

using ValueStrTest = ValueTest;

const struct {
    const char *utf8;
    int length, width;
} rows[] = {
    {"", 0, 1},         {"hello world", 11, 1}, {"caf\u00e9", 4, 1},     {"\u4e2d\u56fd", 2, 2},
    {"ab\u0100", 3, 2}, {"\uffff", 1, 2},       {"\U0001f43aabc", 4, 4}, {"\U0010ffff", 1, 4},
};

TEST_F(ValueStrTest, WidthIsThatOfTheWidestCharacter) {
    for (auto &row : rows) {
        Ref made = str(row.utf8);
        EXPECT_EQ(poolval_str_length(space_, made), row.length) << row.utf8;
        EXPECT_EQ(poolval_str_width(space_, made), row.width) << row.utf8;
        EXPECT_EQ(text(made), row.utf8);
        const char *data = static_cast<const char *>(poolval_str_data(space_, made));
        EXPECT_TRUE(is_all(data + row.length * row.width, 0, (size_t)row.width)) << "no end";
    }
}

TEST_F(ValueStrTest, CharactersByIndex) {
    Ref made = str("a\u00e9\u4e2d\U0001f43a");
    const int32_t chars[] = {'a', 0xe9, 0x4e2d, 0x1f43a};
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(poolval_str_at(space_, made, i), chars[i]);
        EXPECT_EQ(poolval_str_at(space_, made, i - 4), chars[i]);
    }
    EXPECT_ERROR(poolval_str_at(space_, made, 4), -1, POOLVAL_ERR_INDEX);
    EXPECT_ERROR(poolval_str_at(space_, made, -5), -1, POOLVAL_ERR_INDEX);
    EXPECT_ERROR(poolval_str_at(space_, made, PTRDIFF_MIN), -1, POOLVAL_ERR_INDEX);
}

TEST_F(ValueStrTest, SizesByWidth) {
    // 24 bytes, one more pointer if not ASCII, the characters and a zero; in multiples of 8
    EXPECT_EQ(poolval_sizeof(space_, str("hello")), 32u);
    EXPECT_EQ(poolval_sizeof(space_, str("hello w")), 32u);
    EXPECT_EQ(poolval_sizeof(space_, str("hello wo")), 40u);
    EXPECT_EQ(poolval_sizeof(space_, str("\u00e9t\u00e9 ")), 40u);
    EXPECT_EQ(poolval_sizeof(space_, str("\u4e2d\u56fd")), 40u);
    EXPECT_EQ(poolval_sizeof(space_, str("\U0001f43a")), 40u);
    EXPECT_EQ(poolval_sizeof(space_, str("\U0001f43aabc")), 56u);
}

TEST_F(ValueStrTest, Utf8OfStringsThatAreNotAsciiIsMadeOnce) {
    Ref made = str("\u4e2d\u56fd ");
    size_t before = poolval_sizeof(space_, made), size;
    const char *utf8 = poolval_str_utf8(space_, made, &size);
    EXPECT_EQ(size, 7u);
    EXPECT_EQ(utf8[7], '\0');
    EXPECT_GT(poolval_sizeof(space_, made), before);
    EXPECT_EQ(poolval_str_utf8(space_, made, nullptr), utf8);
}

TEST_F(ValueStrTest, EmptyAndSingleLatin1CharactersAreShared) {
    EXPECT_EQ(str(""), str(""));
    for (uint32_t c = 0; c < 256; c++) {
        Ref a = poolval_str_new_chars(space_, &c, 1);
        const uint32_t two[] = {c, 'x'};
        Ref pair = poolval_str_new_chars(space_, two, 2),
            part = poolval_str_slice(space_, pair, 0, 1);
        EXPECT_EQ(a, part) << c;
        EXPECT_EQ(str(text(a)), a) << c;
        EXPECT_EQ(poolval_refcount(a), INT32_MAX);
        EXPECT_EQ(poolval_str_is_interned(space_, a), 1);
        EXPECT_EQ(poolval_str_intern(space_, a), a);
    }
    const uint32_t wide = 0x100;
    Ref a = poolval_str_new_chars(space_, &wide, 1), b = poolval_str_new_chars(space_, &wide, 1);
    EXPECT_NE(a, b);
    Ref empty = str(""), items = list({empty, str("x"), empty});
    EXPECT_EQ(poolval_str_join(space_, empty, items), str("x")) << "joined to one character";
    EXPECT_EQ(poolval_str_repeat(space_, items, 0), nullptr);
    EXPECT_EQ(poolval_str_repeat(space_, str("ab"), 0), empty);
}

TEST_F(ValueStrTest, InvalidUtf8IsRefusedWithItsPlace) {
    const struct {
        const char *bytes;
        int place;
    } faults[] = {
        {"ab\x80", 2},             // a tail alone
        {"\xc3", 0},               // cut off
        {"\xe4\xb8", 0},           //
        {"a\xf0\x9f\x90", 1},      //
        {"\xc0\x80", 0},           // overlong: U+0000
        {"\xc1\xbf", 0},           // U+007F
        {"\xe0\x9f\xbf", 0},       // U+07FF
        {"\xf0\x8f\xbf\xbf", 0},   // U+FFFF
        {"xyz\xed\xa0\x80", 3},    // U+D800, a surrogate
        {"\xed\xbf\xbf", 0},       // U+DFFF
        {"\xf4\x90\x80\x80", 0},   // U+110000
        {"\xf5\x80\x80\x80", 0},   // above
        {"\xff", 0},               //
        {"\xe4\x41\x42", 0},       // no tail
        {"\xc3\xa9\xc3\x28 ok", 2} //
    };
    for (auto &fault : faults) {
        EXPECT_EQ(poolval_str_new(space_, fault.bytes), nullptr) << fault.bytes;
        EXPECT_EQ(error(), POOLVAL_ERR_ENCODING);
        EXPECT_EQ(message().find("byte " + std::to_string(fault.place) + ","), 0u) << message();
    }
    for (const char *good : {"\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80"})
        EXPECT_EQ(text(str(good)), good);
}

TEST_F(ValueStrTest, CodePointsThatAreNoScalarValuesAreRefused) {
    for (uint32_t bad : {0xd800u, 0xdfffu, 0x110000u, 0xffffffffu})
        EXPECT_NO_VALUE(poolval_str_new_chars(space_, &bad, 1), POOLVAL_ERR_ENCODING);
}

TEST_F(ValueStrTest, ZerosAreCharacters) {
    Ref made = str(std::string("a\0b", 3));
    EXPECT_EQ(poolval_str_length(space_, made), 3);
    EXPECT_EQ(repr(made), "'a\\x00b'");
    EXPECT_EQ(poolval_equal(space_, made, str("a")), 0);
}

TEST_F(ValueStrTest, EqualStringsHaveEqualHashesHoweverMade) {
    Ref wide = str("\u4e2dspam spam"), narrow = poolval_str_slice(space_, wide, 1, 10),
        made = str("spam spam");
    uint64_t x, y;
    EXPECT_EQ(poolval_str_width(space_, narrow), 1);
    EXPECT_EQ(poolval_equal(space_, narrow, made), 1);
    poolval_hash(space_, narrow, &x), poolval_hash(space_, made, &y);
    EXPECT_EQ(x, y);
}

TEST_F(ValueStrTest, HashesDependOnTheKey) {
    uint64_t first, second, again;
    poolval_options options = POOLVAL_DEFAULTS;
    for (uint64_t *hash : {&first, &second, &again}) {
        options.hash_key = hash == &second ? 2 : 1;
        begin(options);
        poolval_hash(space_, str("spam"), hash);
    }
    EXPECT_NE(first, second);
    EXPECT_EQ(first, again);
}

// The vectors of the reference implementation, vectors of SipHash-1-3 as CPython and Rust have
// them.
TEST_F(ValueStrTest, BytesAreHashedBySipHash13) {
    struct hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    unsigned char bytes[16];
    for (unsigned char i = 0; i < 16; i++) bytes[i] = i;
    EXPECT_EQ(hash_bytes(&key, bytes, 0), UINT64_C(0xabac0158050fc4dc));
    EXPECT_EQ(hash_bytes(&key, bytes, 1), UINT64_C(0xc9f49bf37d57ca93));
    EXPECT_EQ(hash_bytes(&key, bytes, 8), UINT64_C(0x369095118d299a8e));
    std::set<uint64_t> all;
    for (size_t size = 0; size <= 16; size++) all.insert(hash_bytes(&key, bytes, size));
    EXPECT_EQ(all.size(), 17u);
}

TEST_F(ValueStrTest, LengthsBeyondMemoryAreErrors) {
    Ref word = str("spam and eggs");
    EXPECT_NO_VALUE(poolval_str_repeat(space_, word, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_str_repeat(space_, word, ((ptrdiff_t)1 << 47) / 13),
                    POOLVAL_ERR_MEMORY);
}

TEST_F(ValueStrTest, StringsOfEverySize) {
    std::string all;
    Ref grown = str("");
    for (int i = 0; i < 6000; i += 1 + i / 40) {
        std::string made(i, (char)('a' + i % 26));
        Ref one = str(made), doubled = poolval_str_repeat(space_, one, 2);
        EXPECT_EQ(text(one), made);
        EXPECT_EQ(text(doubled), made + made);
        grown = poolval_str_concat(space_, grown, one);
        all += made;
    }
    EXPECT_EQ(text(grown), all);
}

} // namespace
