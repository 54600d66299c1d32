// SPDX-License-Identifier: MIT
// samples.h - the live blocks that a process has sampled, and what they tell of all others.
#ifndef POOLALLOC_TOOL_SAMPLES_H
#define POOLALLOC_TOOL_SAMPLES_H

#include "snapshot.h"

struct SampledBlock {
    uint64_t address, bytes; // as asked for
    double weight;           // blocks that it stands for
    uint32_t site;
};

struct SampleTable {
    uint64_t start = 0, size = 0; // in the process
    std::vector<SampledBlock> blocks;
};

// Empty where nothing was ever sampled. Throws a Failure if the table cannot be read.
SampleTable samples_read(Source &source, const Layout &layout);

struct Rounding {        // of live blocks up to the sizes that the library has
    double bytes, error; // the estimate, and its standard error
    size_t samples;
};

// Nothing without samples. `live` are the blocks of the snapshot, in any order.
std::optional<Rounding> samples_rounding(const SampleTable &table,
                                         const std::vector<LiveBlock> &live);

#endif
