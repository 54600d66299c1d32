// SPDX-License-Identifier: MIT
// leaks.cc - poolalloc leaks: runs a program, and says which blocks it has not freed at its end.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "freeze.h"
#include "launch.h"
#include "leak_report.h"
#include "library.h"
#include "page.h"
#include "program.h"

namespace {

enum { FAILED = 125, LEAKS = 23 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--suppressions", "FILE", "leaks not to speak of: lines leak:PATTERN, as LeakSanitizer's",
         "-s"},
        {"--exitcode", "STATUS", "the exit status if there are leaks (23); 0: that of CMD"},
        {"--reachable", nullptr, "also the stacks of what is still reachable"},
        {"--suppressed", nullptr, "also the stacks of what is suppressed"},
        {"--most", "N", "so many stacks of each kind, the largest first (20; all: 0)"},
        {"--no-inherit", nullptr, "CMD alone, not what it starts"},
        {"--8", nullptr, "with libpoolalloc8.so, which aligns to 8 bytes"},
        {"--library", "FILE", "with another libpoolalloc.so.0 than the installed one"},
        {"--output", "FILE", "where the report goes (text: standard error, JSON: standard output)",
         "-o"},
        {"--json", nullptr, "as JSON, schema poolalloc.leaks"},
    };
    return rules;
}

void prepare_environment(const Options &given, const std::string &socket) {
    std::vector<std::string> settings = {"leaks=" + socket};
    if (given.has("--no-inherit")) settings.emplace_back("inherit=off");
    library_into_environment(given.has("--library") ? given.value("--library")
                                                    : library_path(given.has("--8")),
                             settings);
}

LeakView view_of(const Options &given) {
    LeakView view;
    view.reachable = given.has("--reachable");
    view.suppressed = given.has("--suppressed");
    view.most = (size_t)given.number("--most", 20, 0, 1e9);
    return view;
}

// The program, and the copies that it and its children leave behind. These become children of this
// command, so that their memory may be read wherever that of a descendant may.
class Run {
  public:
    Run(const Options &given, const Program &program);
    ~Run() { close(signals_); }
    Run(const Run &) = delete;
    Run &operator=(const Run &) = delete;
    void watch();
    int status() const { return launch_status(wait_); }
    int report();

  private:
    void take_all();
    void reap();
    std::string why_not_seen() const;

    const Options &given_;
    Freezer freezer_;
    std::vector<Suppression> suppressions_;
    std::vector<LeakReport> reports_;
    std::vector<std::string> failures_;
    pid_t child_ = 0;
    int signals_ = -1, wait_ = 0;
    bool ended_ = false, seen_ = false;
};

Run::Run(const Options &given, const Program &program)
    : given_(given), suppressions_(suppressions_read(given.value("--suppressions"))) {
    sigset_t set, before;
    sigemptyset(&set);
    for (int number : {SIGCHLD, SIGTERM, SIGHUP}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, &before);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prepare_environment(given, freezer_.path());
    child_ =
        launch_start(program.path, given.rest, [&] { sigprocmask(SIG_SETMASK, &before, nullptr); });
}

void Run::take_all() {
    for (;;) {
        try {
            auto frozen = freezer_.take(given_.has("--no-inherit") ? child_ : 0);
            if (!frozen) return;
            seen_ |= frozen->process == child_;
            reports_.push_back(leak_report(*frozen, &suppressions_));
        } catch (const Failure &failure) {
            failures_.emplace_back(failure.what());
        }
    }
}

void Run::reap() {
    struct signalfd_siginfo info;
    while (::read(signals_, &info, sizeof info) > 0)
        if (info.ssi_signo != SIGCHLD) kill(child_, (int)info.ssi_signo); // who ends us ends it
    int status;
    for (pid_t id; (id = waitpid(-1, &status, WNOHANG)) > 0;)
        if (id == child_ && !WIFSTOPPED(status)) {
            ended_ = true;
            wait_ = status;
        }
}

void Run::watch() {
    while (!ended_) {
        struct pollfd wanted[] = {{freezer_.descriptor(), POLLIN, 0}, {signals_, POLLIN, 0}};
        if (poll(wanted, 2, -1) < 0 && errno != EINTR)
            throw Failure(std::string("poll: ") + strerror(errno));
        take_all();
        reap();
    }
    take_all();
}

std::string Run::why_not_seen() const {
    std::string name = given_.rest[0];
    if (WIFSIGNALED(wait_))
        return name + " was ended by signal " + std::to_string(WTERMSIG(wait_)) + " (" +
               strsignal(WTERMSIG(wait_)) + "): what it had not freed is not known";
    return name + " ended with status " + std::to_string(WEXITSTATUS(wait_)) +
           " and could not be looked at: it ended by _exit and not by exit(3), it runs as another "
           "user or in another root, or another malloc serves it; what it had not freed is not "
           "known";
}

int Run::report() {
    bool leaks = false;
    for (const LeakReport &one : reports_) leaks |= one.lost.blocks > 0;
    bool has_failed = !failures_.empty();
    if (!seen_) failures_.push_back(why_not_seen());
    std::string text = given_.has("--json") ? leak_json(given_.rest, status(), reports_, failures_)
                                            : leak_text(reports_, view_of(given_));
    if (given_.has("--json") || given_.has("--output"))
        page_write(given_.value("--output", "-"), text);
    else
        fputs(text.c_str(), stderr);
    for (const std::string &failure : failures_)
        fprintf(stderr, "poolalloc: %s\n", failure.c_str());
    int code = (int)given_.number("--exitcode", LEAKS, 0, 255);
    if (leaks && code != 0) return code;
    return has_failed || (reports_.empty() && WIFEXITED(wait_)) ? FAILED : status();
}

int run(const Options &given) {
    if (given.rest.empty()) throw Failure("leaks needs a command: poolalloc leaks -- CMD", FAILED);
    Program program = program_find(given.rest[0]);
    for (const Reason &reason : program.reasons)
        throw Failure("its leaks cannot be found: " + reason.what, FAILED);
    try {
        given.number("--exitcode", LEAKS, 0, 255); // what is wrong would be known too late
        view_of(given);
        Run run(given, program);
        run.watch();
        return run.report();
    } catch (const Failure &failure) {
        throw Failure(failure.what(), FAILED);
    }
}

} // namespace

const Command command_leaks = {
    "leaks",
    "[OPTION...] [--] CMD [ARGUMENT...]",
    "what a program has not freed at its end, and who asked for it",
    "Runs CMD on the library, which keeps the stack of each block. When the process calls exit, a\n"
    "frozen copy of it is searched for what leads to its blocks, while it goes on to end. Blocks\n"
    "that nothing leads to are lost, and so is what only they lead to. The same for each process\n"
    "that CMD starts. What only a register of another thread leads to is told apart.\n\n"
    "Exit status: that of CMD; 23, or that of --exitcode: there are leaks; 125: this command "
    "failed,\n"
    "or CMD ended otherwise than by exit(3); 126, 127: CMD cannot be run, is not there.",
    options,
    run};
