// SPDX-License-Identifier: MIT
#include "options.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "failure.h"
#include "text.h"

static size_t distance(const std::string &a, const std::string &b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); j++) row[j] = j;
    for (size_t i = 1; i <= a.size(); i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); j++) {
            size_t replaced = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

std::string nearest_word(const std::string &word, const std::vector<std::string> &words) {
    std::string best;
    size_t least = 3;
    for (const std::string &candidate : words)
        if (distance(word, candidate) < least) {
            least = distance(word, candidate);
            best = candidate;
        }
    return best;
}

// The rule of the name "--*" is for all that have a value in the same word.
static const OptionRule &rule_of(const std::string &name, bool has_value,
                                 const std::vector<OptionRule> &rules) {
    std::vector<std::string> names;
    for (const OptionRule &rule : rules) {
        if (name == rule.name || (rule.brief != nullptr && name == rule.brief)) return rule;
        if (strcmp(rule.name, "--*") == 0 && has_value && name.compare(0, 2, "--") == 0)
            return rule;
        names.emplace_back(rule.name);
    }
    std::string nearest = nearest_word(name, names);
    throw Failure("unknown option " + name +
                  (nearest.empty() ? "" : ": did you mean " + nearest + "?") +
                  " (--help lists them)");
}

Options::Options(const std::vector<std::string> &arguments, const std::vector<OptionRule> &rules) {
    size_t at = 0;
    for (; at < arguments.size(); at++) {
        const std::string &argument = arguments[at];
        if (argument == "--") {
            has_dashes = true;
            at++;
            break;
        }
        if (argument.size() < 2 || argument[0] != '-') break;
        size_t equals = argument.find('=');
        const OptionRule &rule =
            rule_of(argument.substr(0, equals), equals != std::string::npos, rules);
        std::string given;
        if (equals != std::string::npos)
            given = argument.substr(equals + 1);
        else if (rule.value != nullptr && ++at < arguments.size())
            given = arguments[at];
        bool has_value =
            equals != std::string::npos || (rule.value != nullptr && at < arguments.size());
        if (has_value != (rule.value != nullptr))
            throw Failure(std::string(rule.name) +
                          (rule.value != nullptr ? std::string(" needs a value: ") + rule.value
                                                 : std::string(" takes no value")));
        std::string name = rule.name;
        if (name == "--*") name = argument.substr(0, equals);
        values_[name] = given;
        all_.emplace_back(name, given);
    }
    rest.assign(arguments.begin() + (long)std::min(at, arguments.size()), arguments.end());
}

std::string Options::value(const std::string &name, const std::string &standard) const {
    auto found = values_.find(name);
    return found == values_.end() ? standard : found->second;
}

double Options::number(const std::string &name, double standard, double least, double most) const {
    if (!has(name)) return standard;
    std::string text = value(name);
    char *end;
    double number = strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(number >= least && number <= most))
        throw Failure(format("%s needs a number from %g to %g, not %s", name.c_str(), least, most,
                             text.c_str()));
    return number;
}

std::string options_help(const std::vector<OptionRule> &rules) {
    std::string text;
    for (const OptionRule &rule : rules) {
        std::string name = rule.name;
        if (name == "--*") name = "--OPTION";
        if (rule.brief != nullptr) name = std::string(rule.brief) + ", " + name;
        if (rule.value != nullptr) name += std::string("=") + rule.value;
        text += name.size() > 22 ? format("  %s\n%26s%s\n", name.c_str(), "", rule.help)
                                 : format("  %-22s  %s\n", name.c_str(), rule.help);
    }
    return text;
}
