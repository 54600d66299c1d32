// SPDX-License-Identifier: MIT
// replaced CASE SIZE - a program with an operator new of its own, which asks for more than C++ code
// asks it for: no size that its code deletes by is the block's, and that is no mistake.
// `replaced --list` prints the cases as `mistake --list` does.
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "../support/expect.h"
#include "../support/hide.h"

void *operator new(size_t size) { return malloc(4 * size + 100); }

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        printf("longer 100 0 sized_deletes\n");
        return 0;
    }
    EXPECT(count == 3);
    size_t size = strtoul(arguments[2], nullptr, 10);
    ::operator delete(hide(::operator new(size)), size);
    ::operator delete[](hide(::operator new[](size)), size);
    auto shared = std::make_shared<std::string>(size, 's');
    return 0;
}
