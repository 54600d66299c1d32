// SPDX-License-Identifier: MIT
// Known places that hold memory, for poolalloc stat --lines: 48 MiB each by malloc, calloc,
// realloc, posix_memalign, operator new, its array and aligned forms, and one block of 48 MiB. As
// much again was freed in between by others. Says "ready", and waits for its input to end.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

static constexpr size_t HELD = 48 << 20;
static auto &held = *new std::vector<void *>;

#define PLACE __attribute__((noinline)) static void

PLACE hold_malloc(size_t size) { held.push_back(malloc(size)); }
PLACE hold_calloc(size_t size) { held.push_back(calloc(1, size)); }
PLACE hold_realloc(size_t size) {
    void *block = malloc(8); // rather small, so that it moves
    held.push_back(realloc(block, size));
}
PLACE hold_aligned(size_t size) {
    void *block = nullptr;
    if (posix_memalign(&block, 256, size) != 0) abort();
    held.push_back(block);
}
PLACE hold_new(size_t size) { held.push_back(operator new(size)); }
PLACE hold_array(size_t size) { held.push_back(operator new[](size)); }
PLACE hold_aligned_new(size_t size) { held.push_back(operator new(size, std::align_val_t(64))); }
PLACE hold_large() { held.push_back(malloc(HELD)); }

PLACE pass(size_t size) {
    std::vector<void *> blocks;
    for (size_t i = 0; i < HELD / size / 8; i++) blocks.push_back(malloc(size));
    for (void *block : blocks) free(block);
}

static void hold(void (*place)(size_t size), size_t size) {
    for (size_t i = 0; i < HELD / size; i++) {
        if (i % (HELD / size / 8) == 0) pass(size);
        place(size);
    }
}

int main() {
    held.reserve(4000000);
    hold(hold_malloc, 64);
    hold(hold_calloc, 112);
    hold(hold_realloc, 240);
    hold(hold_aligned, 512);
    hold(hold_new, 64); // of the size that hold_malloc has
    hold(hold_array, 416);
    hold(hold_aligned_new, 6144);
    hold_large();
    puts("ready");
    fflush(stdout);
    getchar();
    for (void *block : held) free(block);
    return 0;
}
