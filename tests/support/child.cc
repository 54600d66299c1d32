// SPDX-License-Identifier: MIT
#include "child.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(const std::vector<std::string> &command,
                         const std::vector<std::string> &environment, int out, int err) {
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (const std::string &entry : environment) {
        size_t equals = entry.find('=');
        if (equals == std::string::npos)
            unsetenv(entry.c_str());
        else
            setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
    }
    std::vector<char *> arguments;
    for (const std::string &argument : command)
        arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

// Reads both pipes until both are closed; false when the time is over first.
bool drain(int out, int err, ChildResult *result, Clock::time_point end) {
    struct pollfd ends[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    std::string *texts[2] = {&result->out, &result->err};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0 || poll(ends, 2, static_cast<int>(left.count())) == 0) return false;
        for (int i = 0; i < 2; i++) {
            if (ends[i].fd < 0 || ends[i].revents == 0) continue;
            char buffer[4096];
            ssize_t count = read(ends[i].fd, buffer, sizeof buffer);
            if (count > 0)
                texts[i]->append(buffer, static_cast<size_t>(count));
            else
                ends[i].fd = -1;
        }
    }
    return true;
}

} // namespace

ChildResult run_child(const std::vector<std::string> &command,
                      const std::vector<std::string> &environment, int seconds) {
    ChildResult result;
    int out[2], err[2];
    if (pipe(out) != 0 || pipe(err) != 0) {
        result.err = "pipe failed";
        result.status = 127;
        return result;
    }
    pid_t child = fork();
    if (child == 0) become(command, environment, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    result.timed_out = !drain(out[0], err[0], &result, Clock::now() + std::chrono::seconds(seconds));
    if (result.timed_out) kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    close(out[0]);
    close(err[0]);
    return result;
}
