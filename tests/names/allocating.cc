// SPDX-License-Identifier: MIT
// A program on an allocator (allocator.cc) that opens a library: some operators are bound before,
// some afterwards, and blocks go from one to the other.
#include <dlfcn.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

int main() {
    char *array = new char[10];
    auto *text = new std::string(100, 't');
    if (dlopen("libm.so.6", RTLD_NOW) == nullptr) return 1;
    delete[] array;
    *text += std::string(1000, 'u');
    delete text;
    delete[] new int[100];
    std::vector<std::string> texts(100, std::string(77, 'v'));
    texts.insert(texts.begin(), std::string(78, 'w'));
    try {
        throw std::runtime_error(texts[0]);
    } catch (const std::exception &error) {
        std::printf("%zu\n", std::string(error.what()).size());
    }
    return 0;
}
