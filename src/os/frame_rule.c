/* SPDX-License-Identifier: MIT */
#include "os/frame_rule.h"

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"
#include "os/kernel.h"

enum { STACK_SPAN = 8 * 1024 * 1024 }; /* a stack is not longer, mostly */

/* The stack of the first thread ends below what the kernel has put there for the program, 16 random
   bytes among it. Nothing else lies within 128 MiB below. */
static uintptr_t first_stack_end(void) {
    static struct atomic_u64 end;
    uintptr_t known = atomic_u64_load(&end);
    if (unlikely(known == 0)) atomic_u64_store(&end, known = getauxval(AT_RANDOM));
    return known;
}

/* The kernel says for a wait of no time whether it can read the word. */
bool frame_rule_is_mapped(uintptr_t address) {
    struct timespec at_once = {0, 0};
    int saved_errno = errno;
    long result =
        syscall(SYS_futex, address, KERNEL_FUTEX_WAIT | KERNEL_FUTEX_PRIVATE, 0, &at_once, NULL, 0);
    bool readable = result == 0 || errno != EFAULT;
    errno = saved_errno;
    return readable;
}

bool frame_rule_can_read(uintptr_t address, uintptr_t lowest) {
    size_t frames = first_stack_end() - lowest;
    return (frames < STACK_SPAN && address - lowest < frames) || frame_rule_is_mapped(address);
}

#if defined(__x86_64__)

bool frame_rule_works(void) { return true; }

/* What a rule says is in a word: from the lowest bit its kind, the words of the frame, and the
   words from the caller's frame down to where the frame pointer is kept, 0: nowhere. With the
   place, as far as the set does not tell it, this is one word of memory: so that it is read and
   written as a whole. */
enum kind { UNKNOWN, BY_SIZE, BY_POINTER, OUTERMOST };
enum {
    /* Two to a set: with one, a deep stack often has two callers that drive each other out for
       ever, so that each walk of it is slow. */
    SET_BITS = 11,
    WAYS = 2,
    WORD = sizeof(uintptr_t),
    STACK_PAGE = 4096,
    SIZE_SHIFT = 2,
    SIZE_MOST = 1 << 16, /* words */
    KEPT_SHIFT = 18,
    /* A function keeps registers right below its return address. Further down a stack may end,
       where a handler of signals has one of its own. */
    KEPT_MOST = 16,
    RULE_BITS = 24,
    PLACE_BITS = SET_BITS + 64 - RULE_BITS,
    RETURN_WORDS = 1, /* the return address is the word below the caller's frame, */
    POINTER_WORDS = 2 /* and where there is a frame pointer, it leads to the word below that */
};
static_assert(SIZE_MOST << SIZE_SHIFT == 1 << KEPT_SHIFT &&
                  KEPT_MOST < 1 << (RULE_BITS - KEPT_SHIFT),
              "all of a rule fits");

static struct {
    struct atomic_u64 rules[1 << SET_BITS][WAYS]; /* 0: unused */
    struct atomic_u32 written;
    struct atomic_u32 next_way; /* to be used again in a full set; for who has `written` */
} known;

void frame_rule_reset_for_test(void) { memset(&known, 0, sizeof known); }

/* The set and the upper bits together tell the place. */
static inline uint64_t upper_bits(uintptr_t place) { return place >> SET_BITS; }

static inline struct atomic_u64 *set_of(uintptr_t place) {
    uint64_t mixed = upper_bits(place) * 0x9e3779b97f4a7c15 >> (64 - SET_BITS);
    return known.rules[(place ^ mixed) % (1 << SET_BITS)];
}

/* The rule of a place, UNKNOWN: there is none. */
static inline uint64_t rule_load(uintptr_t place) {
    const struct atomic_u64 *set = set_of(place);
    for (unsigned way = 0; way < WAYS; way++) {
        uint64_t word = atomic_u64_load(&set[way]);
        if (word >> RULE_BITS == upper_bits(place)) return word % (1 << RULE_BITS);
    }
    return UNKNOWN;
}

/* Where the rule of a place is, or is to be. */
static struct atomic_u64 *place_for(uintptr_t place) {
    struct atomic_u64 *set = set_of(place);
    for (unsigned way = 0; way < WAYS; way++)
        if (atomic_u64_load(&set[way]) >> RULE_BITS == upper_bits(place)) return &set[way];
    for (unsigned way = 0; way < WAYS; way++)
        if (atomic_u64_load(&set[way]) == 0) return &set[way];
    uint32_t way = atomic_u32_load(&known.next_way);
    atomic_u32_store(&known.next_way, (way + 1) % WAYS);
    return &set[way];
}

/* There is one writer at a time, and none that waits. */
static void rule_store(uintptr_t place, uint64_t rule) {
    if (place >> PLACE_BITS != 0 || rule_load(place) == rule) return;
    if (atomic_u32_exchange(&known.written, 1) != 0) return;
    atomic_u64_store(place_for(place), upper_bits(place) << RULE_BITS | rule);
    atomic_u32_store_release(&known.written, 0);
}

static uintptr_t word_below(uintptr_t address, size_t words) {
    return ((const uintptr_t *)address)[-(ptrdiff_t)words];
}

/* How many words below the caller's frame its frame pointer is kept: the nearest with that value.
   0 where it is in the register still, -1 where it is nowhere. */
static int find_kept(const struct frame *frame, const struct frame *caller) {
    if (frame->pointer == caller->pointer) return 0;
    size_t words = (caller->stack - frame->stack) / WORD;
    for (int i = POINTER_WORDS; i <= (int)size_min(words, KEPT_MOST); i++)
        if (word_below(caller->stack, (size_t)i) == caller->pointer) return i;
    return -1;
}

static bool has_pointer(const struct frame *frame, const struct frame *caller) {
    return caller->stack - frame->pointer == POINTER_WORDS * WORD &&
           word_below(caller->stack, POINTER_WORDS) == caller->pointer;
}

void frame_rule_learn(const struct frame *frame, const struct frame *caller) {
    if (caller == NULL) {
        rule_store(frame->place, OUTERMOST);
        return;
    }
    size_t size = caller->stack - frame->stack;
    if (size % WORD != 0 || size == 0 || size / WORD >= SIZE_MOST) return;
    if (word_below(caller->stack, RETURN_WORDS) != caller->place) return; /* a signal's frame */
    if (has_pointer(frame, caller)) {
        rule_store(frame->place, BY_POINTER | (uint64_t)POINTER_WORDS << SIZE_SHIFT |
                                     (uint64_t)POINTER_WORDS << KEPT_SHIFT);
        return;
    }
    int kept = find_kept(frame, caller);
    if (kept < 0) return;
    rule_store(frame->place, BY_SIZE | size / WORD << SIZE_SHIFT | (uint64_t)kept << KEPT_SHIFT);
}

ALWAYS_INLINE bool can_read(uintptr_t address, uintptr_t lowest, uintptr_t *known_page) {
    uintptr_t page = align_down(address, STACK_PAGE);
    if (likely(page == *known_page)) return true;
    if (!frame_rule_can_read(address, lowest)) return false;
    *known_page = page;
    return true;
}

/* *kept is the word that the caller's frame pointer was read from, 0: it is the frame's own. */
ALWAYS_INLINE enum frame_step step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page,
                                   uintptr_t *kept_at) {
    uint64_t rule = rule_load(frame->place);
    enum kind kind = (enum kind)(rule % (1 << SIZE_SHIFT));
    if (unlikely(kind == OUTERMOST)) return FRAME_OUTERMOST;
    if (unlikely(kind == UNKNOWN)) return FRAME_UNKNOWN;
    size_t size = (rule >> SIZE_SHIFT) % SIZE_MOST * WORD, kept = (rule >> KEPT_SHIFT) * WORD;
    uintptr_t caller = (kind == BY_POINTER ? frame->pointer : frame->stack) + size;
    bool is_above = caller % WORD == 0 && caller > frame->stack && caller - lowest < STACK_SPAN;
    if (unlikely(!is_above || caller - frame->stack < kept)) return FRAME_UNKNOWN;
    if (!can_read(caller - WORD, lowest, known_page)) return FRAME_UNKNOWN;
    frame->place = word_below(caller, RETURN_WORDS);
    *kept_at = kept != 0 ? caller - kept : 0;
    if (kept != 0) {
        if (!can_read(*kept_at, lowest, known_page)) return FRAME_UNKNOWN;
        frame->pointer = *(const uintptr_t *)*kept_at;
    }
    frame->stack = caller;
    return FRAME_CALLER;
}

enum frame_step frame_rule_step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page) {
    uintptr_t kept;
    return step(frame, lowest, known_page, &kept);
}

ALWAYS_INLINE bool leads_to(const struct footprint *next, uintptr_t lowest, uintptr_t *known_page) {
    uintptr_t caller = next->frame.stack;
    if (!can_read(caller - WORD, lowest, known_page)) return false;
    if (word_below(caller, RETURN_WORDS) != next->frame.place) return false;
    if (next->kept == 0) return true;
    if (!can_read(next->kept, lowest, known_page)) return false;
    return *(const uintptr_t *)next->kept == next->frame.pointer;
}

/* Goes along the trail, and notes the places of up to `most` frames. Returns how many. */
static unsigned go_along(struct trail *trail, uintptr_t lowest, uintptr_t *known_page,
                         uintptr_t *places, unsigned most) {
    const struct footprint *here = &trail->old[trail->at], *first = here;
    const struct footprint *last = &trail->old[TRAIL_MOST - 1];
    if (most < (unsigned)(last - here)) last = here + most;
    while (here < last && leads_to(here + 1, lowest, known_page)) {
        here++;
        *places++ = here->frame.place;
    }
    trail->at += (unsigned)(here - first);
    return (unsigned)(here - first);
}

/* Adds the frame to a way, which the walk came to by a word at `kept`, from where it began. */
static void add_to_way(struct way *way, uintptr_t began, const struct frame *frame, uintptr_t place,
                       uintptr_t kept) {
    unsigned i = way->count < WAY_MOST ? way->count : WAY_MOST - 1;
    way->count++;
    way->places[i] = place;
    way->sizes[i] = (uint16_t)((frame->stack - began) / WORD);
    if (kept == 0) return;
    way->keeps = true;
    way->kept = (uint16_t)((kept - began) / WORD);
}

static bool is_short(const struct way *way, uintptr_t size) {
    return way->count > 0 && way->count <= WAY_MOST && size / WORD <= UINT16_MAX;
}

/* Leaves the frames of own functions. */
static enum frame_step leave_own(struct trail *trail, struct frame *frame, uintptr_t *known_page,
                                 const struct stretch *own) {
    if (!stretch_has(own, frame->place)) return FRAME_CALLER;
    if (trail != NULL && trail_leave_own(trail, frame, own)) return FRAME_CALLER;
    uintptr_t lowest = frame->stack;
    struct way way = {.count = 0};
    enum frame_step last = FRAME_CALLER;
    while (last == FRAME_CALLER && stretch_has(own, frame->place)) {
        uintptr_t place = frame->place, kept;
        last = step(frame, lowest, known_page, &kept);
        if (last == FRAME_CALLER) add_to_way(&way, lowest, frame, place, kept);
    }
    if (trail != NULL && last == FRAME_CALLER && is_short(&way, frame->stack - lowest))
        trail_learn_way(trail, &way);
    return last;
}

unsigned frame_rule_follow(struct frame frame, const struct stretch *own, uintptr_t *places,
                           unsigned most, enum frame_step *last) {
    uintptr_t lowest = frame.stack, known_page = align_down(lowest - 1, STACK_PAGE), kept = 0;
    struct trail *trail = trail_take(lowest);
    unsigned count = 0;
    *last = leave_own(trail, &frame, &known_page, own);
    while (count < most && *last == FRAME_CALLER) {
        places[count++] = frame.place;
        if (trail != NULL && trail_meet(trail, &frame, kept)) {
            count += go_along(trail, lowest, &known_page, places + count, most - count);
            frame = trail->old[trail->at].frame;
        }
        if (count < most) *last = step(&frame, lowest, &known_page, &kept);
    }
    if (trail != NULL) trail_give_back(trail, *last != FRAME_UNKNOWN);
    return count;
}

#else

bool frame_rule_works(void) { return false; }
void frame_rule_reset_for_test(void) {}
void frame_rule_learn(const struct frame *frame, const struct frame *caller) {
    (void)frame;
    (void)caller;
}
enum frame_step frame_rule_step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page) {
    (void)frame;
    (void)lowest;
    (void)known_page;
    return FRAME_UNKNOWN;
}
unsigned frame_rule_follow(struct frame frame, const struct stretch *own, uintptr_t *places,
                           unsigned most, enum frame_step *last) {
    (void)frame;
    (void)own;
    (void)places;
    (void)most;
    *last = FRAME_UNKNOWN;
    return 0;
}

#endif
