// SPDX-License-Identifier: MIT
#include "live_profile.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"
#include "proc.h"
#include "text.h"

namespace {

enum { STEP_MS = 20, PATIENCE_MS = 5000 };

void pause_ms(unsigned ms) {
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, nullptr);
}

// What of the library in the process matters here.
struct Sampled {
    int signal = 0;
    uint64_t mean = 0; // 0: nothing is sampled now
    std::string path;  // of the profile, as seen from here
};

std::string profile_path(Source &source, std::string option) {
    if (option.empty()) option = "poolalloc.%p.pb";
    std::string number = own_number(source.process_id());
    for (size_t at; (at = option.find("%p")) != std::string::npos;) option.replace(at, 2, number);
    if (option[0] == '/') return source.file_path(option);
    return "/proc/" + std::to_string(source.process_id()) + "/cwd/" + option;
}

Sampled look(Source &source, const Layout &layout) {
    uint64_t options = layout["at options"], signal = 0;
    std::string path(layout["sample_path_size"], '\0');
    Sampled sampled;
    if (!source.read(options + layout["options.sample_signal"], &signal) ||
        !source.read(options + layout["options.sample_path"], &path[0], path.size()) ||
        !source.read(layout["at sample_mean_now"], &sampled.mean))
        throw Failure(source.title() + " cannot be read any more");
    sampled.signal = (int)signal;
    sampled.path = profile_path(source, path.c_str());
    return sampled;
}

// A signal that nobody takes would end the process.
bool takes_signal(int process_id, int signal) {
    uint64_t caught = strtoull(status_row(process_id, "SigCgt").c_str(), nullptr, 16);
    return signal >= 1 && signal <= 64 && (caught >> (signal - 1) & 1) != 0;
}

void check(const Source &source, const Sampled &sampled) {
    if (sampled.signal != 0 && !takes_signal(source.process_id(), sampled.signal))
        throw Failure(source.title() + " has no handler for its sample_signal any more: choose a "
                                       "signal that the program does not use");
    if (ends_with(sampled.path, ".folded"))
        throw Failure(source.title() + " writes folded stacks: start it with a sample_file= of "
                                       "another ending");
}

void send(const Source &source, int signal) {
    if (kill(source.process_id(), signal) != 0)
        throw Failure(source.title() + " cannot be sent the signal: " + strerror(errno));
}

// What the process sees to at the next occasion (struct allocate_wishes): the last word first asks
// it to look at the others, unless it looks at all of them anyway.
void wish(Source &source, const Layout &layout, const char *what, const char *name) {
    auto value = (uint32_t)layout[name];
    uint64_t any = layout["at wish_any"];
    uint32_t looks = 0;
    bool done = source.write(layout[std::string("at wish_") + what], value) &&
                source.read(any, &looks) && (looks != 0 || source.write(any, 1));
    if (!done)
        throw Failure(source.title() + " cannot be written to (" + strerror(errno) +
                      "): ask as root, or start it with POOLALLOC_OPTIONS=sample_signal=USR2 "
                      "(poolalloc run --sample-signal=USR2)");
}

void begin(Source &source, const Layout &layout, const Sampled &sampled) {
    if (sampled.signal != 0)
        send(source, sampled.signal);
    else
        wish(source, layout, "sampling", "SAMPLING_TO_BEGIN");
}

void ask_for_profile(Source &source, const Layout &layout, const Sampled &sampled) {
    if (sampled.signal != 0)
        send(source, sampled.signal);
    else
        wish(source, layout, "profile", "PROFILE_TO_WRITE");
}

// Tells one state of a file from another; empty: there is none.
std::string state_of(const std::string &path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) return "";
    return format("%llu %lld.%09ld %lld", (unsigned long long)status.st_ino,
                  (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                  (long long)status.st_size);
}

bool has_ended(int process_id) {
    std::string state = status_row(process_id, "State");
    return state.empty() || state.find('Z') != std::string::npos;
}

void await_profile(Source &source, const Sampled &sampled, const std::string &before) {
    for (unsigned waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        std::string now = state_of(sampled.path);
        if (!now.empty() && now != before && profile_is_whole(sampled.path)) return;
        if (has_ended(source.process_id()))
            throw Failure(source.title() + " has ended before its profile was written");
        pause_ms(STEP_MS);
    }
    throw Failure(source.title() + " has written no profile to " + sampled.path +
                  ": it may not write there, or has not called malloc for more memory since");
}

// Sampling begins with the next call of malloc that needs more than what is at hand.
bool await_beginning(Source &source, const Layout &layout, double seconds) {
    bool has_begun = false;
    for (auto left = (int)(seconds * 1000) + STEP_MS; left > 0; left -= STEP_MS) {
        pause_ms((unsigned)std::min(left, (int)STEP_MS));
        has_begun = has_begun || look(source, layout).mean != 0;
    }
    return has_begun;
}

} // namespace

SampleProfile live_profile(int process_id, double seconds, ProfileView *view) {
    std::unique_ptr<Source> source = source_of_process(process_id);
    Layout layout = layout_of(*source);
    Sampled sampled = look(*source, layout);
    check(*source, sampled);
    view->title = source->title();
    if (sampled.mean != 0)
        view->notes.emplace_back("it was being sampled before: what is here is more than that of " +
                                 format("%g seconds", seconds));
    else
        begin(*source, layout, sampled);
    if (!await_beginning(*source, layout, seconds))
        throw Failure(
            source->title() +
            " has not called malloc for more memory in this time: sampling begins when it "
            "does; ask again then, or give --seconds more");
    std::string before = state_of(sampled.path);
    ask_for_profile(*source, layout, sampled);
    await_profile(*source, sampled, before);
    bool ends = sampled.mean == 0 && sampled.signal == 0;
    if (ends) wish(*source, layout, "sampling", "SAMPLING_TO_END");
    std::string folder = "/proc/" + std::to_string(process_id) + "/";
    SampleProfile profile = profile_read(
        sampled.path, {folder + "root", folder + "exe", folder + "root" + perf_map(process_id)});
    if (before.empty()) unlink(sampled.path.c_str());
    if (sampled.mean == 0)
        view->notes.emplace_back(std::string("sampling has begun for this, and ") +
                                 (ends ? "has ended" : "stays on") +
                                 "; what lived before is one row, and may have been freed since");
    return profile;
}
