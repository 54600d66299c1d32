// SPDX-License-Identifier: MIT
// text.h - figures as people read them, and JSON as programs do.
#ifndef POOLALLOC_TOOL_TEXT_H
#define POOLALLOC_TOOL_TEXT_H

#include <cstdint>
#include <string>
#include <vector>

// printf into a string.
std::string format(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "412 MiB", "1.5 KiB", "12 B": three digits.
std::string size_text(double bytes);
std::string count_text(uint64_t count); // 1,234,567
std::string plural(uint64_t count, const std::string &one, const std::string &many = "");
double share(double part, double whole); // in percent; 0 of nothing
std::string html_text(const std::string &text);
bool ends_with(const std::string &text, const std::string &end);
std::string shell_text(const std::vector<std::string> &words);

// Writes one JSON value; keys in the order of the calls.
class Json {
  public:
    Json &open(const char *key = nullptr) { return begin(key, '{'); }
    Json &list(const char *key = nullptr) { return begin(key, '['); }
    Json &close();
    Json &put(const char *key, uint64_t value) { return raw(key, std::to_string(value)); }
    Json &put(const char *key, int64_t value) { return raw(key, std::to_string(value)); }
    Json &put(const char *key, int value) { return raw(key, std::to_string(value)); }
    Json &put(const char *key, unsigned value) { return raw(key, std::to_string(value)); }
    Json &put(const char *key, double value) { return raw(key, format("%.9g", value)); }
    Json &put(const char *key, bool value) { return raw(key, value ? "true" : "false"); }
    Json &put(const char *key, const std::string &value);
    Json &put(const char *key, const char *value) { return put(key, std::string(value)); }
    Json &null(const char *key) { return raw(key, "null"); }
    const std::string &text() const { return text_; }

  private:
    Json &begin(const char *key, char bracket);
    Json &raw(const char *key, const std::string &value);
    void start(const char *key);
    std::string text_;
    std::string open_; // brackets
    bool is_first_ = true;
};

#endif
