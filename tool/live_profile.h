// SPDX-License-Identifier: MIT
// live_profile.h - the profile of a live process, which writes it when it gets the signal of its
// option sample_signal.
#ifndef POOLALLOC_TOOL_LIVE_PROFILE_H
#define POOLALLOC_TOOL_LIVE_PROFILE_H

#include "profile_text.h"

// Has it sampled for some seconds, and reads what it writes; `view` gets the title and notes.
// Throws a Failure that says what to do.
SampleProfile live_profile(int process_id, double seconds, ProfileView *view);

#endif
