// SPDX-License-Identifier: MIT
// failure.h - what ends a command: one line for the user, and the exit status.
#ifndef POOLALLOC_TOOL_FAILURE_H
#define POOLALLOC_TOOL_FAILURE_H

#include <stdexcept>
#include <string>

// Exit statuses of all commands, but for those that hand on the status of the program they run.
enum Status {
    STATUS_OK = 0,
    STATUS_NO = 1,    // the answer is no: not active, or no allocator of ours in the process
    STATUS_ERROR = 2, // wrong use, or what was asked for could not be read
};

class Failure : public std::runtime_error {
  public:
    explicit Failure(const std::string &text, int exit_status = STATUS_ERROR)
        : std::runtime_error(text), status(exit_status) {}
    const int status;
};

#endif
