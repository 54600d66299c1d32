// SPDX-License-Identifier: MIT
// run.cc - poolalloc run: a program on the library, and nothing between the user and it.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "command.h"
#include "library.h"
#include "program.h"

namespace {

enum { FAILED = 125 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--8", nullptr, "libpoolalloc8.so, which aligns to 8 bytes"},
        {"--no-inherit", nullptr, "this process alone: what it starts runs without the library"},
        {"--library", "FILE", "another libpoolalloc.so.0 than the installed one"},
        {"--*", "VALUE", "options of the library, as in poolalloc(7): --report=exit"},
    };
    return rules;
}

// --purge-delay=2s is purge_delay=2s.
std::vector<std::string> library_settings(const Options &given) {
    std::vector<std::string> settings;
    for (const auto &[name, value] : given.all()) {
        if (name == "--8" || name == "--no-inherit" || name == "--library") continue;
        std::string key = name.substr(2);
        for (char &letter : key)
            if (letter == '-') letter = '_';
        settings.push_back(key + "=" + value);
    }
    if (given.has("--no-inherit")) settings.emplace_back("inherit=off");
    return settings;
}

void prepare_environment(const Options &given) {
    library_into_environment(given.has("--library") ? given.value("--library")
                                                    : library_path(given.has("--8")),
                             library_settings(given));
}

int run(const Options &given) {
    if (given.rest.empty()) throw Failure("run needs a command: poolalloc run -- CMD", FAILED);
    Program program = program_find(given.rest[0]);
    try {
        prepare_environment(given);
    } catch (const Failure &failure) {
        throw Failure(failure.what(), FAILED);
    }
    for (const Reason &reason : program.reasons)
        fprintf(stderr, "poolalloc: it runs without the library: %s\n", reason.what.c_str());
    std::vector<char *> words;
    for (const std::string &word : given.rest) words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    execv(program.path.c_str(), words.data());
    throw Failure(given.rest[0] + ": " + strerror(errno), errno == ENOENT ? 127 : 126);
}

} // namespace

const Command command_run = {
    "run",
    "[OPTION...] [--] CMD [ARGUMENT...]",
    "run a program on the library",
    "Finds the installed library, puts it in front of LD_PRELOAD, whose other libraries stay, and\n"
    "becomes CMD. Programs that CMD starts get the library too, but with --no-inherit.\n"
    "Says so, in one line on standard error, where nothing can be preloaded into CMD.\n\n"
    "Exit status: that of CMD; 125: this command failed; 126: CMD cannot be run; 127: not found.",
    options,
    run};
