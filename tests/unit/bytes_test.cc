// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"
#include "value/bytes.h"

namespace {

class BytesTest : public ValueTest {
  protected:
    Ref bytes(const std::string &data) {
        return poolval_bytes_new(space_, data.data(), data.size());
    }
    Ref array(const std::string &data) {
        return poolval_bytearray_new(space_, data.data(), data.size());
    }
};

TEST_F(BytesTest, BytesAndByteArrays) {
    Ref a = bytes("spam"), b = array("eggs"), empty = array("");
    EXPECT_EQ(repr(Ref(poolval_bytes_concat(space_, a, b))), "b'spameggs'");
    EXPECT_EQ(repr(Ref(poolval_bytes_concat(space_, b, a))), "bytearray(b'eggsspam')");
    EXPECT_EQ(poolval_bytearray_set(space_, b, -1, 255), 0);
    EXPECT_EQ(poolval_bytes_at(space_, b, 3), 255);
    EXPECT_EQ(static_cast<const char *>(poolval_bytes_data(space_, a, nullptr))[4], 0);
    EXPECT_NE(poolval_bytearray_data(space_, empty), nullptr);
    EXPECT_NE(poolval_bytes_data(space_, empty, nullptr), nullptr);
    EXPECT_EQ(text(Ref(poolval_bytes_decode(space_, empty))), "");
    EXPECT_EQ(repr(Ref(poolval_str_encode(space_, str("\u4e2d")))), "b'\\xe4\\xb8\\xad'");
    EXPECT_EQ(poolval_equal(space_, a, array("spam")), 1);
    EXPECT_ERROR(poolval_bytearray_append(space_, b, 256), -1, POOLVAL_ERR_VALUE);
    EXPECT_ERROR(poolval_bytearray_append(space_, a, 1), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_bytearray_extend(space_, b, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_bytes_at(space_, a, 4), -1, POOLVAL_ERR_INDEX);
    EXPECT_NO_VALUE(poolval_bytes_decode(space_, b), POOLVAL_ERR_ENCODING);
    EXPECT_NO_VALUE(poolval_bytes_repeat(space_, a, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_repeat(space_, b, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_new(space_, "x", SIZE_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytearray_new(space_, "x", SIZE_MAX / 2), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_new(space_, nullptr, 1), POOLVAL_ERR_TYPE);
    Ref map = dict(), copy = poolval_copy(space_, b), deep = poolval_deepcopy(space_, list({b, b}));
    EXPECT_ERROR(poolval_dict_set(space_, map, b, a), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_dict_set(space_, map, a, a), 0);
    EXPECT_NE((poolobj *)copy, (poolobj *)b);
    size_t count;
    poolobj *const *items = poolval_items(space_, deep, &count);
    EXPECT_EQ(items[0], items[1]);
    EXPECT_NE(items[0], (poolobj *)b);
}

TEST_F(BytesTest, AByteArrayGrowsAndGivesBack) {
    Ref made = array("");
    for (int i = 0; i < 100000; i++) poolval_bytearray_append(space_, made, i & 255);
    size_t full = poolval_sizeof(space_, made);
    EXPECT_EQ(poolval_bytearray_set_slice(space_, made, 10, PTRDIFF_MAX, nullptr), 0);
    EXPECT_LT(poolval_sizeof(space_, made), full / 100);
    EXPECT_EQ(poolval_bytearray_set_slice(space_, made, 0, PTRDIFF_MAX, nullptr), 0);
    EXPECT_EQ(poolval_bytes_length(space_, made), 0);
}

} // namespace
