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

size_t minimum_alignment() { return env_number("POOLALLOC_TEST_ALIGN", 16); }
