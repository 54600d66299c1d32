// SPDX-License-Identifier: MIT
#include "names.h"

#include <cstdlib>
#include <dlfcn.h>

#include "random.h"

std::vector<Names> &all_names() {
    static std::vector<Names> names;
    return names;
}

void *find_function(const char *name) { return dlsym(RTLD_DEFAULT, name); }

#ifndef POOLALLOC_ALIGN
#define POOLALLOC_ALIGN 16
#endif

size_t minimum_alignment() {
    static const size_t alignment = env_number("POOLALLOC_TEST_ALIGN", POOLALLOC_ALIGN);
    return alignment;
}
