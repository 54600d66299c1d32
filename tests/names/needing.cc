// SPDX-License-Identifier: MIT
// A program on a library that replaces operators new and delete (needed.h): blocks go both ways,
// from static objects too. Prints what reached the library's operators. With an argument only the
// way from the library to the program, which works without its operators, and no counts.
#include <cstdio>
#include <string>
#include <vector>

#include "needed.h"

namespace {
std::string *mine = new std::string(300, 'm');
} // namespace

int main(int count, char **) {
    for (size_t length : {0, 10, 100, 1000, 100000, 3000000}) delete needed_make(length);
    if (count > 1) return 0;
    for (size_t length : {0, 10, 100, 1000, 100000, 3000000})
        needed_take(new std::string(length, 'p'));
    needed_take(mine);
    delete[] new int[100];
    delete[] new char[0];
    {
        std::vector<std::string> texts(100, std::string(77, 'v'));
        texts.insert(texts.begin(), std::string(78, 'w'));
    }
    needed_drop();
    std::printf("made %ld, live %ld\n", needed_made(), needed_live());
    return 0;
}
