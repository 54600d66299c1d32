// SPDX-License-Identifier: MIT
// protobuf.h - messages in the wire format of Protocol Buffers, as far as profile.proto has it:
// numbers and strings of bytes.
#ifndef POOLALLOC_TOOL_PROTOBUF_H
#define POOLALLOC_TOOL_PROTOBUF_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct Field {
    unsigned number;
    bool is_number;
    uint64_t value;         // of a number
    std::string_view bytes; // else; a part of what was read
    // The numbers of a repeated field, which may be packed into bytes.
    std::vector<uint64_t> numbers() const;
};

struct Message {
    // Throws a Failure for what is cut off or is no message. The bytes must outlive it.
    explicit Message(std::string_view bytes);
    uint64_t number(unsigned field) const; // 0: absent
    std::vector<uint64_t> numbers(unsigned field) const;
    std::vector<Field> fields;
};

class Writer {
  public:
    Writer &number(uint64_t value); // without a key, for packed ones
    Writer &put(unsigned field, uint64_t value);
    Writer &put(unsigned field, const std::string &bytes);
    const std::string &bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

#endif
