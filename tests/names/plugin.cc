// SPDX-License-Identifier: MIT
// A C++ plugin, built in many ways (run): its static objects take memory while it is opened, it has
// a table of pointers to malloc and free, blocks go between it and the program, and it catches the
// bad_alloc of its own runtime. With -DOWN it replaces operator new by one that puts a word before
// each block, so that a block which reaches another operator delete is found.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#ifdef OWN
#include "counted_operators.h"
#endif

namespace {

// A string longer than the object itself, made while dlopen runs and dropped while it closes.
std::string early(300, 'e');
char *given = strdup("made by a constructor");
int handler_calls;

void give_up() {
    handler_calls++;
    std::set_new_handler(nullptr);
}

struct alignas(64) Line {
    char bytes[64];
};

} // namespace

extern "C" {

struct {
    void *(*get)(size_t);
    void (*put)(void *);
} plugin_table = {std::malloc, std::free};

// Hundreds: what was thrown; ones: calls of the new-handler.
int plugin_fail(size_t size) {
    int thrown = 0;
    handler_calls = 0;
    std::set_new_handler(give_up);
    try {
        char *block = new char[size];
        block[0] = 1;
        std::printf("%p\n", static_cast<void *>(block));
        delete[] block;
    } catch (const std::bad_alloc &error) {
        thrown = std::strlen(error.what()) > 0 ? 100 : 200;
    }
    return thrown + handler_calls;
}

// Fails in a form of new that does not throw; 1: it returned null.
int plugin_fail_quietly(size_t size) {
    std::set_new_handler(nullptr);
    return new (std::nothrow) char[size] == nullptr;
}

int plugin_work() {
    size_t sum = early.size();
    for (int i = 0; i < 300; i++) {
        std::string *text = new std::string(static_cast<size_t>(i) * 7, 'x');
        Line *lines = new Line[3];
        sum += text->size() + reinterpret_cast<uintptr_t>(lines) % 64;
        delete[] lines;
        delete text;
    }
    try {
        throw std::runtime_error(std::string(200, 't'));
    } catch (const std::exception &error) {
        sum += std::strlen(error.what());
    }
#ifdef OWN
    std::printf("live %ld\n", live);
#endif
    return static_cast<int>(sum);
}

char *plugin_gives() {
    char *text = given;
    given = nullptr;
    return text;
}

void plugin_takes(char *text) { std::free(std::realloc(text, 2000)); }
}
