// SPDX-License-Identifier: MIT
// source.h - memory of a process to be read: of a live one, of one that left a core file, or our
// own. Readers know this class alone.
#ifndef POOLALLOC_TOOL_SOURCE_H
#define POOLALLOC_TOOL_SOURCE_H

#include <cstring>
#include <memory>
#include <optional>

#include "failure.h"
#include "mapping.h"

struct Piece { // of memory to be read
    uint64_t address;
    void *to;
    size_t size;
};

class Source {
  public:
    virtual ~Source() = default;
    // Reads all pieces in their order; false if one of them is not there.
    virtual bool read(const std::vector<Piece> &pieces) = 0;
    // Writes a word of a live process; false if that cannot be done.
    virtual bool write(uint64_t, uint32_t) { return false; }
    virtual const Mappings &mappings() = 0;
    // Reads the mappings anew, for those who look again after a while.
    virtual void refresh() {}
    // Words of pagemap(5) for `count` system pages from the address on: bit 63 resident, bit 62
    // swapped. False if that is not known, as in a core.
    virtual bool page_map(uint64_t, size_t, uint64_t *) { return false; }
    virtual size_t page_size() const = 0;
    virtual bool is_live() const = 0;
    // A file of the process by the path that it had there.
    virtual std::string file_path(const std::string &path) const = 0;
    // The program's file, for its symbols.
    virtual std::string program_path() const = 0;
    // The name for messages: "process 12 (redis-server)".
    virtual std::string title() const = 0;
    virtual int process_id() const = 0;
    // Stack pointers of the threads, as far as they are known; the main thread's too.
    virtual std::vector<uint64_t> stack_pointers() { return {}; }
    virtual unsigned threads() { return (unsigned)stack_pointers().size(); }
    virtual std::optional<uint64_t> resident_bytes() { return std::nullopt; }
    // Milliseconds of the clock that the library uses, as of now; nothing for a core.
    virtual std::optional<uint64_t> clock_ms() { return std::nullopt; }

    bool read(uint64_t address, void *to, size_t size) { return read({{address, to, size}}); }
    template <typename T> bool read(uint64_t address, T *to) {
        return read(address, to, sizeof *to);
    }
};

// By what the user typed: a process id, "self", or the path of a core file. Throws a Failure that
// says what to do.
std::unique_ptr<Source> source_open(const std::string &target);
std::unique_ptr<Source> source_of_process(int process_id);
std::unique_ptr<Source> source_of_core(const std::string &path);
std::unique_ptr<Source> source_of_self();

#endif
