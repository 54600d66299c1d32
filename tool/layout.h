// SPDX-License-Identifier: MIT
// layout.h - the library's descriptor (src/malloc/descriptor.h) in a process: where things are and
// at which places their fields lie.
#ifndef POOLALLOC_TOOL_LAYOUT_H
#define POOLALLOC_TOOL_LAYOUT_H

#include <map>

#include "source.h"

class Layout {
  public:
    // Reads the descriptor at the address. Throws a Failure if it is none, or of another version.
    Layout(Source &source, uint64_t address);
    // The value of a name; a Failure if the library does not give it.
    uint64_t operator[](const std::string &name) const;
    bool has(const std::string &name) const { return fields_.count(name) != 0; }
    const std::string &library_version() const { return library_version_; }
    uint64_t address() const { return address_; }
    const std::map<std::string, uint64_t> &fields() const { return fields_; }

  private:
    uint64_t address_;
    std::string library_version_;
    std::map<std::string, uint64_t> fields_;
};

struct LibraryPlace {
    uint64_t descriptor = 0; // its address; 0: the library is not there
    std::string path;        // of the file that it comes from
};

// Looks through the loaded files of a process.
LibraryPlace library_find(Source &source);
// The descriptor, or a Failure with STATUS_NO: the process does not run on poolalloc.
Layout layout_of(Source &source);

#endif
