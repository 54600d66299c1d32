// SPDX-License-Identifier: MIT
// flame.h - a profile as a flame graph: a page that needs nothing but itself.
#ifndef POOLALLOC_TOOL_FLAME_H
#define POOLALLOC_TOOL_FLAME_H

#include "profile_text.h"

// The boxes of a difference are as wide as what moved in them, and coloured by how it did.
std::string flame_html(const SampleProfile &profile, const ProfileView &view);

#endif
