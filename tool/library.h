// SPDX-License-Identifier: MIT
// library.h - the library that belongs to this program, and how it gets into others.
#ifndef POOLALLOC_TOOL_LIBRARY_H
#define POOLALLOC_TOOL_LIBRARY_H

#include <string>
#include <vector>

// The absolute path of libpoolalloc.so.0, or libpoolalloc8.so.0, the names that are there without
// the files for development: beside this program in a build folder, in the lib folder beside this
// program's bin, or where it was installed. Throws a Failure.
std::string library_path(bool aligns_to_8);
// The library that `poolalloc record` preloads, found in the same way.
std::string library_recorder();
// LD_PRELOAD with the library in front of what it was, without another of ours.
std::string library_preload(const std::string &library, const std::string &before);
// POOLALLOC_OPTIONS with more behind it.
std::string library_options(const std::string &before, const std::vector<std::string> &more);
// What is started from here gets the library, by an absolute path, and these options.
void library_into_environment(const std::string &library, const std::vector<std::string> &settings);

#endif
