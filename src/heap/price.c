/* SPDX-License-Identifier: MIT */
#include "heap/price.h"

#include "base/atomic.h"
#include "os/os.h"

enum { USUAL_NS = 1000 };

static struct atomic_u32 price_asked; /* 0: not yet */

unsigned price_factor(void) {
    unsigned factor = atomic_u32_load(&price_asked);
    return factor != 0 ? factor : 1;
}

void price_ask(void) {
    if (atomic_u32_load(&price_asked) != 0) return;
    uint64_t factor = os_first_write_ns() / USUAL_NS;
    factor = size_min(size_max(factor, 1), PRICE_MOST);
    atomic_u32_store(&price_asked, (uint32_t)factor);
}

void price_forget_for_test(void) { atomic_u32_store(&price_asked, 0); }
