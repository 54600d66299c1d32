/* SPDX-License-Identifier: MIT */
/*
 * sample.h - what is known of sampled blocks: where they were asked for, and which of them live.
 *
 * Sampling is a Poisson process over the bytes of the blocks that are handed out: one event per
 * `mean` bytes on average, and a block in which an event falls is sampled. So a block of n bytes is
 * sampled with the chance 1 - e^(-n/mean), whatever came before, and stands for 1/chance blocks
 * like it: sums of these are estimates without a bias. heap_sample.c decides which blocks.
 *
 * A site is a stack of callers. Sites stay for the life of the process. Samples and sites are under
 * a lock of their own; where it is out of reach, as in a signal handler that has interrupted one of
 * them, nothing is done.
 */
#ifndef POOLALLOC_SAMPLE_H
#define POOLALLOC_SAMPLE_H

#include "base/atomic.h"
#include "heap/size_class.h"
#include "os/stack.h"

/* Estimates, of blocks since sampling began. */
struct site {
    double blocks, bytes;           /* handed out */
    double live_blocks, live_bytes; /* of these not freed yet */
    double peak_bytes;              /* live when all sites together had most, about (sample.c) */
    unsigned depth;
    const uintptr_t *callers; /* innermost first */
};

enum {
    /* Between two looks of free at inbox and clock, while sampling. */
    SAMPLE_POLL_FREES = 128,
    /* The size of block that is at hand and is sampled by the rule above; longer ones, where there
       is one in SAMPLE_POLL_FREES events that could tell them, less often. */
    SAMPLE_AT_HAND = 4096,
};
/* With a lower mean nothing is ever at hand (heap.h: bare). */
#define SAMPLE_BARE (32 * KIB)
#define SAMPLE_STANDARD (512 * KIB)

#ifdef __cplusplus
extern "C" {
#endif

/* Sampling of one event per `mean` bytes is on from now on; false: there is no memory for it. The
   mean can't be changed afterwards. */
bool sample_begin(size_t mean);
/* No more blocks are sampled; those that were are known until they are freed. */
void sample_end(void);
/* What the three functions below tell, also for readers of other processes. */
extern struct atomic_u64 sample_mean_now, sample_begun_with;
/* Bytes per event; 1: every block; 0: there is no sampling. */
static inline size_t sample_mean(void) { return atomic_u64_load(&sample_mean_now); }
/* The mean of sample_begin, also after sample_end. */
static inline size_t sample_mean_begun(void) { return atomic_u64_load(&sample_begun_with); }
/* True from the first sample_begin on. */
static inline bool sample_has_begun(void) { return sample_mean_begun() != 0; }

/* How likely a block of `size` bytes is sampled. */
double sample_chance(size_t size);
/* How likely a block of the class is sampled that is handed out from a magazine. */
double sample_chance_at_hand(unsigned class_index);
/* Frees between two polls, at the most, with one event per so many bytes (0: none) and what is
   guarded (guard.h). */
unsigned sample_poll_frees(size_t bytes);

/* A block is live that was sampled with that chance, and whose stack this is. */
void sample_add(const struct stack *stack, uintptr_t address, size_t size, double chance);
/* A block at the address is about to be added: what that needs comes nearer meanwhile. */
void sample_prefetch(uintptr_t address);
/* The block is freed, or about to be: any address will do. */
void sample_remove(uintptr_t address);
/* A block has moved: any addresses will do. */
void sample_move(uintptr_t from, uintptr_t to);

struct sample_totals {
    size_t sites, samples; /* samples: of blocks that live */
    size_t lost;           /* samples that there was no memory or no lock for */
    double blocks, bytes, live_blocks, live_bytes, peak_bytes;
    size_t live_before; /* bytes in live blocks that were not sampled when it began last */
};
void sample_set_live_before(size_t bytes);

/* Called for each site; the lock is held meanwhile. */
typedef void sample_visitor(const struct site *site, void *argument);
/* Visits all sites, also in a signal handler that has interrupted a change: of the sample that is
   changed just then a part may be missing. False, and no call: another thread has the lock for
   longer than lock_patience, or the table of sites moves. `visit` may be NULL. */
bool sample_each(struct sample_totals *totals, sample_visitor *visit, void *argument);
/* The callers of a live block that was sampled; false: it is none. */
bool sample_find(uintptr_t address, struct stack *stack, size_t *size);
/* Looks for the last sampled block that was freed at the address, not long ago: who asked for
   it, and, with a mean below SAMPLE_BARE, who freed it; else that stack is empty. */
bool sample_find_freed(uintptr_t address, struct stack *stack, struct stack *freed);

/* Where readers from outside find the tables: by the descriptor alone. The first six are places of
   variables. A live sample is at address `live` + i * sample_size for i < live_most, unless its
   address is 0; its site begins at word number `sample_site` of `words`. */
struct sample_places {
    const void *live, *live_most, *words, *words_most;
    const void *graves, *graves_size; /* addresses that were freed, and their bytes */
    uint64_t sample_size;
    /* Places in a sample: of 8 bytes but for the site, 4. The weight is a double: the blocks that
       it stands for. */
    uint64_t sample_address, sample_bytes, sample_weight, sample_site;
    uint64_t site_depth, site_callers; /* in a site: 4 bytes, and its first word */
};
extern const struct sample_places sample_places;

/* Address space of the tables of samples; without the lock. */
size_t sample_table_bytes(void);

/* In the child of a fork: if a thread that is gone was at it, all that is known is forgotten. */
void sample_after_fork(uint32_t survivor);
/* Forgets for tests all that was sampled. */
void sample_reset_for_test(void);

#ifdef __cplusplus
}
#endif

#endif
