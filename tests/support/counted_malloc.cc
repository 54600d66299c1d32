// SPDX-License-Identifier: MIT
#include "support/counted_malloc.h"

#include <mutex>
#include <pthread.h>
#include <unordered_map>

#include "base/base.h"

bool (*malloc_fault_for_test)();

namespace {

std::mutex mutex;
Counted counted;

// Never destroyed: others may free later.
std::unordered_map<void *, size_t> &blocks() {
    static auto *all = [] {
        pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); }, [] { mutex.unlock(); });
        return new std::unordered_map<void *, size_t>;
    }();
    return *all;
}

void add(void *block, size_t size) {
    std::unordered_map<void *, size_t> &all = blocks();
    std::lock_guard<std::mutex> lock(mutex);
    all[block] = size;
    counted.blocks++;
    counted.bytes += size;
}

// What libc itself has made is not known here.
void remove(void *block) {
    std::unordered_map<void *, size_t> &all = blocks();
    std::lock_guard<std::mutex> lock(mutex);
    auto found = all.find(block);
    if (found == all.end()) return;
    counted.blocks--;
    counted.bytes -= found->second;
    all.erase(found);
}

// More than any machine has; the malloc of a sanitizer would end the program.
const size_t TOO_LARGE = size_t(1) << 40;

bool must_fail(size_t size) {
    bool fault = malloc_fault_for_test != nullptr && malloc_fault_for_test();
    return fault || size > TOO_LARGE;
}

} // namespace

Counted counted_now() {
    std::lock_guard<std::mutex> lock(mutex);
    return counted;
}

extern "C" {

size_t poolalloc_in_use() { return counted_now().bytes; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size) {
    void *block = must_fail(size) ? nullptr : __real_malloc(size);
    if (block != nullptr) add(block, size);
    return block;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *block = must_fail(size_max(count, size)) ? nullptr : __real_calloc(count, size);
    if (block != nullptr) add(block, count * size);
    return block;
}

void *__wrap_realloc(void *block, size_t size) {
    if (must_fail(size)) return nullptr;
    remove(block); // before, as another thread may get its place
    void *moved = __real_realloc(block, size);
    if (moved != nullptr) add(moved, size);
    return moved;
}

void __wrap_free(void *block) {
    remove(block);
    __real_free(block);
}
}
