// SPDX-License-Identifier: MIT
// lines.h - which lines of code hold the live blocks of a process, by what the library notes in
// every process (src/heap/note.h): of large blocks exactly, of others an estimate.
#ifndef POOLALLOC_TOOL_LINES_H
#define POOLALLOC_TOOL_LINES_H

#include "snapshot.h"
#include "symbol.h"
#include "text.h"

struct CodeLine {
    Frame frame;
    double bytes = 0;         // in live blocks that it asked for
    double error = 0;         // the standard error of the estimate
    uint64_t large_bytes = 0; // the part that is known exactly, of large blocks
    unsigned notes = 0;       // of smaller blocks, on which the rest rests
};

struct CodeLines {
    std::vector<CodeLine> lines; // what holds most comes first
    double unknown = 0;          // bytes in live blocks of which nobody was noted
};

CodeLines lines_of_code(Source &source, const Snapshot &heap);
// "insert cache.c:120 (libcache.so)".
std::string line_text(const CodeLine &line);
// "412 MiB +- 6 %": two standard errors; without them where all is known.
std::string line_bytes_text(const CodeLine &line);
// The list "lines", and what is not known.
void lines_put(const CodeLines &lines, Json *json);

#endif
