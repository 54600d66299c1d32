// SPDX-License-Identifier: MIT
// options.h - what stands behind a command's name: options, and the rest.
#ifndef POOLALLOC_TOOL_OPTIONS_H
#define POOLALLOC_TOOL_OPTIONS_H

#include <map>
#include <string>
#include <vector>

struct OptionRule {
    const char *name;  // "--json"
    const char *value; // what it takes, as help has it; nullptr: nothing
    const char *help;
    const char *brief = nullptr; // "-n"
};

class Options {
  public:
    // Ends with a Failure that names the nearest option where one is unknown. Options stand in
    // front of the rest, "--" ends them.
    Options(const std::vector<std::string> &arguments, const std::vector<OptionRule> &rules);
    bool has(const std::string &name) const { return values_.count(name) != 0; }
    std::string value(const std::string &name, const std::string &standard = "") const;
    double number(const std::string &name, double standard, double least, double most) const;
    // The options in their order, with their values.
    const std::vector<std::pair<std::string, std::string>> &all() const { return all_; }
    std::vector<std::string> rest;
    bool has_dashes = false; // "--" stood in front of the rest

  private:
    std::map<std::string, std::string> values_;
    std::vector<std::pair<std::string, std::string>> all_;
};

std::string options_help(const std::vector<OptionRule> &rules);
// The nearest of the words within two letters; empty: none.
std::string nearest_word(const std::string &word, const std::vector<std::string> &words);

#endif
