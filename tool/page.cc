// SPDX-License-Identifier: MIT
#include "page.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "failure.h"
#include "text.h"

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;"
    "color:#222;background:#fff}\n"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}\n"
    "table{border-collapse:collapse;margin:.5em 0}th,td{padding:.2em .8em;text-align:right;"
    "border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}\n"
    "td.text,th.text{text-align:left}.note{color:#666}.better{color:#0a7a3f}.worse{color:#b3261e}\n"
    "svg{max-width:100%;height:auto}code{background:#f2f2f2;padding:.1em .3em}\n";

std::string page_html(const std::string &title, const std::string &body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
           html_text(title) + "</title>\n<style>\n" + style + "</style>\n</head>\n<body>\n<h1>" +
           html_text(title) + "</h1>\n" + body + "</body>\n</html>\n";
}

void page_write(const std::string &path, const std::string &text) {
    FILE *file = path == "-" ? stdout : fopen(path.c_str(), "w");
    bool done = file != nullptr && fwrite(text.data(), 1, text.size(), file) == text.size() &&
                fflush(file) == 0;
    int error = done ? 0 : errno;
    if (file != nullptr && file != stdout && fclose(file) != 0 && error == 0) error = errno;
    if (error != 0) throw Failure("cannot write " + path + ": " + strerror(error));
}
