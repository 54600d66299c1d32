// SPDX-License-Identifier: MIT
// mapping.h - one row of a process's address space, as /proc/PID/smaps or a core file has it.
#ifndef POOLALLOC_TOOL_MAPPING_H
#define POOLALLOC_TOOL_MAPPING_H

#include <cstdint>
#include <string>
#include <vector>

struct Mapping {
    uint64_t start = 0, end = 0, offset = 0;
    bool readable = false, writable = false, shared = false;
    std::string path;                             // or [stack], [heap], ...; empty: anonymous
    uint64_t resident = 0, swapped = 0, huge = 0; // bytes; of a core: what was dumped
    uint64_t anonymous = 0;                       // of the resident ones
    uint64_t size() const { return end - start; }
    bool is_file() const { return !path.empty() && path[0] == '/'; }
};

using Mappings = std::vector<Mapping>;

#endif
