// SPDX-License-Identifier: MIT
// deleted CASE SIZE - deletes blocks by a size or an alignment that they do not have, as cases.h
// says, or as it should be.
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../support/in_thread.h"
#include "cases.h"

namespace {

constexpr std::align_val_t LINE{64}, PAGE{4096};

void *block_of(size_t bytes) { return hide(::operator new(bytes)); }
void *array_of(size_t bytes) { return hide(::operator new[](bytes)); }

void expect_size(const void *block, size_t wrong) {
    dprintf(1, "^poolalloc: operator delete of %p with size %zu \\(another size was asked for\\)",
            block, wrong);
}

void expect_alignment(const void *block, std::align_val_t wrong) {
    dprintf(1, "^poolalloc: operator delete of %p with alignment %zu \\(the block has another",
            block, static_cast<size_t>(wrong));
}

void too_long() {
    void *block = block_of(size);
    expect_size(block, 4 * size + 20);
    ::operator delete(block, 4 * size + 20);
}

void too_short_array() {
    void *block = array_of(4 * size + 20);
    expect_size(block, size);
    ::operator delete[](block, size);
}

void too_long_aligned() {
    void *block = hide(::operator new(size, LINE));
    expect_size(block, 4 * size + 200);
    ::operator delete(block, 4 * size + 200, LINE);
}

void too_short_aligned_array() {
    void *block = hide(::operator new[](4 * size + 200, LINE));
    expect_size(block, size);
    ::operator delete[](block, size, LINE);
}

// A block of this size ends where a page does.
size_t whole_pages() { return (size + 4095) / 4096 * 4096; }

void short_of_pages() {
    void *block = block_of(whole_pages());
    expect_size(block, whole_pages() - 1);
    ::operator delete(block, whole_pages() - 1);
}

void short_of_pages_aligned() {
    void *block = hide(::operator new(whole_pages(), LINE));
    expect_size(block, whole_pages() - 100);
    ::operator delete(block, whole_pages() - 100, LINE);
}

// One of many small blocks side by side is not at the start of a page.
void *not_at_a_page() {
    void *block = block_of(size);
    while (reinterpret_cast<uintptr_t>(block) % 4096 == 0) block = block_of(size);
    return block;
}

void misaligned() {
    void *block = not_at_a_page();
    expect_alignment(block, PAGE);
    ::operator delete(block, PAGE);
}

void misaligned_array() {
    void *block = not_at_a_page();
    expect_alignment(block, PAGE);
    ::operator delete[](block, size, PAGE);
}

struct Base {
    long of_base = 0;
};
struct Derived : Base {
    long of_derived[40] = {};
};

void without_virtual_destructor() {
    Base *base = static_cast<Base *>(hide(new Derived));
    expect_size(base, sizeof(Base));
    delete base;
}

void *delete_longer(void *block) {
    ::operator delete(block, 4 * size + 20);
    return nullptr;
}

void by_another_thread() {
    void *block = block_of(size);
    expect_size(block, 4 * size + 20);
    in_thread(delete_longer, block);
}

// What was asked for by any function is compared.
void of_malloc() {
    void *block = hide(malloc(size));
    expect_size(block, 4 * size + 20);
    ::operator delete(block, 4 * size + 20);
}

void twice() {
    void *block = block_of(size), *neighbour = block_of(size);
    dprintf(1, "^poolalloc: (double free of|free of unallocated pointer) %p ", block);
    ::operator delete(hide(block), size);
    ::operator delete(hide(block), size);
    ::operator delete(neighbour);
}

void as_it_should_be() {
    for (size_t end = size + 40; size < end; size++) {
        ::operator delete(block_of(size), size);
        ::operator delete[](array_of(size), size);
        ::operator delete(hide(::operator new(size, LINE)), size, LINE);
        ::operator delete[](hide(::operator new[](size, PAGE)), size, PAGE);
        ::operator delete(hide(::operator new(size, PAGE)), PAGE);
        ::operator delete(hide(::operator new(size, std::nothrow)), size);
        ::operator delete(block_of(size));
        std::vector<std::string> names(size % 100, std::string(size % 70, 'n'));
        auto shared = std::make_shared<std::string>(size, 's');
    }
    ::operator delete(nullptr, size);
    ::operator delete (hide(::operator new(0)), size_t{0});
}

enum { SMALL = 1, ANY = 2, ONCE = 4 };
const size_t sizes[] = {1, 24, 100, 600, 5000, 20000, 70000, 3000000};

const char *const SIZES = "sized_deletes";
// Only blocks that know what was asked for can tell some wrong sizes.
const char *const BOTH = "sized_deletes=on,canaries";

const struct hardened_case cases[] = {
    {"too_long", SIZES, too_long, BY_ABORT, ANY},
    {"too_short_array", SIZES, too_short_array, BY_ABORT, ANY},
    {"too_long_aligned", SIZES, too_long_aligned, BY_ABORT, ANY},
    {"too_short_aligned_array", SIZES, too_short_aligned_array, BY_ABORT, ANY},
    {"misaligned", SIZES, misaligned, BY_ABORT, SMALL},
    {"misaligned_array", SIZES, misaligned_array, BY_ABORT, SMALL},
    {"without_virtual_destructor", SIZES, without_virtual_destructor, BY_ABORT, ONCE},
    {"by_another_thread", SIZES, by_another_thread, BY_ABORT, ANY},
    {"of_malloc", SIZES, of_malloc, BY_ABORT, ANY},
    {"twice", SIZES, twice, BY_ABORT, ANY},
    {"short_of_pages", BOTH, short_of_pages, BY_ABORT, ANY},
    {"short_of_pages_aligned", BOTH, short_of_pages_aligned, BY_ABORT, ANY},
    {"as_it_should_be", SIZES, as_it_should_be, 0, ANY},
};

bool has(int which, size_t wanted) {
    return (which & ANY) || (which & SMALL ? wanted <= 5000 : wanted == sizes[0]);
}

void list() {
    for (const auto &each : cases)
        for (size_t wanted : sizes)
            if (has(each.sizes, wanted))
                printf("%s %zu %d %s\n", each.name, wanted, each.status, each.option);
}

} // namespace

int main(int count, char **arguments) {
    return cases_run(count, arguments, cases, sizeof cases / sizeof cases[0], list);
}
