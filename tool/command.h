// SPDX-License-Identifier: MIT
// command.h - the commands of poolalloc(1). Each returns the exit status, or throws a Failure.
#ifndef POOLALLOC_TOOL_COMMAND_H
#define POOLALLOC_TOOL_COMMAND_H

#include <string>
#include <vector>

#include "failure.h"
#include "options.h"

struct Command {
    const char *name;
    const char *usage; // behind the name
    const char *brief; // one line, for the list of commands
    const char *help;  // paragraphs for its --help
    const std::vector<OptionRule> &(*options)();
    int (*run)(const Options &options);
};

extern const Command command_check, command_compare, command_explain, command_map, command_profile,
    command_record, command_replay, command_run, command_stat, command_leaks;

// The one PID or core file that a command reads.
std::string target_of(const Options &options);

#endif
