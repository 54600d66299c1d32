// SPDX-License-Identifier: MIT
// folder.h - a folder for what processes that a command runs leave for it.
#ifndef POOLALLOC_TOOL_FOLDER_H
#define POOLALLOC_TOOL_FOLDER_H

#include <string>
#include <vector>

// In TMPDIR, or in /tmp where the path would be longer than `longest` or have letters that mean
// something in the library's options. Goes, with the files in it, at the end of the scope.
class TemporaryFolder {
  public:
    explicit TemporaryFolder(size_t longest);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    const std::string &path() const { return path_; }
    std::vector<std::string> names() const; // of the files, sorted

  private:
    std::string path_;
};

#endif
