// SPDX-License-Identifier: MIT
// Known places that allocate, for poolalloc profile: `sites COUNT [wait]` holds COUNT strings,
// by an inlined function, 2000 entries and 1000 blocks, all of 1000 bytes; 5000 more blocks were
// there for a while. With `wait` it reads a letter before and after the strings and entries; with
// `busy` it replaces the blocks until its input has something, or ends.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <vector>

// Never freed.
static auto &names = *new std::vector<std::string>;
static auto &blocks = *new std::vector<char *>;

static inline __attribute__((always_inline)) void keep_name(int i) {
    names.emplace_back(1000 - 1, (char)('a' + i % 26)); // SITE names
}

__attribute__((noinline)) void read_names(int count) {
    for (int i = 0; i < count; i++) keep_name(i); // SITE reader
}

namespace cache {
struct Entry {
    char text[1000];
};
__attribute__((noinline)) Entry *make_entry(int i) {
    auto *entry = new Entry; // SITE entries
    entry->text[0] = (char)i;
    return entry;
}
} // namespace cache

__attribute__((noinline)) void *xmalloc(size_t size) {
    void *block = malloc(size);
    if (block == nullptr) abort();
    return block;
}

__attribute__((noinline)) void hold_blocks(int count) {
    for (int i = 0; i < count; i++)
        blocks.push_back(static_cast<char *>(xmalloc(1000))); // SITE blocks
}

__attribute__((noinline)) void drop_blocks(size_t rest) {
    for (; blocks.size() > rest; blocks.pop_back()) free(blocks.back());
}

int main(int count, char **words) {
    int wanted = count > 1 ? atoi(words[1]) : 1000;
    names.reserve(100000);
    hold_blocks(6000);
    drop_blocks(1000);
    if (count > 2 && strcmp(words[2], "busy") == 0) {
        struct pollfd input = {0, POLLIN, 0};
        puts("ready");
        fflush(stdout);
        while (poll(&input, 1, 0) <= 0) { // a signal interrupts it
            drop_blocks(1000);
            hold_blocks(5000);
        }
        return 0;
    }
    if (count > 2) { // what is held from here on is seen by who attaches
        puts("ready");
        fflush(stdout);
        getchar();
    }
    read_names(wanted);
    auto &entries = *new std::vector<cache::Entry *>;
    for (int i = 0; i < 2000; i++) entries.push_back(cache::make_entry(i));
    if (count > 2) {
        puts("held");
        fflush(stdout);
        getchar();
    }
    return wanted == 7 ? 7 : 0;
}
