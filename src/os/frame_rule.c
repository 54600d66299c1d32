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

/* A rule in a word: from the lowest bit its kind, the words of the frame, and the words from the
   caller's frame down to where the frame pointer is kept, 0: nowhere. */
enum kind { UNKNOWN, BY_SIZE, BY_POINTER, OUTERMOST };
enum {
    /* Two to a set: with one, a deep stack often has two callers that drive each other out for
       ever, so that each walk of it is slow. */
    SETS = 2048,
    WAYS = 2,
    WORD = sizeof(uintptr_t),
    STACK_PAGE = 4096,
    SIZE_SHIFT = 2,
    SIZE_MOST = 1 << 16, /* words */
    KEPT_SHIFT = 32,
    /* A function keeps registers right below its return address. Further down a stack may end,
       where a handler of signals has one of its own. */
    KEPT_MOST = 16,
    RETURN_WORDS = 1, /* the return address is the word below the caller's frame, */
    POINTER_WORDS = 2 /* and where there is a frame pointer, it leads to the word below that */
};

struct rule {
    struct atomic_u64 place; /* 0: unused, or just written */
    struct atomic_u64 word;
};
static struct {
    struct rule rules[SETS][WAYS];
    struct atomic_u32 written;
    struct atomic_u32 next_way; /* to be used again in a full set; for who has `written` */
} known;

static struct rule *set_of(uintptr_t place) {
    return known.rules[(place * 0x9e3779b97f4a7c15) >> 53];
}
static_assert(SETS == 1 << (64 - 53), "the upper bits of a product are an index");

/* The rule of the set with that place, 0: an unused one; NULL: there is none. */
static struct rule *rule_with(uintptr_t place, struct rule *set) {
    for (unsigned way = 0; way < WAYS; way++)
        if (atomic_u64_load_acquire(&set[way].place) == place) return &set[way];
    return NULL;
}

static struct rule *rule_for(uintptr_t place) {
    struct rule *set = set_of(place), *rule = rule_with(place, set);
    if (rule == NULL) rule = rule_with(0, set);
    if (rule != NULL) return rule;
    uint32_t way = atomic_u32_load(&known.next_way);
    atomic_u32_store(&known.next_way, (way + 1) % WAYS);
    return &set[way];
}

/* There is one writer at a time, and none that waits. */
static void rule_store(uintptr_t place, uint64_t word) {
    const struct rule *there = rule_with(place, set_of(place));
    if (there != NULL && atomic_u64_load(&there->word) == word) return;
    if (atomic_u32_exchange(&known.written, 1) != 0) return;
    struct rule *rule = rule_for(place);
    atomic_u64_store(&rule->place, 0);
    atomic_u64_store_release(&rule->word, word);
    atomic_u64_store_release(&rule->place, place); /* partner: rule_load */
    atomic_u32_store_release(&known.written, 0);
}

/* What is read between two looks at the place is of that place. Partner: rule_store. */
static uint64_t rule_load(uintptr_t place) {
    const struct rule *rule = rule_with(place, set_of(place));
    if (rule == NULL || place == 0) return UNKNOWN;
    uint64_t word = atomic_u64_load_acquire(&rule->word);
    return atomic_u64_load(&rule->place) == place ? word : UNKNOWN;
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
        rule_store(frame->place, BY_POINTER | (uint64_t)POINTER_WORDS << KEPT_SHIFT);
        return;
    }
    int kept = find_kept(frame, caller);
    if (kept < 0) return;
    rule_store(frame->place, BY_SIZE | size / WORD << SIZE_SHIFT | (uint64_t)kept << KEPT_SHIFT);
}

static bool can_read(uintptr_t address, uintptr_t lowest, uintptr_t *known_page) {
    uintptr_t page = align_down(address, STACK_PAGE);
    if (page == *known_page) return true;
    if (!frame_rule_can_read(address, lowest)) return false;
    *known_page = page;
    return true;
}

enum frame_step frame_rule_step(struct frame *frame, uintptr_t lowest, uintptr_t *known_page) {
    uint64_t rule = rule_load(frame->place);
    enum kind kind = (enum kind)(rule % (1 << SIZE_SHIFT));
    if (kind == OUTERMOST) return FRAME_OUTERMOST;
    if (kind == UNKNOWN) return FRAME_UNKNOWN;
    uintptr_t caller = kind == BY_POINTER ? frame->pointer + POINTER_WORDS * WORD
                                          : frame->stack + (rule >> SIZE_SHIFT) % SIZE_MOST * WORD;
    size_t kept = rule >> KEPT_SHIFT;
    bool is_above = caller % WORD == 0 && caller > frame->stack && caller - lowest < STACK_SPAN;
    if (!is_above || caller - frame->stack < kept * WORD) return FRAME_UNKNOWN;
    if (!can_read(caller - WORD, lowest, known_page)) return FRAME_UNKNOWN;
    frame->place = word_below(caller, RETURN_WORDS);
    if (kept != 0) {
        if (!can_read(caller - kept * WORD, lowest, known_page)) return FRAME_UNKNOWN;
        frame->pointer = word_below(caller, kept);
    }
    frame->stack = caller;
    return FRAME_CALLER;
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

#endif
