// SPDX-License-Identifier: MIT
// profile.cc - poolalloc profile: which lines of code hold a program's memory, by the sampler of
// the library.
#include <algorithm>
#include <climits>
#include <cstdlib>

#include "command.h"
#include "flame.h"
#include "folder.h"
#include "launch.h"
#include "library.h"
#include "live_profile.h"
#include "page.h"
#include "proc.h"
#include "profile_text.h"
#include "program.h"
#include "text.h"

namespace {

enum { FAILED = 125, FOLDER_LONGEST = 200 /* sample_file= takes 255 letters */ };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--output", "FILE",
         "FILE.html: a flame graph; FILE.pb.gz: for pprof; FILE.folded: stacks as lines", "-o"},
        {"--mean", "BYTES", "a sample every so many bytes, or all (64K)"},
        {"--pid", "PID", "of a live process"},
        {"--seconds", "N", "of it, what it does in so many seconds (10)"},
        {"--rows", "N", "lines of the table (15; 0: all)"},
        {"--sort", "FIGURE", "in-use, peak or allocated (in-use, or peak where little is in use)"},
        {"--json", nullptr, "the table as JSON, schema poolalloc.profile"},
        {"--8", nullptr, "libpoolalloc8.so, which aligns to 8 bytes"},
        {"--library", "FILE", "another libpoolalloc.so.0 than the installed one"},
    };
    return rules;
}

// ---- What is written ----

Figure order_of(const Options &given, const SampleProfile &profile) {
    std::string name = given.value("--sort");
    if (name.empty()) return profile_order(profile);
    if (name == "in-use") return IN_USE_BYTES;
    if (name == "peak") return PEAK_BYTES;
    if (name == "allocated") return ALLOCATED_BYTES;
    throw Failure("--sort needs in-use, peak or allocated, not " + name);
}

using Formatter = std::string (*)(const SampleProfile &, const ProfileView &);

Formatter formatter_of(const std::string &path) {
    if (ends_with(path, ".folded"))
        return [](const SampleProfile &profile, const ProfileView &view) {
            return profile_folded(profile, view.order);
        };
    if (ends_with(path, ".pb.gz"))
        return [](const SampleProfile &profile, const ProfileView &) {
            return profile_compressed(profile);
        };
    if (ends_with(path, ".html")) return flame_html;
    throw Failure("--output needs a name that ends in .html, .pb.gz or .folded, not " + path);
}

std::vector<std::string> outputs_of(const Options &given) {
    std::vector<std::string> paths;
    for (const auto &[name, value] : given.all())
        if (name == "--output") paths.push_back(value);
    return paths;
}

// Before anything is run: what is wrong with the options would be known too late.
void check_options(const Options &given) {
    order_of(given, {});
    given.number("--rows", 15, 0, 1e6);
    for (const std::string &path : outputs_of(given)) formatter_of(path);
}

void write_outputs(const Options &given, const SampleProfile &profile, ProfileView view) {
    view.order = order_of(given, profile);
    view.rows = (unsigned)given.number("--rows", 15, 0, 1e6);
    std::vector<std::string> paths = outputs_of(given);
    for (const std::string &path : paths) page_write(path, formatter_of(path)(profile, view));
    if (given.has("--json"))
        fputs(profile_json(profile, view).c_str(), stdout);
    else if (paths.empty())
        fputs(profile_table(profile, view).c_str(), stdout);
}

// ---- A program that is run ----

struct Ended {
    pid_t process_id;
    int status;
};

std::string whole_path(const std::string &path) {
    char whole[PATH_MAX];
    return realpath(path.c_str(), whole) != nullptr ? whole : path;
}

// The profile of the process that held most, as a shell's child may be the one
// that counts.
SampleProfile choose_profile(const TemporaryFolder &folder, const Program &program,
                             const Ended &ended, ProfileView *view) {
    SampleProfile best;
    std::string own = std::to_string(ended.process_id), chosen;
    size_t count = 0;
    for (const std::string &name : folder.names()) {
        std::string id = name.substr(0, name.find('.')), path = folder.path() + "/" + name;
        if (!profile_is_whole(path)) continue;
        SampleProfile profile = profile_read(
            path, {"", id == own ? whole_path(program.runs) : "", "/tmp/perf-" + id + ".map"});
        int64_t more = profile.totals()[PEAK_BYTES] - best.totals()[PEAK_BYTES];
        count++;
        if (count > 1 && (more < 0 || (more == 0 && id != own))) continue;
        best = profile;
        chosen = id;
    }
    if (count == 0)
        throw Failure(
            ended.status > 128
                ? "the program left no profile: it was killed (SIGTERM would let it write one)"
                : "the program left no profile: it ended by _exit, or without the library");
    view->title += ", process " + chosen;
    if (count > 1)
        view->notes.push_back(plural(count, "process", "processes") +
                              " were sampled; this is the one that held most");
    if (chosen != own) view->notes.emplace_back("it is one that the command started");
    return best;
}

int profile_command(const Options &given) {
    Program program = program_find(given.rest[0]);
    for (const Reason &reason : program.reasons)
        throw Failure("nothing can be sampled: " + reason.what);
    TemporaryFolder folder(FOLDER_LONGEST);
    std::string mean = given.value("--mean", "64K");
    library_into_environment(given.has("--library") ? given.value("--library")
                                                    : library_path(given.has("--8")),
                             {"sample=" + mean, "sample_file=" + folder.path() + "/%p.pb"});
    pid_t child = launch_start(program.path, given.rest, [] {});
    Ended ended = {child, launch_wait(child)};
    ProfileView view;
    view.title = shell_text(given.rest);
    try {
        SampleProfile profile = choose_profile(folder, program, ended, &view);
        write_outputs(given, profile, view);
    } catch (const Failure &failure) {
        if (ended.status == 0) throw;
        fprintf(stderr, "poolalloc: %s\n", failure.what());
    }
    return ended.status;
}

// ---- Two profiles ----

// Options may stand behind the word, too.
Options options_around(const Options &given) {
    std::vector<std::string> words;
    for (const auto &[name, value] : given.all())
        words.push_back(name + (name == "--json" || name == "--8" ? "" : "=" + value));
    words.insert(words.end(), given.rest.begin() + 1, given.rest.end());
    return Options(words, options());
}

int profile_diff(const Options &given) {
    check_options(given);
    if (given.rest.size() != 2)
        throw Failure("profile diff needs two files: poolalloc profile diff A.pb.gz B.pb.gz");
    const std::string &before = given.rest[0], &after = given.rest[1];
    ProfileView view;
    view.title = after + " less " + before;
    view.is_difference = true;
    write_outputs(given, profile_difference(profile_read(before), profile_read(after)), view);
    return STATUS_OK;
}

// ---- A live process ----

int profile_process(const Options &given) {
    check_options(given);
    if (!given.rest.empty()) throw Failure("profile takes --pid or a command, not both");
    if (given.has("--mean"))
        throw Failure("--mean is for a command: a live process is sampled as its options say, by "
                      "512K if they don't");
    ProfileView view;
    auto id = (int)given.number("--pid", 0, 1, INT_MAX);
    SampleProfile profile = live_profile(id, given.number("--seconds", 10, 0, 1e6), &view);
    write_outputs(given, profile, view);
    return STATUS_OK;
}

// ---- ----

int run(const Options &given) {
    if (!given.has_dashes && !given.rest.empty() && given.rest[0] == "diff")
        return profile_diff(options_around(given));
    if (given.has("--pid")) return profile_process(given);
    try {
        check_options(given);
        if (given.has("--seconds")) throw Failure("--seconds is for --pid");
        if (given.rest.empty()) throw Failure("profile needs a command: poolalloc profile -- CMD");
        return profile_command(given);
    } catch (const Failure &failure) {
        throw Failure(failure.what(), failure.status > 2 ? failure.status : FAILED);
    }
}

} // namespace

const Command command_profile = {
    "profile",
    "[OPTION...] [--] CMD [ARGUMENT...] | --pid PID | diff A B",
    "which lines of code hold the memory",
    "Runs CMD on the library, which notes the stack of a block every so many bytes, and shows the\n"
    "lines of code that hold most when it ends, held most when most was in use, and allocated\n"
    "most. Functions of allocators, libc and the C++ library, and wrappers as xmalloc, are passed\n"
    "over: what counts is who called them. Debug information (-g) gives lines and inlined "
    "functions.\n"
    "--pid does so with a live process: what it allocates in some seconds, and what lived before "
    "as\n"
    "one sum; it goes on meanwhile.\n"
    "diff shows what the profile in file B has more than that in A, both from -o FILE.pb.gz or of\n"
    "the library; a command of this name stands behind \"--\".\n\n"
    "Exit status: that of CMD; 125: this command failed; 126, 127: CMD cannot be run, is not\n"
    "there. Of diff and --pid: 0; 1: the process does not run on the library; 2: it could not\n"
    "be done.",
    options,
    run};
