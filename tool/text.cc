// SPDX-License-Identifier: MIT
#include "text.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

std::string format(const char *pattern, ...) {
    va_list arguments, again;
    va_start(arguments, pattern);
    va_copy(again, arguments);
    std::string text((size_t)vsnprintf(nullptr, 0, pattern, arguments), '\0');
    vsnprintf(&text[0], text.size() + 1, pattern, again);
    va_end(again);
    va_end(arguments);
    return text;
}

std::string size_text(double bytes) {
    static const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned unit = 0;
    const char *sign = bytes < 0 ? "-" : "";
    bytes = std::fabs(bytes);
    for (; bytes >= 1023.5 && unit < 5; unit++) bytes /= 1024;
    if (unit == 0 || bytes >= 99.95) return format("%s%.0f %s", sign, bytes, units[unit]);
    return format(bytes >= 9.995 ? "%s%.1f %s" : "%s%.2f %s", sign, bytes, units[unit]);
}

std::string count_text(uint64_t count) {
    std::string text = std::to_string(count);
    for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string plural(uint64_t count, const std::string &one, const std::string &many) {
    return count_text(count) + " " + (count == 1 ? one : many.empty() ? one + "s" : many);
}

double share(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

std::string html_text(const std::string &text) {
    std::string safe;
    for (char letter : text) {
        if (letter == '&')
            safe += "&amp;";
        else if (letter == '<')
            safe += "&lt;";
        else if (letter == '>')
            safe += "&gt;";
        else if (letter == '"')
            safe += "&quot;";
        else if ((unsigned char)letter >= 0x20 || letter == '\n' || letter == '\t')
            safe += letter;
    }
    return safe;
}

bool ends_with(const std::string &text, const std::string &end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string shell_text(const std::vector<std::string> &words) {
    std::string text;
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./=:,@%";
    for (const std::string &word : words) {
        if (!text.empty()) text += ' ';
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
            text += word;
            continue;
        }
        text += '\'';
        for (char letter : word)
            text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
        text += '\'';
    }
    return text;
}

void Json::start(const char *key) {
    if (!is_first_) text_ += ',';
    if (!open_.empty()) text_ += '\n' + std::string(open_.size() * 2, ' ');
    if (key != nullptr) text_ += std::string("\"") + key + "\": ";
    is_first_ = false;
}

Json &Json::begin(const char *key, char bracket) {
    start(key);
    text_ += bracket;
    open_ += bracket;
    is_first_ = true;
    return *this;
}

Json &Json::close() {
    char bracket = open_.back();
    open_.pop_back();
    if (!is_first_) text_ += '\n' + std::string(open_.size() * 2, ' ');
    text_ += bracket == '{' ? '}' : ']';
    is_first_ = false;
    if (open_.empty()) text_ += '\n';
    return *this;
}

Json &Json::raw(const char *key, const std::string &value) {
    start(key);
    text_ += value;
    return *this;
}

Json &Json::put(const char *key, const std::string &value) {
    std::string quoted = "\"";
    for (char letter : value) {
        if (letter == '"' || letter == '\\')
            quoted += std::string("\\") + letter;
        else if ((unsigned char)letter < 0x20)
            quoted += format("\\u%04x", letter);
        else
            quoted += letter;
    }
    return raw(key, quoted + '"');
}
