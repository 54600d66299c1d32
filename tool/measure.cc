// SPDX-License-Identifier: MIT
#include "measure.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"
#include "library.h"
#include "proc.h"

namespace {

// In the child: waits until the parent is ready, and becomes the program.
[[noreturn]] void become(const std::string &program, const std::vector<std::string> &words,
                         const Allocator &allocator, bool shows, int start) {
    std::vector<char *> arguments;
    for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    const char *variable = getenv("LD_PRELOAD");
    std::string before = variable != nullptr ? variable : "";
    std::string list = library_preload(allocator.path, before);
    if (allocator.path.empty() && !list.empty()) list.erase(0, 1); // the separator
    if (list.empty())
        unsetenv("LD_PRELOAD");
    else
        setenv("LD_PRELOAD", list.c_str(), 1);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    if (!shows) {
        dup2(nothing, 1);
        dup2(nothing, 2);
    }
    if (nothing > 2) close(nothing);
    char byte;
    while (read(start, &byte, 1) < 0 && errno == EINTR) continue;
    close(start);
    execv(program.c_str(), arguments.data());
    _exit(errno == ENOENT ? 127 : 126);
}

std::optional<double> resident(pid_t process) {
    auto bytes = kilobytes_in(
        file_text("/proc/" + std::to_string(process) + "/status").value_or(""), "VmRSS");
    if (!bytes) return std::nullopt;
    return (double)*bytes;
}

// Waits for the end. A traced process stops once, when it is about to end with its memory still
// there, and for signals, which it then gets.
int wait_for_end(pid_t process, Run *run, struct rusage *usage) {
    for (;;) {
        int status = 0;
        if (wait4(process, &status, __WALL, usage) < 0) {
            if (errno == EINTR) continue;
            throw Failure("the program was lost: " + std::string(strerror(errno)));
        }
        if (!WIFSTOPPED(status)) return status;
        int event = status >> 16, signal = WSTOPSIG(status);
        if (event == PTRACE_EVENT_EXIT) run->final = resident(process);
        if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
            ptrace(PTRACE_LISTEN, process, nullptr, nullptr);
        else
            ptrace(PTRACE_CONT, process, nullptr, (void *)(long)(event == 0 ? signal : 0));
    }
}

double seconds_of(const struct timeval &time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

} // namespace

Run measure_run(const std::string &program, const std::vector<std::string> &words,
                const Allocator &allocator, bool shows) {
    Run run;
    int ends[2];
    struct rusage usage = {};
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw Failure(std::string("cannot make a pipe: ") + strerror(errno));
    pid_t child = fork();
    if (child < 0) throw Failure(std::string("cannot start a process: ") + strerror(errno));
    if (child == 0) {
        close(ends[1]);
        become(program, words, allocator, shows, ends[0]);
    }
    close(ends[0]);
    // Where tracing is not allowed, only the final memory stays unknown.
    ptrace(PTRACE_SEIZE, child, nullptr, (void *)(long)PTRACE_O_TRACEEXIT);
    auto begin = std::chrono::steady_clock::now();
    close(ends[1]);
    int status = wait_for_end(child, &run, &usage);
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    run.processor = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    run.peak = (double)usage.ru_maxrss * 1024;
    run.faults = (double)(usage.ru_minflt + usage.ru_majflt);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return run;
}

// "	libjemalloc.so.2 (libc6,x86-64) => /lib/x86_64-linux-gnu/libjemalloc.so.2".
static std::string linker_cache() {
    FILE *pipe = popen("PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null", "r");
    std::string text;
    char buffer[4096];
    size_t got;
    while (pipe != nullptr && (got = fread(buffer, 1, sizeof buffer, pipe)) > 0)
        text.append(buffer, got);
    if (pipe != nullptr) pclose(pipe);
    return text;
}

static std::string installed(const std::string &cache, const std::string &name) {
    for (const std::string &line : lines_of(cache)) {
        size_t start = line.find_first_not_of(" \t"), arrow = line.find(" => ");
        if (start == std::string::npos || arrow == std::string::npos) continue;
        if (line.compare(start, name.size(), name) == 0 && line.find("64") != std::string::npos)
            return line.substr(arrow + 4);
    }
    return "";
}

std::vector<Allocator> allocators_installed() {
    std::vector<Allocator> allocators = {{"libc", ""}, {"poolalloc", library_path(false)}};
    std::string cache = linker_cache();
    for (auto [name, file] : {std::pair<const char *, const char *>{"jemalloc", "libjemalloc.so."},
                              {"mimalloc", "libmimalloc.so."},
                              {"tcmalloc", "libtcmalloc_minimal.so."},
                              {"tcmalloc", "libtcmalloc.so."},
                              {"snmalloc", "libsnmallocshim.so"},
                              {"rpmalloc", "librpmalloc"}}) {
        std::string path = installed(cache, file);
        if (!path.empty() && allocators.back().name != name) allocators.push_back({name, path});
    }
    return allocators;
}

double load_average() {
    double load[1];
    return getloadavg(load, 1) == 1 ? load[0] : 0;
}
