// SPDX-License-Identifier: MIT
// proc.h - small files of the system, and what they say.
#ifndef POOLALLOC_TOOL_PROC_H
#define POOLALLOC_TOOL_PROC_H

#include <optional>
#include <string>
#include <vector>

#include "mapping.h"

// The whole of a file; nothing if it cannot be read.
std::optional<std::string> file_text(const std::string &path);
std::vector<std::string> lines_of(const std::string &text);
// Where a symbolic link leads; empty if it is none.
std::string link_target(const std::string &path);
std::string base_name(const std::string &path);
bool starts_with(const std::string &text, const std::string &start);
bool is_number(const std::string &text);

// What /proc/PID/status says behind "NAME:"; empty: nothing.
std::string status_row(int process_id, const std::string &name);
// The number that the process itself knows, behind the last blank: it may live in a namespace.
std::string own_number(int process_id);
// Where a process that makes code leaves the names of its functions for perf.
std::string perf_map(int process_id);

// The text of /proc/PID/smaps or maps.
Mappings mappings_parse(const std::string &text);
// The bytes behind a "Name:   12 kB" of a file like /proc/PID/smaps_rollup or status.
std::optional<uint64_t> kilobytes_in(const std::string &text, const std::string &name);

#endif
