// SPDX-License-Identifier: MIT
// account.h - the resident memory of a process as a sum: what the allocator has, by what it is, and
// what it has not; with what is left over shown as such.
#ifndef POOLALLOC_TOOL_ACCOUNT_H
#define POOLALLOC_TOOL_ACCOUNT_H

#include "samples.h"
#include "text.h"

struct Row {          // of the sum
    const char *key;  // in JSON and OpenMetrics
    const char *name; // for people
    uint64_t bytes;
    std::string meaning; // with what there is to say about it
};

struct Account {
    std::string title, library_version, library_path;
    bool is_live = false;
    int process_id = 0;
    Snapshot heap;
    unsigned threads = 0;
    std::optional<uint64_t> resident; // of the process; a core does not say
    std::optional<Rounding> rounding; // inside live blocks; known from samples only
    uint64_t stacks = 0, files = 0, shared = 0, other = 0, swapped = 0;
    std::vector<Row> rows() const;
    uint64_t sum() const; // of the rows
    int64_t left_over() const { return resident ? (int64_t)*resident - (int64_t)sum() : 0; }
    // What the library has in all, its records among it.
    uint64_t of_heap() const { return heap.resident.sum() + heap.metadata; }
};

// Reads all of it; refreshes the source first.
Account account_take(Source &source, const Layout &layout, const LibraryPlace &place);
// "within 1 s, as malloc and free are called", and the like.
std::string account_when_pages_go(const Snapshot &heap);
// "16 B", or "1.25 to 1.38 KiB" of a class that has a range.
std::string class_text(const Snapshot &heap, unsigned index);

#endif
