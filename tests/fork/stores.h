/* SPDX-License-Identifier: MIT */
/* stores.h - how often each store was reached, by the address that its call (hook.h) returns to. */
#ifndef POOLALLOC_TEST_STORES_H
#define POOLALLOC_TEST_STORES_H

#include "hook.h"

enum { STORES = 1 << 14 };

struct store {
    uintptr_t address; /* 0: none */
    unsigned hits;
};

/* The store whose call returns to the address; a new one has no hits. */
NO_HOOK struct store *store_at(struct store stores[STORES], uintptr_t address);
/* Writes the addresses of all stores to a file, one a line. */
NO_HOOK void stores_write(const struct store stores[STORES], const char *path);

#endif
