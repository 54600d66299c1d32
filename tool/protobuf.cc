// SPDX-License-Identifier: MIT
#include "protobuf.h"

#include "failure.h"

enum { WIRE_NUMBER = 0, WIRE_FIXED_64 = 1, WIRE_BYTES = 2, WIRE_FIXED_32 = 5 };

static uint64_t take_number(std::string_view *bytes) {
    uint64_t number = 0;
    for (unsigned i = 0; i < bytes->size() && i < 10; i++) {
        auto byte = (unsigned char)(*bytes)[i];
        number |= (uint64_t)(byte & 127) << (7 * i);
        if (byte >= 128) continue;
        bytes->remove_prefix(i + 1);
        return number;
    }
    throw Failure("it is cut off, or damaged");
}

static std::string_view take_bytes(std::string_view *bytes, uint64_t size) {
    if (size > bytes->size()) throw Failure("it is cut off, or damaged");
    std::string_view part = bytes->substr(0, size);
    bytes->remove_prefix(size);
    return part;
}

Message::Message(std::string_view bytes) {
    while (!bytes.empty()) {
        uint64_t key = take_number(&bytes);
        Field field{(unsigned)(key >> 3), (key & 7) == WIRE_NUMBER, 0, {}};
        if (field.is_number)
            field.value = take_number(&bytes);
        else if ((key & 7) == WIRE_BYTES)
            field.bytes = take_bytes(&bytes, take_number(&bytes));
        else if ((key & 7) == WIRE_FIXED_64 || (key & 7) == WIRE_FIXED_32)
            field.bytes = take_bytes(&bytes, (key & 7) == WIRE_FIXED_64 ? 8 : 4);
        else
            throw Failure("it has a field of an unknown kind");
        fields.push_back(field);
    }
}

std::vector<uint64_t> Field::numbers() const {
    if (is_number) return {value};
    std::vector<uint64_t> all;
    for (std::string_view rest = bytes; !rest.empty();) all.push_back(take_number(&rest));
    return all;
}

uint64_t Message::number(unsigned field) const {
    for (const Field &candidate : fields)
        if (candidate.number == field && candidate.is_number) return candidate.value;
    return 0;
}

std::vector<uint64_t> Message::numbers(unsigned field) const {
    std::vector<uint64_t> all;
    for (const Field &candidate : fields)
        if (candidate.number == field)
            for (uint64_t value : candidate.numbers()) all.push_back(value);
    return all;
}

Writer &Writer::number(uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += (char)(value | 128);
    bytes_ += (char)value;
    return *this;
}

Writer &Writer::put(unsigned field, uint64_t value) {
    return number(field << 3 | WIRE_NUMBER).number(value);
}

Writer &Writer::put(unsigned field, const std::string &bytes) {
    number(field << 3 | WIRE_BYTES).number(bytes.size());
    bytes_ += bytes;
    return *this;
}
