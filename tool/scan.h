// SPDX-License-Identifier: MIT
// scan.h - which live blocks of a process can still be reached: a conservative scan of a process
// that stands still. Every aligned word that could be an address inside a block is taken for one.
//
// The roots are the writable memory of the process that is not the allocator's: data of all loaded
// files, stacks, thread-local storage and other mappings, and the registers of threads.
#ifndef POOLALLOC_TOOL_SCAN_H
#define POOLALLOC_TOOL_SCAN_H

#include <map>
#include <vector>

#include "layout.h"
#include "source.h"

enum class Held : uint8_t {
    LOST,         // nothing leads there
    THROUGH_LOST, // only lost blocks do
    BY_REGISTER,  // only a register of another thread does, or blocks that it leads to
    REACHABLE,
};
enum { HELD_KINDS = 4 };

struct ThreadState {
    int thread = 0;
    uint64_t stack = 0;          // its stack pointer
    uint64_t local = 0;          // its thread pointer; 0: not known
    std::vector<uint64_t> words; // its registers
};

struct ScannedBlock {
    uint64_t address, size; // with the rounding
    uint64_t asked;         // the size that was asked for; 0: not known
    uint32_t site;          // key of Scan::stacks; 0: not known
    Held held;
    uint32_t
        leader; // of one that is held through a lost block: the index of that one; else its own
};

struct Scan {
    std::vector<ScannedBlock> blocks;                 // by address
    std::map<uint32_t, std::vector<uint64_t>> stacks; // return addresses, innermost first
};

struct ScanRoots {
    ThreadState caller; // without registers: they lie on its stack
    std::vector<ThreadState> others;
    bool others_are_known = true; // all of them
    bool is_fork = false;         // of a process whose other threads are not here, but their stacks
};

Scan scan_process(Source &source, const Layout &layout, const ScanRoots &roots);

#endif
