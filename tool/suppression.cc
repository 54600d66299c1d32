// SPDX-License-Identifier: MIT
#include "suppression.h"

#include "failure.h"
#include "proc.h"

// Blocks for thread-local storage and for threads that end by pthread_exit, to which the dynamic
// linker and libc keep pointers that are no plain addresses, or none.
static const char *const own[] = {"^__tls_get_addr$", "^_dl_allocate_tls*", "^_dl_tls_*",
                                  "^pthread_exit$",   "^__pthread_exit$",   "^_dl_deallocate_tls$"};

static std::string trimmed(const std::string &line) {
    size_t start = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
    return start == std::string::npos ? "" : line.substr(start, end - start + 1);
}

std::vector<Suppression> suppressions_read(const std::string &path) {
    std::vector<Suppression> suppressions;
    for (const char *pattern : own) suppressions.push_back({pattern});
    if (path.empty()) return suppressions;
    auto text = file_text(path);
    if (!text) throw Failure("cannot read the suppressions in " + path);
    unsigned number = 0;
    for (const std::string &whole : lines_of(*text)) {
        std::string line = trimmed(whole);
        number++;
        if (line.empty() || line[0] == '#') continue;
        if (!starts_with(line, "leak:") || line.size() == 5)
            throw Failure(path + ":" + std::to_string(number) + ": not leak:PATTERN but " + line);
        suppressions.push_back({line.substr(5)});
    }
    return suppressions;
}

// What is left of the pattern, from the place in the name on.
static bool matches_here(const char *pattern, const char *name) {
    for (; *pattern != '\0' && *pattern != '*'; pattern++, name++) {
        if (*pattern == '$' && pattern[1] == '\0') return *name == '\0';
        if (*pattern != *name) return false;
    }
    if (*pattern == '\0') return true;
    do
        if (matches_here(pattern + 1, name)) return true;
    while (*name++ != '\0');
    return false;
}

bool suppression_matches(const std::string &pattern, const std::string &name) {
    if (name.empty()) return false;
    if (pattern[0] == '^') return matches_here(pattern.c_str() + 1, name.c_str());
    for (size_t i = 0; i <= name.size(); i++)
        if (matches_here(pattern.c_str(), name.c_str() + i)) return true;
    return false;
}

Suppression *suppression_for(std::vector<Suppression> *suppressions,
                             const std::vector<Frame> &stack) {
    for (Suppression &suppression : *suppressions)
        for (const Frame &frame : stack)
            if (suppression_matches(suppression.pattern, frame.function) ||
                suppression_matches(suppression.pattern, frame.file) ||
                suppression_matches(suppression.pattern, frame.object))
                return &suppression;
    return nullptr;
}
