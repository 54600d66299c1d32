/* SPDX-License-Identifier: MIT */
/*
 * heap_sample: which blocks of a heap are sampled, or guarded, without a branch on the fast paths.
 *
 * Whether a block will be sampled is decided when it comes to be at hand, and so before malloc
 * takes it, or in the slow path that hands it out:
 *
 * - a block put into a magazine, and to be sampled, is marked there: to the fast path it looks like
 *   the bottom, so that malloc comes to the slow path. Free's slow paths decide for each block. For
 *   those that free puts there without one, the poll decides: it comes after a number of frees that
 *   no pattern of the program's can follow (chance_trials), so each free has the same chance to be
 *   looked at, and the poll thins them out to the chance that a block of that size is to have;
 * - of blocks put into a cursor, those before the next event; the class is then marked, and malloc,
 *   when the cursor is used up, comes to the slow path;
 * - where a block goes from a pool to the program, at once.
 *
 * A decision whose block goes back to its pool instead is void; no decision looks at what others
 * were. What is sampled is not the block at hand, which stays there and is decided upon again, but
 * one of the shared heap (allocate.c): frees of such blocks come to a slow path by their tags.
 *
 *   S1 a class with a mark in its magazine has an empty cursor, no mark of its own, and its bit in
 *      marked_rounds
 */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/guard.h"
#include "heap/inbox.h"
#include "heap/sample.h"
#include "os/os.h"

/* ---- Marks of rounds ---- */

static uint64_t bit_of(unsigned class_index) { return (uint64_t)1 << class_index % 64; }

static void mark_top(struct heap *heap, unsigned class_index) {
    struct round *top = heap->top[class_index];
    uintptr_t place = top->block >> ALIGN_SHIFT & 63;
    if (!size_class_is_span(class_index)) heap_empty_cursor(heap, class_index); /* S1 */
    top->word = (struct atomic_u64 *)((uintptr_t)top->word | ROUND_MARK | place << ROUND_PLACE);
    top->block = 0;
    heap->marked_rounds[class_index / 64] |= bit_of(class_index);
}

void heap_round_remove_mark(struct round *round) {
    ASSERT(heap_round_is_marked(round));
    uintptr_t word = (uintptr_t)round->word, place = word >> ROUND_PLACE & 63;
    round->word = (struct atomic_u64 *)(word & (((uintptr_t)1 << ROUND_PLACE) - 1));
    struct pool *pool = pool_of_live(round->word);
    round->block = window_record_base(pool) + (uintptr_t)(round->word - pool->live) * WORD_SPAN +
                   (place << ALIGN_SHIFT);
}

void heap_remove_marks(struct heap *heap, unsigned class_index) {
    heap->marked_rounds[class_index / 64] &= ~bit_of(class_index);
    for (struct round *at = heap->top[class_index]; !heap_round_is_bottom(at); at--)
        heap_round_unmark(at);
}

/* ---- Decisions ----
 *
 * What blocks are sampled and guarded for are two Poisson processes, one over their bytes and one
 * over their number, and decisions are about both in one: lengths and distances are counted in
 * events. Of a block in which one falls, what it is chosen for is drawn when it is handed out.
 */

struct chances {
    double sample, guard;
};

static double of_either(struct chances c) { return c.sample + c.guard - c.sample * c.guard; }

static struct chances chances_at_hand(unsigned class_index) {
    double sample = sample_mean() != 0 ? sample_chance_at_hand(class_index) : 0;
    return (struct chances){sample, guard_chance(size_classes[class_index].stride)};
}

static struct chances chances_of(size_t size) {
    double sample = sample_mean() != 0 ? sample_chance(size) : 0;
    return (struct chances){sample, guard_chance(size)};
}

/* With a mean of 1 an event falls into each block: CERTAIN is beyond all distances to the next. */
static double byte_events(size_t size) {
    static const double CERTAIN = 64;
    size_t mean = sample_mean();
    return mean == 0 ? 0 : mean == 1 ? CERTAIN : (double)size / (double)mean;
}

/* What follows from the settings for each class, as words that hold a double. */
static struct {
    struct atomic_u64 events;  /* in a block */
    struct atomic_u64 at_hand; /* chance of one from a magazine */
    struct atomic_u64 to_mark; /* the length within which an event has that chance */
} of_class[CLASS_COUNT];

static void keep(struct atomic_u64 *word, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    atomic_u64_store(word, bits);
}

static double kept(const struct atomic_u64 *word) {
    uint64_t bits = atomic_u64_load(word);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

void heap_set_chances(void) {
    size_class_init(); /* the process may not have had its first block */
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        size_t size = size_classes[c].stride;
        keep(&of_class[c].events, byte_events(size) + guard_events(size));
        double chance = of_either(chances_at_hand(c));
        keep(&of_class[c].at_hand, chance);
        keep(&of_class[c].to_mark, chance_length(chance));
    }
}

/* How many of `count` blocks, with so many events in each, come before the first with one. */
static unsigned count_before_event(struct heap *heap, double events, unsigned count) {
    double all = events * count;
    if (likely(heap->to_event > all)) {
        heap->to_event -= all;
        return count;
    }
    unsigned before = (unsigned)(heap->to_event / events);
    heap->to_event = chance_distance(&heap->chance);
    return before < count ? before : count - 1;
}

bool heap_decide(struct heap *heap, size_t size) {
    return count_before_event(heap, byte_events(size), 1) == 0;
}

static bool has_class_mark(const struct heap *heap, unsigned class_index) {
    return (heap->marked[class_index / 64] & bit_of(class_index)) != 0;
}

unsigned heap_decide_cursor(struct heap *heap, unsigned class_index, unsigned count) {
    unsigned before = count_before_event(heap, kept(&of_class[class_index].events), count);
    if (before < count) heap->marked[class_index / 64] |= bit_of(class_index);
    return before;
}

void heap_forget_mark(struct heap *heap, unsigned class_index) {
    heap->marked[class_index / 64] &= ~bit_of(class_index);
}

/* Marks the block on top of its magazine with that chance. */
static void decide_top(struct heap *heap, unsigned class_index, double chance) {
    if (chance_unit(&heap->chance) < chance) mark_top(heap, class_index);
}

static NOINLINE void mark_put(struct heap *heap, unsigned class_index) {
    heap->to_mark = chance_distance(&heap->chance);
    mark_top(heap, class_index);
}

void heap_decide_put(struct heap *heap, uintptr_t address) {
    unsigned class_index = atomic_u8_load(&window_look_up(address)->class_index);
    if (heap->top[class_index]->block != address) return;
    heap->to_mark -= kept(&of_class[class_index].to_mark);
    if (unlikely(heap->to_mark <= 0)) mark_put(heap, class_index);
}

/* The count of frees is over by itself, or another thread has set it to 1, which is no event. */
void heap_decide_poll(struct heap *heap, uintptr_t address) {
    unsigned class_index = atomic_u8_load(&window_look_up(address)->class_index);
    if (heap->top[class_index]->block != address) return;
    double chance = kept(&of_class[class_index].at_hand);
    decide_top(heap, class_index, inbox_calls(heap) ? chance : chance * heap->poll_mean);
}

/* Any distances of that mean which no pattern can follow give each free the same chance. Those that
   make the polls independent of each other take longer, and estimates need them. */
uint32_t heap_next_poll(struct heap *heap, unsigned most) {
    size_t frees = sample_poll_frees(sample_mean());
    unsigned mean = heap->bare ? most : (unsigned)size_min(most, frees);
    heap->poll_mean = mean;
    if (heap->sampling != HEAP_SAMPLES_GUARDS) return chance_trials(&heap->chance, mean);
    return 1 + (uint32_t)((chance_bits(&heap->chance) >> 32) * (2 * mean - 1) >> 32);
}

/* Draws what a block is chosen for in which an event of either kind, or of both, falls. */
static struct heap_choice draw(struct heap *heap, struct chances c) {
    struct heap_choice choice = {.chance = c.sample};
    choice.is_guarded = chance_unit(&heap->chance) * of_either(c) < c.guard;
    choice.is_sampled =
        c.sample > 0 && (!choice.is_guarded || chance_unit(&heap->chance) < c.sample);
    return choice;
}

static bool is_at_hand(const struct heap *heap, unsigned class_index) {
    return heap->top[class_index]->block != 0 ||
           (!size_class_is_span(class_index) && heap->cursors[class_index].bits != 0);
}

/* Blocks at hand were decided upon when they came to be there, all others are now. A signal may
   come: what it takes of `to_event` is lost, which is as if the blocks of its handler had been
   others. */
bool heap_next_is_plain(struct heap *heap, unsigned class_index) {
    if (unlikely(heap_round_is_marked(heap->top[class_index]))) return false;
    if (is_at_hand(heap, class_index)) return true;
    double events = kept(&of_class[class_index].events);
    if (unlikely(has_class_mark(heap, class_index) || heap->to_event <= events)) return false;
    heap->to_event -= events;
    return true;
}

struct heap_choice heap_next_choice(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    static const struct heap_choice nothing, every = {.is_sampled = true, .chance = 1};
    if (sample_mean() == 1 && guard_every() == 0) return every;
    struct round *top = heap->top[class_index];
    if (heap_round_is_marked(top)) {
        struct chances chances = chances_at_hand(class_index);
        heap_round_unmark(top);
        decide_top(heap, class_index, of_either(chances));
        return draw(heap, chances);
    }
    if (is_at_hand(heap, class_index)) return nothing;
    bool marked = has_class_mark(heap, class_index);
    heap_forget_mark(heap, class_index);
    bool chosen = marked || count_before_event(heap, kept(&of_class[class_index].events), 1) == 0;
    return chosen ? draw(heap, chances_of(size_classes[class_index].stride)) : nothing;
}

/* All at hand is decided upon by the same rule from here on. */
void heap_set_sampling(struct heap *heap, unsigned samples) {
    ASSERT(heap_is_mine(heap));
    heap_flush(heap);
    heap->sampling = (uint8_t)samples;
    memset(heap->marked, 0, sizeof heap->marked);
    memset(heap->marked_rounds, 0, sizeof heap->marked_rounds);
    if (samples == 0) return;
    static struct atomic_u64 streams;
    heap->chance.state = os_random((unsigned)atomic_u64_add(&streams, 1) + 1000) ^ os_clock_ns();
    heap->to_event = chance_distance(&heap->chance);
    heap->to_mark = chance_distance(&heap->chance);
    atomic_u32_store(&heap->frees_to_poll, heap_next_poll(heap, HEAP_POLL_FREES));
}
