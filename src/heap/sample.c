/* SPDX-License-Identifier: MIT */
#include "heap/sample.h"

#include "base/chance.h"
#include "base/check.h"
#include "base/probing.h"
#include "heap/guard.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"
#include "os/probe.h"

enum {
    BUCKETS = 1 << 14,            /* of sites */
    SITE_WORDS_FIRST = 32 * 1024, /* words of memory for sites at first; doubled when full */
    LIVE_FIRST = 4096,            /* places for live samples; doubled when half full */
    PEAK_STEP = 16,               /* the peak is noted anew when a part of it more is live */
};

/* A site in memory, followed by its callers. Sites are known by their number of words from the
   first, as the memory may move; 0 is none. */
struct site_record {
    uint64_t hash;
    uint32_t next; /* of the bucket */
    uint32_t depth;
    double blocks, bytes, live_blocks, live_bytes, peak_bytes;
};
static_assert((LIVE_FIRST & (LIVE_FIRST - 1)) == 0 && (BUCKETS & (BUCKETS - 1)) == 0,
              "a hash chooses a place by its lowest bits");
enum { RECORD_WORDS = sizeof(struct site_record) / sizeof(uint64_t) };

struct sample {
    uintptr_t address; /* 0: a free place */
    size_t size;
    double weight; /* blocks that it stands for */
    uint32_t site;
};

/* Who asked for a block and who freed it, for those that were freed last; site 0: not known. */
enum { GRAVES_LEAST = 1024 };
struct atomic_u64 sample_mean_now;
struct atomic_u64 sample_begun_with;
struct grave {
    uintptr_t address;
    uint32_t site, freed_at;
};

static struct {
    struct lock lock; /* of all but what is atomic */
    struct known {
        uint32_t *buckets;
        uint64_t *words;
        size_t words_used, words_most, sites;
        bool words_move;     /* a signal that comes now must not look at them */
        struct sample *live; /* a hash table (probing.h) */
        size_t live_count, live_most;
        double live_bytes, peak_bytes;
        size_t live_before;
        struct grave *graves; /* a ring */
        size_t graves_bytes, next_grave;
    } known;
    struct grave few_graves[GRAVES_LEAST];
    double at_hand[CLASS_COUNT];
    struct atomic_u64 table_bytes; /* address space of what `known` points to */
    /* The table of live samples and its length, for prefetching without the lock. */
    struct atomic_u64 live_seen, live_most_seen;
    struct atomic_u64 lost; /* samples that there was no memory for, or that were out of reach */
} sample_state;
static struct known *const known = &sample_state.known;

void sample_set_live_before(size_t bytes) { known->live_before = bytes; }

double sample_chance(size_t size) {
    double m = (double)atomic_u64_load(&sample_begun_with);
    return m <= 1 ? 1 : chance_within((double)size / m);
}

double sample_chance_at_hand(unsigned class_index) { return sample_state.at_hand[class_index]; }

static size_t buckets_size(void) { return BUCKETS * sizeof *known->buckets; }
static size_t words_size(void) { return known->words_most * sizeof *known->words; }
static size_t live_size(void) { return known->live_most * sizeof *known->live; }
static bool graves_are_few(void) { return known->graves == sample_state.few_graves; }

/* Called after each change of a table's size. */
static void count_tables(void) {
    size_t bytes = known->live == NULL ? 0 : buckets_size() + words_size() + live_size();
    if (known->graves != NULL && !graves_are_few()) bytes += known->graves_bytes;
    atomic_u64_store(&sample_state.table_bytes, bytes);
    atomic_u64_store(&sample_state.live_seen, (uintptr_t)known->live);
    atomic_u64_store(&sample_state.live_most_seen, known->live_most);
}

size_t sample_table_bytes(void) { return atomic_u64_load(&sample_state.table_bytes); }

/* ---- Sites ---- */

static bool is_locked(void) { return lock_is_mine(&sample_state.lock); }

static struct site_record *record_of(uint32_t site) {
    ASSERT(site != 0 && site + RECORD_WORDS <= known->words_most);
    return (struct site_record *)(known->words + site);
}

static uintptr_t *callers_of(struct site_record *record) {
    return (uintptr_t *)((uint64_t *)record + RECORD_WORDS);
}

static bool is_same(struct site_record *record, uint64_t hash, const struct stack *stack) {
    return record->hash == hash && record->depth == stack->depth &&
           memcmp(callers_of(record), stack->callers, stack->depth * sizeof stack->callers[0]) == 0;
}

static bool grow_sites(void) {
    size_t size = words_size();
    ASSERT(is_locked() && !known->words_move);
    if (known->words_most > UINT32_MAX / 2) return false;
    known->words_move = true;
    atomic_in_sequence();
    uint64_t *more = (uint64_t *)os_resize(known->words, size, 2 * size);
    if (more != NULL) {
        known->words = more;
        known->words_most *= 2;
        count_tables();
    }
    atomic_in_sequence();
    known->words_move = false;
    return more != NULL;
}

static uint32_t new_site(uint64_t hash, const struct stack *stack) {
    if (known->words_used + RECORD_WORDS + stack->depth > known->words_most && !grow_sites())
        return 0;
    ASSERT(known->words_used + RECORD_WORDS + stack->depth <= known->words_most);
    uint32_t site = (uint32_t)known->words_used, *bucket = &known->buckets[hash % BUCKETS];
    struct site_record *record = record_of(site);
    record->hash = hash;
    record->next = *bucket;
    record->depth = stack->depth;
    memcpy(callers_of(record), stack->callers, stack->depth * sizeof stack->callers[0]);
    atomic_in_sequence(); /* a signal may come, and look at all that is used */
    known->words_used += RECORD_WORDS + stack->depth;
    known->sites++;
    *bucket = site;
    return site;
}

static uint32_t site_for(const struct stack *stack) {
    uint64_t hash = stack_hash(stack);
    for (uint32_t at = known->buckets[hash % BUCKETS]; at != 0; at = record_of(at)->next)
        if (is_same(record_of(at), hash, stack)) return at;
    return new_site(hash, stack);
}

/* The site behind another, or the first behind 0, in the order in which they came; 0 at the end. */
static uint32_t next_site(uint32_t site) {
    size_t next = site == 0 ? 1 : site + RECORD_WORDS + record_of(site)->depth;
    return next < known->words_used ? (uint32_t)next : 0;
}

static void note_peak(void) {
    if (known->live_bytes < known->peak_bytes + known->peak_bytes / PEAK_STEP) return;
    known->peak_bytes = known->live_bytes;
    for (uint32_t at = next_site(0); at != 0; at = next_site(at))
        record_of(at)->peak_bytes = record_of(at)->live_bytes;
}

/* ---- Live samples ---- */

static bool sample_is_free(const void *slot) { return ((const struct sample *)slot)->address == 0; }
static uint64_t sample_hash_of(uintptr_t address) {
    return probing_hash_address(address, ALIGN_SHIFT);
}
static uint64_t sample_hash(const void *slot, const void *table) {
    (void)table;
    return sample_hash_of(((const struct sample *)slot)->address);
}
static bool sample_is_of(const void *slot, const void *address) {
    return ((const struct sample *)slot)->address == *(const uintptr_t *)address;
}
static const struct probing samples = {sizeof(struct sample), sample_is_free, sample_hash,
                                       sample_is_of};

/* The place of the address, or the free one where it would be. */
static struct sample *find_sample(uintptr_t address) {
    ASSERT(known->live_count < known->live_most); /* a search ends at a free place */
    return (struct sample *)probing_find(&samples, known->live, known->live_most,
                                         sample_hash_of(address), &address);
}

/* All pages of a table are soon written, in any order: where it is long, in few large ones. */
static struct sample *map_live(size_t size) {
    if (size < OS_HUGE || options.huge_pages == HUGE_PAGES_OFF)
        return (struct sample *)os_map(size);
    void *table = os_map_aligned(size, OS_HUGE);
    if (table != NULL) os_use_huge_pages(table, size);
    return (struct sample *)table;
}

static bool grow_live(void) {
    ASSERT(is_locked());
    struct sample *old = known->live;
    size_t most = known->live_most, size = live_size();
    struct sample *more = map_live(2 * size);
    if (more == NULL) return known->live_count < most - 1;
    known->live = more;
    known->live_most = 2 * most;
    count_tables();
    probing_copy(&samples, old, most, more, 2 * most, NULL);
    os_unmap(old, size);
    return true;
}

static void forget_live(struct sample *sample) {
    probing_vacate(&samples, known->live, known->live_most, sample, NULL);
}

static void end_life(struct sample *sample) {
    ASSERT(is_locked() && sample->address != 0 && known->live_count > 0);
    struct site_record *site = record_of(sample->site);
    double bytes = sample->weight * (double)sample->size;
    probe_free(sample->address);
    site->live_blocks -= sample->weight;
    site->live_bytes -= bytes;
    known->live_bytes -= bytes;
    known->live_count--;
    forget_live(sample);
}

static void begin_life(const struct sample *sample) {
    ASSERT(is_locked() && sample->address != 0);
    struct site_record *site = record_of(sample->site);
    double bytes = sample->weight * (double)sample->size;
    probe_alloc(sample->address, sample->size, (uint64_t)(bytes + 0.5));
    site->blocks += sample->weight;
    site->bytes += bytes;
    site->live_blocks += sample->weight;
    site->live_bytes += bytes;
    known->live_bytes += bytes;
    known->live_count++;
    *find_sample(sample->address) = *sample;
    note_peak();
}

/* A sample at the address of a new block is of one whose free could not be noted. */
static void end_stale(uintptr_t address) {
    struct sample *stale = find_sample(address);
    if (stale->address != 0) end_life(stale);
}

/* ---- With the lock ---- */

static bool lock_samples(void) { return lock_lock(&sample_state.lock); }

/* To fetch what is at no address any more does nothing. A search often goes on into a second line.
 */
void sample_prefetch(uintptr_t address) {
    uint64_t place = sample_hash_of(address) & (atomic_u64_load(&sample_state.live_most_seen) - 1);
    uintptr_t live = atomic_u64_load(&sample_state.live_seen);
    uintptr_t first = live + place * sizeof(struct sample);
    __builtin_prefetch((const void *)first, 1);
    __builtin_prefetch((const void *)(first + CACHE_LINE), 1);
}

void sample_add(const struct stack *stack, uintptr_t address, size_t size, double chance) {
    ASSERT(chance > 0 && chance <= 1);
    if (!lock_samples()) {
        atomic_u64_add(&sample_state.lost, 1);
        return;
    }
    end_stale(address);
    struct sample sample = {address, size, 1 / chance, site_for(stack)};
    bool room = known->live_count < known->live_most / 2 || grow_live();
    if (sample.site != 0 && room)
        begin_life(&sample);
    else
        atomic_u64_add(&sample_state.lost, 1);
    lock_unlock(&sample_state.lock);
}

/* Stacks of frees are what makes mistakes plain, and as dear as those of mallocs. Who looks for
   leaks has no use for them. */
static bool notes_frees(void) {
    return sample_mean_begun() < SAMPLE_BARE && options.leaks_path[0] == '\0';
}

static size_t graves_most(void) { return known->graves_bytes / sizeof(struct grave); }

/* The grave that was dug so many graves ago, 1 for the last. */
static struct grave *find_grave(size_t back) {
    ASSERT(back >= 1 && back <= graves_most());
    return &known->graves[(known->next_grave + graves_most() - back) % graves_most()];
}

static void add_grave(struct grave grave) {
    known->graves[known->next_grave++] = grave;
    if (known->next_grave == graves_most()) known->next_grave = 0;
}

/* The sample is on its way from memory while the stack is unwound. */
void sample_remove(uintptr_t address) {
    struct stack stack; /* too long to be cleared */
    stack.depth = 0;
    if (!sample_has_begun()) return;
    sample_prefetch(address);
    if (notes_frees()) stack_unwind(&stack);
    if (!lock_samples()) return;
    struct sample *sample = find_sample(address);
    if (sample->address != 0) {
        uint32_t freed_at = stack.depth != 0 ? site_for(&stack) : 0;
        add_grave((struct grave){address, sample->site, freed_at});
        end_life(sample);
    }
    lock_unlock(&sample_state.lock);
}

void sample_move(uintptr_t from, uintptr_t to) {
    if (from == to || !sample_has_begun() || !lock_samples()) return;
    struct sample *at = find_sample(from);
    if (at->address != 0) {
        struct sample moved = *at;
        moved.address = to;
        forget_live(at);
        end_stale(to);
        *find_sample(to) = moved;
    }
    lock_unlock(&sample_state.lock);
}

static void visit_samples(sample_visitor *visit, void *argument, struct sample_totals *totals) {
    for (uint32_t at = next_site(0); at != 0; at = next_site(at)) {
        struct site_record *record = record_of(at);
        struct site site = {record->blocks,     record->bytes,      record->live_blocks,
                            record->live_bytes, record->peak_bytes, record->depth,
                            callers_of(record)};
        totals->blocks += site.blocks;
        totals->bytes += site.bytes;
        totals->live_blocks += site.live_blocks;
        totals->live_bytes += site.live_bytes;
        totals->peak_bytes += site.peak_bytes;
        if (visit != NULL && record->blocks != 0) visit(&site, argument); /* not of frees alone */
    }
}

bool sample_each(struct sample_totals *totals, sample_visitor *visit, void *argument) {
    memset(totals, 0, sizeof *totals);
    if (!sample_has_begun()) return true;
    bool entered = lock_samples();
    if (!entered && (!lock_is_mine(&sample_state.lock) || known->words_move)) return false;
    visit_samples(visit, argument, totals);
    totals->sites = known->sites;
    totals->samples = known->live_count;
    totals->lost = atomic_u64_load(&sample_state.lost);
    totals->live_before = known->live_before;
    if (entered) lock_unlock(&sample_state.lock);
    return true;
}

static void copy_site(uint32_t site, struct stack *stack) {
    stack->depth = 0;
    if (site == 0) return;
    struct site_record *record = record_of(site);
    stack->depth = record->depth;
    ASSERT(record->depth <= STACK_MOST);
    memcpy(stack->callers, callers_of(record), record->depth * sizeof stack->callers[0]);
}

bool sample_find_freed(uintptr_t address, struct stack *stack, struct stack *freed) {
    if (address == 0 || !sample_has_begun() || !lock_samples()) return false;
    size_t back = 1, most = graves_most();
    while (back <= most && find_grave(back)->address != address) back++;
    if (back <= most) {
        copy_site(find_grave(back)->site, stack);
        copy_site(find_grave(back)->freed_at, freed);
    }
    lock_unlock(&sample_state.lock);
    return back <= most;
}

bool sample_find(uintptr_t address, struct stack *stack, size_t *size) {
    if (!sample_has_begun() || !lock_samples()) return false;
    struct sample *sample = find_sample(address);
    bool found = sample->address != 0;
    if (found) {
        copy_site(sample->site, stack);
        *size = sample->size;
    }
    lock_unlock(&sample_state.lock);
    return found;
}

/* ---- Beginning and end ---- */

/* There is a grave for each block that can be in quarantine, and some for the blocks that left it
   lately. Without a quarantine, and without memory for so many, there are a few. */
static void make_graves(size_t mean) {
    size_t bytes = (options.quarantine / QUARANTINE_BLOCK + GRAVES_LEAST) * sizeof(struct grave);
    bool many = options.quarantine != 0 && mean < SAMPLE_BARE;
    known->graves = many ? (struct grave *)os_map(bytes) : NULL;
    known->graves_bytes = known->graves != NULL ? bytes : sizeof sample_state.few_graves;
    if (known->graves != NULL) return;
    memset(sample_state.few_graves, 0, sizeof sample_state.few_graves);
    known->graves = sample_state.few_graves;
}

static void drop_graves(void) {
    if (known->graves != NULL && !graves_are_few()) os_unmap(known->graves, known->graves_bytes);
}

static void drop_tables(void) {
    drop_graves();
    if (known->buckets != NULL) os_unmap(known->buckets, buckets_size());
    if (known->words != NULL) os_unmap(known->words, words_size());
    if (known->live != NULL) os_unmap(known->live, live_size());
    memset(known, 0, sizeof *known);
    count_tables();
}

static bool make_tables(size_t mean) {
    if (known->live != NULL) return true;
    known->buckets = (uint32_t *)os_map(buckets_size());
    known->words = (uint64_t *)os_map(SITE_WORDS_FIRST * sizeof *known->words);
    known->live = (struct sample *)os_map(LIVE_FIRST * sizeof *known->live);
    known->words_used = 1; /* no site is 0 */
    known->words_most = SITE_WORDS_FIRST;
    known->live_most = LIVE_FIRST;
    bool made = known->buckets != NULL && known->words != NULL && known->live != NULL;
    if (made)
        make_graves(mean);
    else
        drop_tables();
    count_tables();
    return made;
}

/* The frees are so few that what is guarded needs at most half of what one free in so many can
   tell. */
unsigned sample_poll_frees(size_t bytes) {
    size_t frees = SAMPLE_POLL_FREES, every = guard_every();
    if (bytes != 0) frees = size_min(frees, bytes / SAMPLE_AT_HAND);
    if (every != 0) frees = size_min(frees, every / 2);
    return (unsigned)size_max(frees, 1);
}

/* One free in sample_poll_frees tells what of the blocks at hand is sampled, and no chance can be
   higher than that. */
static void set_chances(size_t bytes) {
    size_class_init(); /* the process may not have had its first block */
    unsigned frees = sample_poll_frees(bytes);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        double most = frees > 1 ? 1.0 / frees - guard_chance(0) : 1;
        double chance = sample_chance(size_classes[c].stride);
        ASSERT(chance > 0 && chance <= 1);
        sample_state.at_hand[c] = chance < most ? chance : most;
    }
}

bool sample_begin(size_t bytes) {
    if (!lock_samples()) return false;
    bool made = make_tables(bytes);
    if (made && !sample_has_begun()) {
        atomic_u64_store(&sample_begun_with, bytes);
        set_chances(bytes);
    }
    if (made) /* partner: heaps that adapt to it */
        atomic_u64_store_release(&sample_mean_now, atomic_u64_load(&sample_begun_with));
    lock_unlock(&sample_state.lock);
    return made;
}

void sample_end(void) { atomic_u64_store(&sample_mean_now, 0); }

/* The old tables stay mapped: what they hold is in doubt. */
void sample_after_fork(uint32_t survivor) {
    if (!lock_mend(&sample_state.lock, survivor)) return;
    memset(known, 0, sizeof *known);
    if (!make_tables(sample_mean_begun())) {
        atomic_u64_store(&sample_mean_now, 0);
        atomic_u64_store(&sample_begun_with, 0);
    }
}

void sample_reset_for_test(void) {
    if (known->live == NULL) return;
    drop_tables();
    atomic_u64_store(&sample_mean_now, 0);
    atomic_u64_store(&sample_begun_with, 0);
    atomic_u64_store(&sample_state.lost, 0);
}

/* ---- For readers from outside ---- */

const struct sample_places sample_places = {
    .live = &sample_state.known.live,
    .live_most = &sample_state.known.live_most,
    .words = &sample_state.known.words,
    .words_most = &sample_state.known.words_most,
    .graves = &sample_state.known.graves,
    .graves_size = &sample_state.known.graves_bytes,
    .sample_size = sizeof(struct sample),
    .sample_address = offsetof(struct sample, address),
    .sample_bytes = offsetof(struct sample, size),
    .sample_weight = offsetof(struct sample, weight),
    .sample_site = offsetof(struct sample, site),
    .site_depth = offsetof(struct site_record, depth),
    .site_callers = RECORD_WORDS * sizeof(uint64_t),
};
