// SPDX-License-Identifier: MIT
#include "launch.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"

static volatile pid_t running;

static void hand_on(int number) {
    int saved_errno = errno;
    if (running > 0) kill(running, number);
    errno = saved_errno;
}

[[noreturn]] static void become(const std::string &path, const std::vector<std::string> &words) {
    std::vector<char *> all;
    for (const std::string &word : words) all.push_back(const_cast<char *>(word.c_str()));
    all.push_back(nullptr);
    execv(path.c_str(), all.data());
    int error = errno;
    fprintf(stderr, "poolalloc: %s: %s\n", words[0].c_str(), strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

// The program may be at work, and somebody end this command, before fork returns here.
static sigset_t block_ends() {
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &before);
    return before;
}

static void take_signals(pid_t child) {
    running = child;
    signal(SIGTERM, hand_on);
    signal(SIGHUP, hand_on);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
}

pid_t launch_start(const std::string &path, const std::vector<std::string> &words,
                   const std::function<void()> &prepare) {
    fflush(nullptr);
    sigset_t before = block_ends();
    pid_t child = fork();
    int error = errno;
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, nullptr);
        prepare();
        become(path, words);
    }
    if (child > 0) take_signals(child);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (child < 0) throw Failure(std::string("cannot start a process: ") + strerror(error));
    return child;
}

int launch_wait(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    running = 0;
    return launch_status(status);
}

int launch_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
