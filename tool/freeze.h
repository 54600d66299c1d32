// SPDX-License-Identifier: MIT
// freeze.h - takes frozen copies of processes that end, as src/os/frozen.h hands them over.
#ifndef POOLALLOC_TOOL_FREEZE_H
#define POOLALLOC_TOOL_FREEZE_H

#include <memory>
#include <string>

#include "folder.h"
#include "scan.h"

// A copy lives as long as this.
class Frozen {
  public:
    explicit Frozen(int connection) : connection_(connection) {}
    ~Frozen();
    Frozen(const Frozen &) = delete;
    Frozen &operator=(const Frozen &) = delete;

    int process = 0, copy = 0; // process ids
    std::string name;          // of the process
    double stall = 0;          // seconds that the thread which ended the process stood still
    double stopped = 0;        // and the other threads, while their registers were read
    unsigned other_threads = 0;
    ScanRoots roots;

  private:
    int connection_;
};

class Freezer {
  public:
    Freezer();
    ~Freezer();
    Freezer(const Freezer &) = delete;
    Freezer &operator=(const Freezer &) = delete;
    const std::string &path() const { return path_; } // for the library's option
    int descriptor() const { return listener_; }      // can be read from when a process is there
    // The next that is there, if it is of `only`, where that is not 0; nothing: there is none.
    // Throws a Failure where a process is there, but cannot be copied.
    std::unique_ptr<Frozen> take(int only);

  private:
    TemporaryFolder folder_;
    std::string path_;
    int listener_ = -1;
};

#endif
