// SPDX-License-Identifier: MIT
#include "proc.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

std::optional<std::string> file_text(const std::string &path) {
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string text;
    char buffer[65536];
    ssize_t got;
    while ((got = read(file, buffer, sizeof buffer)) > 0) text.append(buffer, (size_t)got);
    close(file);
    if (got < 0 && text.empty()) return std::nullopt;
    return text;
}

std::vector<std::string> lines_of(const std::string &text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::string link_target(const std::string &path) {
    char buffer[4096];
    ssize_t length = readlink(path.c_str(), buffer, sizeof buffer);
    return length < 0 ? std::string() : std::string(buffer, (size_t)length);
}

std::string base_name(const std::string &path) { return path.substr(path.rfind('/') + 1); }

bool starts_with(const std::string &text, const std::string &start) {
    return text.compare(0, start.size(), start) == 0;
}

bool is_number(const std::string &text) {
    return !text.empty() && text.size() < 10 &&
           text.find_first_not_of("0123456789") == std::string::npos;
}

// "start-end perms offset dev inode   path", the first line of each mapping.
static bool parse_head(const std::string &line, Mapping *mapping) {
    unsigned long start, end, offset;
    char permissions[5];
    int path_at = 0;
    if (sscanf(line.c_str(), "%lx-%lx %4s %lx %*s %*s %n", &start, &end, permissions, &offset,
               &path_at) != 4)
        return false;
    mapping->start = start;
    mapping->end = end;
    mapping->offset = offset;
    mapping->readable = permissions[0] == 'r';
    mapping->writable = permissions[1] == 'w';
    mapping->shared = permissions[3] == 's';
    mapping->path = path_at > 0 ? line.substr((size_t)path_at) : std::string();
    return true;
}

static void parse_detail(const std::string &line, Mapping *mapping) {
    struct {
        const char *name;
        uint64_t *bytes;
    } wanted[] = {{"Rss:", &mapping->resident},
                  {"Anonymous:", &mapping->anonymous},
                  {"AnonHugePages:", &mapping->huge},
                  {"Swap:", &mapping->swapped}};
    for (auto &want : wanted)
        if (starts_with(line, want.name))
            *want.bytes =
                strtoull(line.c_str() + std::string(want.name).size(), nullptr, 10) * 1024;
}

Mappings mappings_parse(const std::string &text) {
    Mappings mappings;
    for (const std::string &line : lines_of(text)) {
        Mapping mapping;
        size_t word = line.find_first_of(" :");
        bool is_head = word != std::string::npos && line[word] == ' ';
        if (is_head && parse_head(line, &mapping))
            mappings.push_back(mapping);
        else if (!mappings.empty())
            parse_detail(line, &mappings.back());
    }
    return mappings;
}

std::optional<uint64_t> kilobytes_in(const std::string &text, const std::string &name) {
    for (const std::string &line : lines_of(text))
        if (starts_with(line, name + ":"))
            return strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
    return std::nullopt;
}

std::string status_row(int process_id, const std::string &name) {
    std::string status = file_text("/proc/" + std::to_string(process_id) + "/status").value_or("");
    for (const std::string &line : lines_of(status))
        if (starts_with(line, name + ":")) return line.substr(name.size() + 1);
    return "";
}

std::string own_number(int process_id) {
    std::string row = status_row(process_id, "NSpid");
    size_t blank = row.find_last_of(" \t");
    return blank == std::string::npos ? std::to_string(process_id) : row.substr(blank + 1);
}

std::string perf_map(int process_id) { return "/tmp/perf-" + own_number(process_id) + ".map"; }
