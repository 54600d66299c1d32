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

pid_t launch_start(const std::string &path, const std::vector<std::string> &words,
                   const std::function<void()> &prepare) {
    fflush(nullptr);
    pid_t child = fork();
    if (child < 0) throw Failure(std::string("cannot start a process: ") + strerror(errno));
    if (child == 0) {
        prepare();
        become(path, words);
    }
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    return child;
}

int launch_wait(pid_t child) {
    int status = 0;
    running = child;
    signal(SIGTERM, hand_on);
    signal(SIGHUP, hand_on);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    running = 0;
    return launch_status(status);
}

int launch_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
