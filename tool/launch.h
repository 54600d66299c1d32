// SPDX-License-Identifier: MIT
// launch.h - a program that a command runs and waits for.
#ifndef POOLALLOC_TOOL_LAUNCH_H
#define POOLALLOC_TOOL_LAUNCH_H

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

// Starts the program at `path` with the words of its command line; `prepare` is called in the new
// process before. From then on signals of the terminal are for the program alone, and SIGTERM and
// SIGHUP are handed on: who ends the command means the program. Throws a Failure; where the
// program cannot be run, the child says so in one line and ends with 126 or 127.
pid_t launch_start(const std::string &path, const std::vector<std::string> &words,
                   const std::function<void()> &prepare);
// Waits for its end. Returns what launch_status says of it.
int launch_wait(pid_t child);
// The status of a shell for a status of waitpid: 128 and the number of the signal that ended it.
int launch_status(int status);

#endif
