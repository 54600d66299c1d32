// SPDX-License-Identifier: MIT
// record.cc - poolalloc record: writes down which blocks a program allocates and frees, as a
// compact file for poolalloc replay.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "launch.h"
#include "library.h"
#include "page.h"
#include "pattern.h"
#include "program.h"
#include "text.h"

namespace {

enum { FAILED = 125 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--output", "FILE", "where the pattern goes (poolalloc.pattern)", "-o"},
    };
    return rules;
}

// The raw file, which goes at the end of the scope.
class RawFile {
  public:
    explicit RawFile(const std::string &beside) : path_(beside + ".XXXXXX") {
        file_ = mkostemp(&path_[0], O_CLOEXEC);
        if (file_ < 0)
            throw Failure("cannot write beside " + beside + ": " + strerror(errno), FAILED);
        char whole[4096];
        if (realpath(path_.c_str(), whole) != nullptr) path_ = whole;
    }
    ~RawFile() {
        unlink(path_.c_str());
        close(file_);
    }
    RawFile(const RawFile &) = delete;
    RawFile &operator=(const RawFile &) = delete;
    const std::string &path() const { return path_; }

    std::vector<struct event> events() const {
        std::vector<struct event> events;
        struct stat status;
        if (fstat(file_, &status) != 0 || status.st_size == 0) return events;
        auto size = (size_t)status.st_size;
        void *memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file_, 0);
        if (memory == MAP_FAILED) throw Failure("cannot read what was recorded", FAILED);
        const auto *rows = (const struct event *)memory;
        for (size_t i = 0; i < size / sizeof *rows; i++)
            if (rows[i].number != 0) events.push_back(rows[i]);
        munmap(memory, size);
        return events;
    }

  private:
    std::string path_;
    int file_;
};

int run_recorded(const Program &program, const Options &given, const std::string &raw) {
    const char *variable = getenv("LD_PRELOAD");
    std::string preload =
        library_recorder() + (variable != nullptr ? std::string(":") + variable : "");
    return launch_wait(launch_start(program.path, given.rest, [&] {
        setenv("LD_PRELOAD", preload.c_str(), 1);
        setenv(RECORD_VARIABLE, raw.c_str(), 1);
    }));
}

int record(const Options &given) {
    if (given.rest.empty()) throw Failure("record needs a command: poolalloc record -- CMD");
    Program program = program_find(given.rest[0]);
    for (const Reason &reason : program.reasons)
        throw Failure("nothing can be recorded: " + reason.what);
    std::string output = given.value("--output", "poolalloc.pattern");
    RawFile raw(output);
    int status = run_recorded(program, given, raw.path());
    std::vector<struct event> events = raw.events();
    if (events.empty()) throw Failure("the program made no call that could be recorded");
    size_t count = events.size();
    std::string pattern = pattern_of(std::move(events));
    page_write(output, pattern);
    fprintf(stderr, "poolalloc: %s of malloc's family in %s (%s); poolalloc replay %s\n",
            plural(count, "call").c_str(), output.c_str(),
            size_text((double)pattern.size()).c_str(), output.c_str());
    return status;
}

int run(const Options &given) {
    try {
        return record(given);
    } catch (const Failure &failure) {
        throw Failure(failure.what(), failure.status > STATUS_ERROR ? failure.status : FAILED);
    }
}

} // namespace

const Command command_record = {
    "record",
    "[OPTION...] [--] CMD [ARGUMENT...]",
    "write down a program's pattern of allocations",
    "Runs CMD on libc's malloc and notes each call of malloc's family: sizes, threads, order, and\n"
    "what is freed when; no contents, no addresses. What CMD starts or forks is not recorded.\n"
    "poolalloc replay does the same calls, under any allocator:\n"
    "  poolalloc compare -- poolalloc replay FILE\n\n"
    "Exit status: that of CMD; 125: this command failed; 126, 127: CMD cannot be run, is not "
    "there.",
    options,
    run};
