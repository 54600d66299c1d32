// SPDX-License-Identifier: MIT
// page.h - HTML pages that need nothing but themselves: no network, no other file.
#ifndef POOLALLOC_TOOL_PAGE_H
#define POOLALLOC_TOOL_PAGE_H

#include <string>

// A whole page around its body.
std::string page_html(const std::string &title, const std::string &body);
// Writes a file, or standard output for "-"; throws a Failure.
void page_write(const std::string &path, const std::string &text);

#endif
