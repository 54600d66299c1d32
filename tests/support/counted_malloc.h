// SPDX-License-Identifier: MIT
// counted_malloc.h - malloc, calloc, realloc and free as libpoolobj calls them, counted. The
// program is linked with --wrap for these four. It also tells libpoolobj how much is in use, as
// libpoolalloc does.
#ifndef POOLALLOC_TEST_COUNTED_MALLOC_H
#define POOLALLOC_TEST_COUNTED_MALLOC_H

#include <cstddef>

struct Counted {
    size_t blocks, bytes;
};

// What this program's own code and the library have now, but for operator new.
Counted counted_now();

// When set, asked before each allocation; true makes it fail.
extern bool (*malloc_fault_for_test)();

#endif
