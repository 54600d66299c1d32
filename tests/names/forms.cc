// SPDX-License-Identifier: MIT
// Calls all 20 forms of operator new and delete, with and without memory, and prints which replaced
// forms each call reached, in letters (form.cc), and how a failing call ended. Linked with any
// subset of the replaced forms, it must print on one malloc what it prints on another.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "forms.h"

namespace {

char letters[4096];
size_t count;
int handler_calls;

const std::align_val_t UNIT = std::align_val_t(128);
const std::nothrow_t &NOTHROW = std::nothrow;

void show(const char *what) {
    std::printf("%-24s %.*s\n", what, static_cast<int>(count), letters);
    std::fflush(stdout);
    count = 0;
}

void give_up_later() {
    if (++handler_calls == 3) std::set_new_handler(nullptr);
}

template <class Allocate> void fail(const char *what, Allocate allocate) {
    for (size_t size : {size_t(1) << 60, size_t(PTRDIFF_MAX)}) {
        const char *end = "nothing";
        handler_calls = 0;
        std::set_new_handler(give_up_later);
        try {
            end = allocate(size) == nullptr ? "null" : "a block";
        } catch (const std::bad_alloc &error) {
            end = std::strlen(error.what()) > 0 ? "bad_alloc" : "bad_alloc without text";
        }
        std::printf("%s, %d calls of the handler: ", end, handler_calls);
        show(what);
    }
}

void call_with_memory() {
    void *block = ::operator new(40);
    ::operator delete(block);
    show("new, delete");
    ::operator delete(::operator new(40), size_t(40));
    show("sized delete");
    ::operator delete[](::operator new[](40));
    show("new[], delete[]");
    ::operator delete[](::operator new[](40), size_t(40));
    show("sized delete[]");
    ::operator delete(::operator new(40, NOTHROW), NOTHROW);
    show("nothrow");
    ::operator delete[](::operator new[](40, NOTHROW), NOTHROW);
    show("nothrow[]");
    ::operator delete(::operator new(40, UNIT), UNIT);
    show("aligned");
    ::operator delete[](::operator new[](40, UNIT), UNIT);
    show("aligned[]");
    ::operator delete(::operator new(40, UNIT), size_t(40), UNIT);
    show("aligned sized");
    ::operator delete[](::operator new[](40, UNIT), size_t(40), UNIT);
    show("aligned sized[]");
    ::operator delete(::operator new(40, UNIT, NOTHROW), UNIT, NOTHROW);
    show("aligned nothrow");
    ::operator delete[](::operator new[](40, UNIT, NOTHROW), UNIT, NOTHROW);
    show("aligned nothrow[]");
}

void call_without_memory() {
    fail("new", [](size_t n) { return ::operator new(n); });
    fail("new[]", [](size_t n) { return ::operator new[](n); });
    fail("nothrow", [](size_t n) { return ::operator new(n, NOTHROW); });
    fail("nothrow[]", [](size_t n) { return ::operator new[](n, NOTHROW); });
    fail("aligned", [](size_t n) { return ::operator new(n, UNIT); });
    fail("aligned[]", [](size_t n) { return ::operator new[](n, UNIT); });
    fail("aligned nothrow", [](size_t n) { return ::operator new(n, UNIT, NOTHROW); });
    fail("aligned nothrow[]", [](size_t n) { return ::operator new[](n, UNIT, NOTHROW); });
}

} // namespace

extern "C" void reached(char form) {
    if (count < sizeof letters) letters[count++] = form;
}

int main() {
    count = 0; // what the libraries did before
    call_with_memory();
    call_without_memory();
    {
        std::vector<std::string> strings(3, std::string(100, 'x'));
        strings.push_back(std::string(200, 'y'));
    }
    show("containers");
    return 0;
}
