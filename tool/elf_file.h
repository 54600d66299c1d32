// SPDX-License-Identifier: MIT
// elf_file.h - what is asked of executables and libraries, by libelf.
#ifndef POOLALLOC_TOOL_ELF_FILE_H
#define POOLALLOC_TOOL_ELF_FILE_H

#include <optional>
#include <string>
#include <vector>

#include "source.h"

struct ElfFile {
    bool is_elf = false;
    unsigned machine = 0, bits = 0;  // EM_..., 32 or 64
    bool is_program = false;         // executable or shared object
    std::string interpreter;         // the dynamic linker; empty: static
    std::vector<std::string> needed; // libraries that it asks for
};

ElfFile elf_read(const std::string &path);
// The distance of a symbol from where the file's first byte is loaded, from its tables of dynamic
// and of all symbols; nothing: no such symbol, or no such file.
std::optional<uint64_t> elf_symbol(const std::string &path, const std::string &name);
// The names among `names` that the file defines.
std::vector<std::string> elf_defines(const std::string &path,
                                     const std::vector<std::string> &names);
// The descriptor of the object that is loaded at the address, found by its tables in memory, which
// are there even if the file is gone or another; 0: it has none, or its tables are not there.
uint64_t elf_descriptor_in_memory(Source &source, uint64_t start);

#endif
