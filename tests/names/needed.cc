// SPDX-License-Identifier: MIT
// Operators that put a word before each block, so that one that reaches another allocator's
// operators, or comes from them, is found.
#include "needed.h"

#include "counted_operators.h"

namespace {
std::string *early = new std::string(100, 'e');
std::string kept(200, 'k');
} // namespace

std::string *needed_make(size_t length) { return new std::string(length, 'n'); }
void needed_take(std::string *text) { delete text; }
void needed_drop() {
    delete early;
    early = nullptr;
    kept = std::string();
}
long needed_live() { return live; }
long needed_made() { return made; }
