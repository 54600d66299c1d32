// SPDX-License-Identifier: MIT
// main.cc - poolalloc COMMAND: the table of commands, help, and how errors look.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "command.h"
#include "poolalloc.h"
#include "text.h"

static const Command *const commands[] = {
    &command_run, &command_check,  &command_compare, &command_stat,    &command_explain,
    &command_map, &command_record, &command_replay,  &command_profile, &command_leaks};

static void print_commands(FILE *to) {
    fprintf(to, "usage: poolalloc COMMAND [OPTION...] ...\n\n");
    for (const Command *command : commands)
        fprintf(to, "  %-10s%s\n", command->name, command->brief);
    fprintf(to, "\npoolalloc COMMAND --help tells more, and so does man poolalloc.\n"
                "poolalloc --version prints the version.\n");
}

static void print_help(const Command &command) {
    printf("usage: poolalloc %s %s\n\n%s.\n\n%s\n\nOptions:\n%s", command.name, command.usage,
           command.brief, command.help, options_help(command.options()).c_str());
}

static const Command &command_of(const std::string &name) {
    std::vector<std::string> names;
    for (const Command *command : commands) {
        if (name == command->name) return *command;
        names.emplace_back(command->name);
    }
    std::string nearest = nearest_word(name, names);
    throw Failure("unknown command " + name +
                  (nearest.empty() ? "" : ": did you mean " + nearest + "?") +
                  " (poolalloc --help lists them)");
}

// --help counts in front of "--" and of a command to run only.
static bool asks_for_help(const std::vector<std::string> &arguments) {
    for (const std::string &argument : arguments) {
        if (argument == "--" || argument.empty() || argument[0] != '-') return false;
        if (argument == "--help" || argument == "-h") return true;
    }
    return false;
}

static int start(int count, char **words) {
    std::vector<std::string> arguments(words + std::min(count, 2), words + count);
    std::string name = count > 1 ? words[1] : "";
    if (name.empty() || name == "--help" || name == "-h" || name == "help") {
        print_commands(name.empty() ? stderr : stdout);
        return name.empty() ? STATUS_ERROR : STATUS_OK;
    }
    if (name == "--version") {
        printf("poolalloc %s\n", POOLALLOC_VERSION_STRING);
        return STATUS_OK;
    }
    const Command &command = command_of(name);
    if (!asks_for_help(arguments)) return command.run(Options(arguments, command.options()));
    print_help(command);
    return STATUS_OK;
}

std::string target_of(const Options &options) {
    if (options.rest.size() == 1) return options.rest[0];
    throw Failure(options.rest.empty()
                      ? "this needs a process id or a core file"
                      : "one process id or core file at a time; options come first");
}

int main(int count, char **words) {
    signal(SIGPIPE, SIG_DFL); // as in `poolalloc stat PID | head`
    try {
        int status = start(count, words);
        if (fflush(stdout) != 0 || ferror(stdout))
            throw Failure(std::string("cannot write the output: ") + strerror(errno));
        return status;
    } catch (const Failure &failure) {
        fflush(stdout);
        fprintf(stderr, "poolalloc: %s\n", failure.what());
        return failure.status;
    } catch (const std::exception &error) {
        fprintf(stderr, "poolalloc: %s\n", error.what());
        return STATUS_ERROR;
    }
}
