// SPDX-License-Identifier: MIT
// value_fixture.h - a space for a test and references that drop themselves. TearDown checks every
// invariant and that closing the heap gives all memory back.
#ifndef POOLALLOC_TEST_VALUE_FIXTURE_H
#define POOLALLOC_TEST_VALUE_FIXTURE_H

#include "support/ground_fixture.h"
#include "value/value.h"

// A reference of the test's own.
class Ref {
  public:
    Ref() = default;
    Ref(poolobj *value) : value_(value) {} // takes it over
    Ref(Ref &&other) noexcept : value_(other.value_) { other.value_ = nullptr; }
    Ref &operator=(Ref &&other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Ref() { drop(); }
    operator poolobj *() const { return value_; }
    void drop() {
        poolobj *value = value_;
        value_ = nullptr;
        if (value != nullptr) poolobj_decref(value);
    }

  private:
    poolobj *value_ = nullptr;
};

// The n-th allocation of values fails, counted from 0, while `call` runs.
class ValueFault {
  public:
    template <class Call> static auto during(uint64_t n, const Call &call) {
        asked_ = 0, refused_ = n;
        value_fault_for_test = [] { return asked_++ == refused_; };
        auto result = call();
        value_fault_for_test = nullptr;
        return result;
    }
    // Whether there were so many in the last call that one failed.
    static bool happened() { return asked_ > refused_; }

  private:
    inline static uint64_t asked_, refused_;
};

class ValueTest : public GroundTest {
  protected:
    void SetUp() override;
    void TearDown() override;
    // Ends the heap and begins another with these options.
    void begin(const poolval_options &chosen);
    void end();

    Ref number(int64_t number) { return poolval_int_new(space_, number); }
    Ref real(double number) { return poolval_float_new(space_, number); }
    Ref str(const std::string &utf8) {
        return poolval_str_new_size(space_, utf8.data(), utf8.size());
    }
    Ref tuple(std::initializer_list<poolobj *> items) {
        return poolval_tuple_new(space_, items.begin(), items.size());
    }
    Ref list(std::initializer_list<poolobj *> items = {}) {
        return poolval_list_new_items(space_, items.begin(), items.size());
    }
    Ref dict() { return poolval_dict_new(space_); }
    // A list of the integers 0 to count - 1.
    Ref numbers(int count);
    // A list that many levels deep, the innermost empty.
    Ref nested(int levels);

    std::string text(poolobj *str);
    std::string repr(poolobj *value);
    int error() const { return poolval_error(space_); }
    std::string message() const { return poolval_error_message(space_); }
    // Living objects of a type of values.
    size_t count(int type) { return poolobj_count(poolval_object_type(space_, type)); }
    // How many values of each type there are.
    std::vector<size_t> counts();

    poolobj_heap *heap_ = nullptr;
    poolval_space *space_ = nullptr;
};

// Dictionaries whose values are integers.
class IntDictTest : public ValueTest {
  protected:
    int set(poolobj *map, poolobj *key, int64_t value) {
        return poolval_dict_set(space_, map, key, number(value));
    }
    // -1: not there.
    int64_t get(poolobj *map, poolobj *key) {
        poolobj *value;
        int64_t result = -1;
        if (poolval_dict_find(space_, map, key, &value) == 1)
            poolval_int_get(space_, value, &result);
        return result;
    }
};

// The call failed with this code: the code is cleared.
#define EXPECT_ERROR(call, result, code)                                                           \
    do {                                                                                           \
        EXPECT_EQ(call, result);                                                                   \
        EXPECT_EQ(error(), code) << message();                                                     \
        EXPECT_NE(message(), "");                                                                  \
        poolval_error_clear(space_);                                                               \
    } while (0)
#define EXPECT_NO_VALUE(call, code) EXPECT_ERROR(call, nullptr, code)

#endif
