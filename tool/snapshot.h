// SPDX-License-Identifier: MIT
// snapshot.h - what is in the allocator of a process: a walk over all windows, arenas and pages by
// the descriptor. The process goes on meanwhile: what changed while it was read is read again, and
// if that does not help it is counted in `moved`.
#ifndef POOLALLOC_TOOL_SNAPSHOT_H
#define POOLALLOC_TOOL_SNAPSHOT_H

#include <array>
#include <map>
#include <set>
#include <vector>

#include "layout.h"
#include "source.h"

// Bytes that have memory behind them, by what they are to the program. A page without memory
// counts nowhere.
struct Resident {
    uint64_t live = 0;     // blocks that the program has
    uint64_t awaiting = 0; // freed by other threads, and not taken in by the owner yet
    uint64_t at_hand = 0;  // free, in magazines and cursors of threads
    uint64_t beside = 0;   // free, in pools and spans that have live blocks
    uint64_t empty = 0;    // free, in pools and spans without a live block, kept by threads
    uint64_t slack = 0;    // tails of pools and spans, too short for a block
    uint64_t free = 0;     // whole pages that nobody has
    uint64_t taken = 0;    // pages that threads have taken and not begun to use

    uint64_t sum() const {
        return live + awaiting + at_hand + beside + empty + slack + free + taken;
    }
};

struct ClassFigures {
    uint32_t stride = 0, capacity = 0, pools = 0;            // as in struct size_class
    uint64_t live = 0, awaiting = 0, at_hand = 0, spare = 0; // blocks
    uint64_t holders = 0;                                    // pools and spans with a live block
    uint64_t beside = 0;                                     // resident bytes, as above
};

enum class Cell : uint8_t { NOT_OURS, NO_MEMORY, FREE, TAKEN, POOL, SPAN, LARGE };

struct ArenaFigures {
    uint64_t base = 0;
    bool of_pools = false, huge = false;
    std::array<Cell, 64> cells{};
    std::array<uint8_t, 64> fill{}; // of a cell: live bytes of 255
    unsigned used = 0;              // pages with something live
    uint64_t live = 0, resident = 0,
             free = 0;       // bytes: live and resident, resident, whole free pages
    unsigned main_class = 0; // of most pools with live blocks; 0: none
};

struct HeapFigures { // of a thread, or of one that has ended
    uint64_t address = 0;
    bool in_use = false, asleep = false; // by a thread; which has not looked for long
    uint64_t live_blocks = 0, live = 0, at_hand = 0, empty = 0, beside = 0, awaiting = 0; // bytes
    uint64_t held() const { return at_hand + empty; } // what a thread keeps free for itself
};

struct NotedBlock {       // a live block of which it is known who asked for it
    uint64_t caller;      // the address that the call returns to; 0: not known, of a large block
    uint64_t size;        // with its rounding
    unsigned class_index; // 0: a large block, which all are here
};

struct Region { // of ours, outside arenas
    uint64_t start, size;
    const char *what;
};

struct Snapshot {
    bool resident_is_known = false; // else what may have memory behind it counts as resident
    Resident resident;
    uint64_t live_blocks = 0, live_bytes = 0;     // also where there is no memory behind them yet
    uint64_t large_blocks = 0, large_bytes = 0;   // runs; part of the above, as are
    uint64_t direct_blocks = 0, direct_bytes = 0; // mappings of their own
    uint64_t swapped = 0;                         // of arenas and direct mappings
    uint64_t metadata = 0;                        // resident
    uint64_t arenas_mapped = 0, mapped = 0, mapped_peak = 0, purge_runs = 0, served = 0;
    bool served_is_known = false;
    uint64_t purge_delay = 0, purge_keep = 0;
    bool purge_thread = false;
    unsigned align = 16;
    uint64_t moved = 0; // arenas that changed each time they were read
    std::vector<ClassFigures> classes;
    std::vector<ArenaFigures> arenas; // not wholly free without memory; by address
    std::vector<HeapFigures> heaps;
    std::vector<NotedBlock> noted;
    std::vector<Region> regions; // metadata, direct mappings, arenas: what maps shows of ours
};

struct LiveBlock {
    uint64_t address, size; // with its rounding
};

// With `blocks`: the live ones, in no order.
Snapshot snapshot_take(Source &source, const Layout &layout,
                       std::vector<LiveBlock> *blocks = nullptr);

#endif
