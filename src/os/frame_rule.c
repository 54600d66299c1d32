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
static bool kernel_can_read(uintptr_t address) {
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
    return (frames < STACK_SPAN && address - lowest < frames) || kernel_can_read(address);
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

ALWAYS_INLINE enum frame_step step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page) {
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
    if (kept != 0) {
        if (!can_read(caller - kept, lowest, known_page)) return FRAME_UNKNOWN;
        frame->pointer = *(const uintptr_t *)(caller - kept);
    }
    frame->stack = caller;
    return FRAME_CALLER;
}

enum frame_step frame_rule_step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page) {
    return step(frame, lowest, known_page);
}

unsigned frame_rule_follow(struct frame frame, uintptr_t lowest, uintptr_t *places, unsigned most,
                           enum frame_step *last) {
    uintptr_t known_page = align_down(lowest - 1, STACK_PAGE);
    unsigned count = 0;
    *last = FRAME_CALLER;
    while (count < most && *last == FRAME_CALLER) {
        places[count++] = frame.place;
        *last = step(&frame, lowest, &known_page);
    }
    return count;
}

#else

bool frame_rule_works(void) { return false; }
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
unsigned frame_rule_follow(struct frame frame, uintptr_t lowest, uintptr_t *places, unsigned most,
                           enum frame_step *last) {
    (void)frame;
    (void)lowest;
    (void)places;
    (void)most;
    *last = FRAME_UNKNOWN;
    return 0;
}

#endif
