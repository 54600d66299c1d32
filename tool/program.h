// SPDX-License-Identifier: MIT
// program.h - a command as a user types it: the file behind it, and what keeps a library from being
// preloaded into it.
#ifndef POOLALLOC_TOOL_PROGRAM_H
#define POOLALLOC_TOOL_PROGRAM_H

#include <string>
#include <vector>

#include "elf_file.h"

struct Reason {
    std::string what; // a whole sentence, without its full stop
    std::string todo; // what to do; may be empty
};

struct Program {
    std::string path;            // of the file that was named
    std::string runs;            // of the executable: the interpreter of a script
    ElfFile file;                // that executable
    std::vector<Reason> reasons; // why nothing can be preloaded into it
    std::vector<Reason> hints;   // what else is good to know
};

// Looks the command up as a shell does and reads its file. Throws a Failure with status 127 if
// there is none, 126 if it cannot be run.
Program program_find(const std::string &command);
// What the file of an executable says; for a process, `runs` is its /proc/PID/exe.
void program_examine(Program *program);

#endif
