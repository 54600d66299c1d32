/* SPDX-License-Identifier: MIT */
/* needed.h - a library that a program is linked with and that replaces operators new and delete. */
#ifndef POOLALLOC_TEST_NEEDED_H
#define POOLALLOC_TEST_NEEDED_H

#include <string>

std::string *needed_make(size_t length);
void needed_take(std::string *text);
/* Drops what its static objects hold. */
void needed_drop();
/* Blocks of its operators: in use, and made so far. */
long needed_live();
long needed_made();

#endif
