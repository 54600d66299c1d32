// SPDX-License-Identifier: MIT
// profile_text.h - profiles as people and programs read them: a table of lines of code, JSON, and
// stacks as lines.
#ifndef POOLALLOC_TOOL_PROFILE_TEXT_H
#define POOLALLOC_TOOL_PROFILE_TEXT_H

#include "sample_profile.h"

struct ProfileView {
    std::string title; // of what was sampled
    std::vector<std::string> notes;
    Figure order = IN_USE_BYTES; // what the lines are sorted by
    unsigned rows = 15;          // of the table; 0: all
    bool is_difference = false;
};

// In use, where that is a tenth of the peak or more, and else the peak.
Figure profile_order(const SampleProfile &profile);
std::string profile_table(const SampleProfile &profile, const ProfileView &view);
std::string profile_json(const SampleProfile &profile, const ProfileView &view);
// "outermost;...;innermost BYTES" for each stack with some of the figure.
std::string profile_folded(const SampleProfile &profile, Figure figure);

#endif
