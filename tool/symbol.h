// SPDX-License-Identifier: MIT
// symbol.h - functions, files and lines of code addresses, by libdw: from debug information, with
// inlined functions, and where there is none from the symbols of the file.
#ifndef POOLALLOC_TOOL_SYMBOL_H
#define POOLALLOC_TOOL_SYMBOL_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mapping.h"

struct Frame {
    std::string function;     // demangled; "libx.so+0x12" where nothing is known
    std::string file;         // of the source; empty: not known
    unsigned line = 0;        // 0: not known
    std::string object;       // the path of the executable or library; empty: not known
    std::string text() const; // "function file.c:12"
};

// True for functions that ask for memory on behalf of others: operators new, containers of C++, and
// what programs wrap around malloc.
bool frame_is_of_allocating(const Frame &frame);

struct SymbolObject { // as a process had it loaded
    uint64_t start, end;
    std::string path;
};

// Each loaded file, from its first byte to its last.
std::vector<SymbolObject> symbol_objects(const Mappings &mappings);

// Where files of the process are found now.
struct SymbolFiles {
    std::string root;    // in front of absolute paths; empty: here
    std::string program; // in place of paths that are not absolute; empty: these are looked up
    std::string map;     // perf's, of functions made at run time: /tmp/perf-PID.map; empty: none
};

class Symbols {
  public:
    Symbols(const std::vector<SymbolObject> &objects, const SymbolFiles &files);
    ~Symbols();
    Symbols(const Symbols &) = delete;
    Symbols &operator=(const Symbols &) = delete;
    // The frames of an address, innermost first: more than one where functions are inlined there.
    std::vector<Frame> frames_of(uint64_t address) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

#endif
