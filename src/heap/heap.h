/* SPDX-License-Identifier: MIT */
/*
 * heap.h - what one thread owns: its pools and spans, free blocks of each size class at hand, and
 * the fast paths of malloc and free. A heap is used by one thread at a time, its owner, and needs
 * no lock or atomic; other threads' frees come in through the inbox (remote.h).
 *
 * A block is live (its bit in `live` is set), spare (its bit in `spare` is set), or at hand in one
 * of two places:
 *   in the magazine, an array beside the heap: what was freed last, for programs that replace
 *   in the cursor, a word of bits taken out of a pool: for programs that build
 * or, where blocks are treated, in a third or fourth, in quarantine and among those that are held.
 * Nothing is ever written into a free block but the byte of M_PERTURB, and zeros where blocks are
 * treated, and `live` tells the truth at every moment, so that a double or interior free is found
 * by the step that frees.
 *
 * States of a pool (or span), and what moves it on:
 *   FULL     has no spare block; on no list. A block becomes spare -> PARTIAL.
 *   PARTIAL  on the list of its class. Its last spare blocks are taken -> FULL; its last block
 *            becomes spare -> EMPTY.
 *   EMPTY    all blocks spare; kept for the next pool of any class, or given back to its arena.
 *   ADRIFT   was PARTIAL and goes to another heap (pending.h): on no list until that takes it in.
 *
 * Invariants, which heap_check checks:
 *   H1 live and spare bits are set only where blocks start, and never both
 *   H2 taken = capacity - spare bits = live bits + blocks at hand
 *   H3 PARTIAL if and only if 0 < taken < capacity, FULL if and only if taken = capacity
 *   H4 idle_bytes = sum of the strides of spare blocks of spans that have memory behind them
 *   H5 pending bits (pending.h) are set only where live ones are
 *   H6 blocks = the sum of what its pools have taken + lost_blocks; in the child of a fork in the
 *      middle of a take-over lost_blocks may be more
 *   H7 bit n of has_room is set if and only if room[n] > 0
 *   H8 of the PARTIAL spans of a class the lean ones come last
 */
#ifndef POOLALLOC_HEAP_H
#define POOLALLOC_HEAP_H

#include "base/chance.h"
#include "heap/arena.h"
#include "heap/block.h"
#include "heap/cursor.h"
#include "heap/magazine.h"
#include "heap/note.h"
#include "heap/pool.h"
#include "heap/quarantine.h"
#include "heap/size_class.h"
#include "heap/window.h"

enum pool_state { POOL_EMPTY, POOL_PARTIAL, POOL_FULL, POOL_ADRIFT };

/* Blocks of one other heap that wait to be sent there (remote.h): those of the word that came last
   by their bits, the others in the message. */
struct batch {
    struct heap *to; /* NULL: unused */
    struct message *message;
    size_t bytes;    /* there is room for: its budget less its blocks */
    uintptr_t first; /* the block of the word that came first; and the bits of all */
    uint64_t bits;
    unsigned singles; /* blocks of others that become pending before the message gives way */
} CACHE_ALIGNED;      /* so that a batch is one shift from its place */

enum {
    HEAP_EMPTY_POOLS = 16, /* kept for reuse: 64 KiB */
    HEAP_BATCHES = 8,
    HEAPS_ARE_MANY = 16, /* so many in use: each keeps less */
    HEAP_LEAVING = 8,    /* runs that go back under one lock */
    /* A request above 512 bytes rather gets a free block of one of so many classes above its own
       than memory that was not used before, so that less memory is used. The largest is at most
       twice as long as asked for, as free_sized and realloc have it. */
    NEAR_CLASSES = 3,
    /* Frees between two looks at inbox and clock; fewer while there is memory to be given back. */
    HEAP_POLL_FREES = 128,
    HEAP_POLL_FREES_PURGING = 8,
    HEAP_SETTLE_POOLS = MIB / POOL_SIZE, /* moved by a heap between two looks at its magazines */
    /* Bytes of free blocks in spans that a heap may keep at least; it may earn up to a quarter of
       the pages in use. */
    HEAP_IDLE_LEAST = MIB,
    MAGAZINE_FIRST = 15, /* rounds that a magazine gets at first: many classes are seldom used */
    /* All magazines with their bottoms; those of small classes have a first, smaller one before. */
    HEAP_ROUNDS = MAGAZINES_OF_ALL + SMALL_CLASSES * (MAGAZINE_FIRST + 1),
};

/* The lowest bits of the inbox word (inbox.h). ASLEEP is IN_USE by an owner who has not looked into
   the inbox for so long that nobody puts messages there. */
enum heap_state {
    HEAP_IN_USE,
    HEAP_ASLEEP,
    HEAP_PARKED,  /* no thread has it */
    HEAP_BUSY,    /* parked, but a thread is at it */
    HEAP_ORPHAN,  /* its thread is gone and may have been in the middle of anything */
    HEAP_ADOPTED, /* an orphan that is just being rebuilt */
    HEAP_STATES = 8,
};

struct heap {
    /* The magazines: the last round put in, the bottom round when there is none; and the last that
       there is room for. Two arrays, so that an index is one shift from its place on fast paths.
       All begin without room, at the common bottom `no_rounds`. */
    struct round *top[CLASS_COUNT];
    struct round *end[CLASS_COUNT];
    struct cursor cursors[1 + QUICK_CLASSES]; /* those of spans are always empty */
    /* Counted down by free: time passes for a program that only mallocs and frees the same few
       blocks, too. Set to 1 by whoever posts to the inbox, which the owner may miss by writing at
       the same time, and then sees a few frees later. */
    struct atomic_u32 frees_to_poll;
    uint32_t trim_seen;               /* the last trim (allocate.h) that this heap took part in */
    uint64_t flush_due;               /* when to flush it (allocate.c), in ms of os_clock_ms */
    struct link partial[CLASS_COUNT]; /* of struct pool */

    /* How many rounds each magazine may hold, above 512 bytes within the budget of heap_room.c, and
       whether one of those was full since it got that room. */
    uint8_t room[CLASS_COUNT];
    uint64_t has_room[(CLASS_COUNT + 63) / 64]; /* H7 */
    bool was_full[CLASS_COUNT];
    size_t room_bytes;      /* what they may hold together */
    unsigned next_to_yield; /* the class that gives room to another */

    struct round *seen[CLASS_COUNT]; /* the tops of magazines when the heap settled last (heap.c) */
    unsigned moved_pools; /* taken since then without memory behind them, or given back */

    uintptr_t leaving[HEAP_LEAVING]; /* runs without a block, about to go back to the arenas */
    unsigned leaving_count;
    size_t blocks; /* live or at hand, H6 */
    /* See heap_rest.c: the most that were live at the last looks, polls before the next, and when
       it may let go of the others again. */
    size_t live_lately, polls_to_look;
    uint64_t rest_due;
    size_t idle_bytes; /* spare blocks in spans that have memory behind them */
    size_t idle_most;  /* with more idle bytes the pages of idle blocks are purged */
    size_t idle_left;  /* idle bytes after that: their blocks share pages with live ones */
    size_t idle_kept;  /* idle bytes that may be kept beside those; earned */
    size_t idle_gone;  /* bytes of blocks whose pages went at the last such purge */
    size_t idle_again; /* bytes of purged blocks that were handed out since */

    struct notes notes; /* when to note who asks for memory */

    struct arena_pools reserve; /* taken from an arena, unused so far */
    size_t growth;              /* times that the reserve was taken without memory behind it */
    uintptr_t empty[HEAP_EMPTY_POOLS];
    unsigned empty_count;

    bool bare;       /* nothing is ever at hand, so that every malloc and free takes a slow path */
    bool counting;   /* bare, and every malloc is counted in `served` */
    uint64_t served; /* blocks handed out, if counting */

    /* While blocks are sampled: see heap_sample.c. */
    uint8_t sampling;                         /* bits of enum heap_samples */
    unsigned poll_mean;                       /* frees between two polls */
    struct chance chance;                     /* what decides */
    double to_event;                          /* to be handed out before the next event falls */
    double to_mark;                           /* to be freed by slow paths before the next mark */
    uint64_t marked[(CLASS_COUNT + 63) / 64]; /* classes whose next block is sampled */
    uint64_t marked_rounds[(CLASS_COUNT + 63) / 64]; /* classes with a marked round, perhaps */

    struct batch batches[HEAP_BATCHES];
    size_t sent_bytes;        /* freed for others since the heap looked after their inboxes last */
    struct message *messages; /* empty ones (message.h) */
    unsigned message_count;
    unsigned rounds_used;

    struct heap *next;               /* all heaps there are */
    uint32_t owner;                  /* the last that it had: its number (lock.h) */
    struct link parked;              /* under the space lock: see thread_heap.c */
    uint64_t parked_at;              /* in ms of os_clock_ms */
    struct heap *next_held;          /* of those that a thread holds BUSY (pending.h) */
    struct round *held[CLASS_COUNT]; /* while blocks are handed out at random: see heap_treat.c */
    struct chance dice;              /* what decides; 0 before the first time */
    struct quarantine quarantine;    /* what waits, before it may be held */
    size_t asked;                    /* bytes, by the request that is served now */
    bool warm;                       /* it keeps what it has at hand while it is parked */

    /* Written by other threads: a line of its own. */
    CACHE_ALIGNED struct atomic_u64 inbox; /* what came from them, and the state: see inbox.h */
    struct atomic_u32 waits_since;         /* ms: when the first of what is there now came */
    struct atomic_u32 weight_left; /* of the pools that the last sweep (remote.c) put back */
    struct atomic_u64 lost_blocks; /* of pools that others took over (heap_bury_pool) */

    CACHE_ALIGNED struct round rounds[]; /* HEAP_ROUNDS of them, but none in no_heap */
};

#define HEAP_SIZE (sizeof(struct heap) + HEAP_ROUNDS * sizeof(struct round))

#ifdef __cplusplus
extern "C" {
#endif

/* Heaps in use by threads: the more there are, the less each keeps. */
extern struct atomic_u64 heaps_in_use;

/* The bottom of all magazines without room. */
extern struct round no_rounds;

/* Begins a heap in HEAP_SIZE bytes that are all zero. A counting heap is bare; so is every one that
   begins while blocks are filled (options.perturb) or treated. */
void heap_init(struct heap *heap, bool counting);
/* Lets go of all that is at hand and becomes bare, or keeps blocks at hand again; a counting heap
   stays bare. */
void heap_set_bare(struct heap *heap, bool bare);

/* The heap becomes bare for good, as blocks are treated from now on (treat.h). */
void heap_begin_treat(struct heap *heap);

/* A block of the class, or of one of the next `near` ones (NEAR_CLASSES; 0 if its stride matters),
   from the heap's own pools; NULL: there is none. */
void *heap_take_own(struct heap *heap, unsigned class_index, unsigned near);
/* A block of the class from the heap's own pools, or from a new one. NULL: no memory. */
void *heap_take(struct heap *heap, unsigned class_index);
/* A block of the class in memory that reads as zero; NULL if there is none, or a free one that has
   memory behind it. */
void *heap_take_zeroed(struct heap *heap, unsigned class_index);
/* Puts a block that is no longer live, whose live bit is in `word`, into a full magazine, which
   grows, or all of whose blocks become spare first. */
void heap_put_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address);
/* Calls heap_put_full, then heap_count_free: one function, so that free needs no register saved. */
bool heap_free_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address);
/* Frees the live blocks whose bits are set in a word of live bits, that of WORD_SPAN bytes at
   `base`. They become spare. False, and nothing done, if one is not live, and for blocks of spans
   or of other heaps. */
bool heap_free_word(struct heap *heap, uintptr_t base, uint64_t bits);
/* Makes all blocks at hand and in quarantine spare, gives all pools without a live block back to
   the arenas, and the free pages in spans to the system, unless the purge delay is `never`. */
void heap_flush(struct heap *heap);
/* Makes all blocks at hand spare and gives all pools without a live block back to the arenas, but
   the system gets only the free pages of spans that nothing was taken from or put into since the
   last such call: so programs keep what they use. Without a purge delay it gets all of them. */
void heap_flush_aged(struct heap *heap);
/* The most arenas that heap_flush could set free: one for each block at hand and each free pool.
   Stops counting at `most`. */
size_t heap_held(const struct heap *heap, size_t most);
/* Frees the live blocks of a span of the heap by the bits of their indices. They become spare.
   Returns the index of one that is not live, -1: there was none. */
int heap_free_in_span(struct heap *heap, struct pool *first, uint64_t blocks);
/* Lets go of all that is at hand, and of the memory of the magazines. */
void heap_shed(struct heap *heap);

/* All blocks in the magazine become spare. */
void heap_empty_magazine(struct heap *heap, unsigned class_index);
/* The older half of the blocks in a magazine of spans becomes spare. */
void heap_halve_magazine(struct heap *heap, unsigned class_index);

/* ---- Random order, and quarantine (heap_treat.c) ---- */

/* Takes a spare block of a small pool for a bare heap: with TREAT_RANDOM the first from a random
   place on, else the lowest. */
void *heap_take_one(struct heap *heap, struct pool *pool);
/* Picks any of the bits of a span's word, which is not 0. */
uint64_t heap_pick_of_span(struct heap *heap, uint64_t bits);
/* What a bare heap does with a block that is no longer live: it waits, is held or is spare; as do
   those that give way to it. */
void heap_dismiss(struct heap *heap, struct round freed);
/* All blocks leave the quarantine of the heap, and its ring is unmapped. */
void heap_end_quarantine(struct heap *heap);
/* All blocks of a class that are held go back to their pools. Their places stay. */
void heap_put_back_held(struct heap *heap, unsigned class_index);
/* A block that is neither live nor at hand any more becomes spare. */
void heap_put_back(struct heap *heap, struct round round);
/* How many blocks of a class are held. */
unsigned heap_held_blocks(const struct heap *heap, unsigned class_index);

/* ---- Room for blocks above 512 bytes (heap_room.c) ---- */

/* From now on the magazine has so many rounds. */
static inline void heap_set_room(struct heap *heap, unsigned class_index, unsigned room) {
    uint64_t bit = (uint64_t)1 << class_index % 64;
    heap->room[class_index] = (uint8_t)room;
    heap->has_room[class_index / 64] &= ~bit;
    if (room > 0) heap->has_room[class_index / 64] |= bit;
}
/* Empties a full magazine, and notes that it was full. */
void heap_note_full(struct heap *heap, unsigned class_index);
/* Gives more room to an empty magazine that was full before, if the budget allows it. */
void heap_widen(struct heap *heap, unsigned class_index);
/* All magazines are without room again. */
void heap_forget_rooms(struct heap *heap);

/* ---- Free memory in spans (heap_idle.c) ---- */

/* The free pages of all PARTIAL spans go back to the system. */
void heap_purge_spans(struct heap *heap);
/* The system gets the free pages of the PARTIAL spans that nothing was taken from or put into since
   the last such call. */
void heap_purge_aged(struct heap *heap);
/* The free blocks in spans have more memory than the heap may keep: the system gets their pages,
   and what the heap may keep is counted anew. */
void heap_purge_idle(struct heap *heap);
/* Empties the magazines that are as they were HEAP_SETTLE_POOLS moved pools ago. */
void heap_settle_magazines(struct heap *heap);

/* ---- Threads that come to rest (heap_rest.c) ---- */

/* True if the heap has nearly no live block and much at hand, but not again for a while. At every
   poll; *frees is the number of frees to the next, which may become less. */
bool heap_comes_to_rest(struct heap *heap, uint64_t now, unsigned *frees);

/* ---- Sampling (heap_sample.c) ---- */

/* What blocks are chosen for: to be known (sample.h), to be guarded (guard.h). */
enum heap_samples { HEAP_SAMPLES_BYTES = 1, HEAP_SAMPLES_GUARDS = 2 };
/* From now on decides which blocks are chosen, for some of these, or no more; lets go of what is at
   hand. */
void heap_set_sampling(struct heap *heap, unsigned samples);
/* The settings of what is sampled and guarded have changed: before heaps are told. */
void heap_set_chances(void);
struct heap_choice {
    bool is_sampled, is_guarded;
    double chance; /* that a block like it is sampled */
};
/* True, as it nearly always is, if the block that malloc is about to take is chosen for nothing;
   otherwise tells what for. In slow paths of a heap that samples, one after the other. */
bool heap_next_is_plain(struct heap *heap, unsigned class_index);
struct heap_choice heap_next_choice(struct heap *heap, unsigned class_index);
/* True if a block of so many bytes that belongs to no class is sampled. */
bool heap_decide(struct heap *heap, size_t size);
/* How many of the blocks for a cursor come before one that is sampled. */
unsigned heap_decide_cursor(struct heap *heap, unsigned class_index, unsigned count);
/* The class has no mark any more: the cursor's blocks went back. */
void heap_forget_mark(struct heap *heap, unsigned class_index);
/* Decides on a block that a slow path has just freed, and that lies in its magazine or not. */
void heap_decide_put(struct heap *heap, uintptr_t address);
/* Decides on the block whose free came to poll, for all frees since the last poll. */
void heap_decide_poll(struct heap *heap, uintptr_t address);
/* Frees until the next poll, `most` on average at the most. */
uint32_t heap_next_poll(struct heap *heap, unsigned most);
/* All blocks of the class's cursor go back to their pools. */
void heap_empty_cursor(struct heap *heap, unsigned class_index);

static inline bool heap_round_is_marked(const struct round *round) {
    return ((uintptr_t)round->word & ROUND_MARK) != 0;
}
static inline bool heap_round_is_bottom(const struct round *round) { return round->word == NULL; }
/* A round is as it was before it was marked. */
void heap_round_remove_mark(struct round *round);
static inline void heap_round_unmark(struct round *round) {
    if (unlikely(heap_round_is_marked(round))) heap_round_remove_mark(round);
}

static inline bool heap_may_have_marks(const struct heap *heap, unsigned class_index) {
    return (heap->marked_rounds[class_index / 64] >> class_index % 64 & 1) != 0;
}
/* All rounds of a magazine are as they were before they were marked. */
void heap_remove_marks(struct heap *heap, unsigned class_index);
static inline void heap_unmark(struct heap *heap, unsigned class_index) {
    if (unlikely(heap_may_have_marks(heap, class_index))) heap_remove_marks(heap, class_index);
}

/* ---- Pools that change hands; for whoever has the pool's token (pending.h) ---- */

/* A PARTIAL pool becomes ADRIFT, with the tag of the heap that is to get it. */
void heap_hand_over(struct heap *from, struct pool *pool, struct heap *to);
/* A pool that is ADRIFT becomes PARTIAL in the heap whose tag it has. */
void heap_receive(struct heap *heap, struct pool *pool);
/* A pool of which the caller has all blocks, which are live, is nobody's. The index or place of one
   that was not live, -1: there was none. */
int heap_bury_pool(struct pool *pool);
/* Gives pools back to the arenas that are nobody's. */
void heap_return_pools(struct pool *const *pools, unsigned count);
/* True if all words of bits of its blocks say that the pool is full. */
bool heap_pool_is_complete(const struct pool *pool, const uint64_t *bits);

/* For a heap whose owner ended in the middle of anything, as in the child of a fork, with the space
   lock: first heap_forget, which leaves the heap without pools and without blocks at hand, but with
   its inbox and open messages; then heap_adopt for each pool that has its tag, in the order of
   their addresses. Blocks that are not live are spare afterwards, and pools without a live block
   free. But where somebody has the pool's token, it is taken to be full. */
void heap_forget(struct heap *heap);
void heap_adopt(struct heap *heap, struct pool *pool, bool has_token);
/* True if the calling thread may change the heap: it owns it, or the heap has no owner who could be
   at it, because it is parked and held BUSY, shared and locked, orphaned, or of a test. */
bool heap_is_mine(const struct heap *heap);
/* Ends the process if an invariant does not hold. */
void heap_check(struct heap *heap);

/* `count` blocks of a PARTIAL pool are no longer spare. */
static inline void heap_count_taken(struct heap *heap, struct pool *pool, unsigned count) {
    heap->blocks += count;
    pool->taken = (uint16_t)(pool->taken + count);
    if (pool->taken < size_classes[pool_class(pool)].capacity) return;
    link_remove(&pool->link);
    pool->state = POOL_FULL;
}

/* The first pool of the class that is PARTIAL, or NULL. */
static inline struct pool *heap_partial(struct heap *heap, unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    return link_is_alone(list) ? NULL : link_owner(list->next, struct pool, link);
}

static inline enum heap_state heap_state(const struct heap *heap) {
    return (enum heap_state)(atomic_u64_load(&heap->inbox) % HEAP_STATES);
}

/* ---- Fast paths ---- */

/* A block for a request up to QUICK_MAX, or NULL: for the slow path to say why. For 0 bytes it is
   always NULL, as class 0 never has a block. */
ALWAYS_INLINE void *heap_take_fast(struct heap *heap, size_t size) {
    if (unlikely(size > QUICK_MAX)) return NULL;
    unsigned class_index = size_class_quick[(size + ALIGN - 1) / ALIGN];
    void *block = magazine_pop(&heap->top[class_index]);
    return likely(block != NULL) ? block : cursor_pop(&heap->cursors[class_index]);
}

/* Puts a block into the magazine of its class; false if there is no room. */
ALWAYS_INLINE bool heap_push(struct heap *heap, uint64_t class_index, uintptr_t block,
                             struct atomic_u64 *word) {
    return magazine_push(&heap->top[class_index], &heap->end[class_index], block, word);
}

/* True every so many frees: the moment for deallocate_poll. */
ALWAYS_INLINE bool heap_count_free(struct heap *heap) {
    return unlikely(count_down(&heap->frees_to_poll.value));
}

enum free_result {
    FREE_DONE,
    FREE_TO_POLL,
    FREE_FULL_TO_POLL, /* it is the moment to poll, said by `full` */
    FREE_OTHER,
};

/* Frees a live block of this heap, by `full` if its magazine is; `pool` is what window_look_up says
   of its address. FREE_OTHER, and nothing done, for every other address. */
ALWAYS_INLINE enum free_result heap_free_or(struct heap *heap, struct pool *pool, uintptr_t address,
                                            bool (*full)(struct heap *, struct atomic_u64 *,
                                                         uintptr_t)) {
    struct atomic_u64 *word = block_end_life(heap, pool, address);
    if (unlikely(word == NULL)) return FREE_OTHER;
    if (unlikely(!heap_push(heap, atomic_u8_load(&pool->class_index), address, word)))
        return full(heap, word, address) ? FREE_FULL_TO_POLL : FREE_DONE;
    return heap_count_free(heap) ? FREE_TO_POLL : FREE_DONE;
}

ALWAYS_INLINE enum free_result heap_free_fast(struct heap *heap, uintptr_t address) {
    return heap_free_or(heap, window_look_up(address), address, heap_free_full);
}

/* Frees a live block of this heap, and does not count it: whoever counts must look whether it is
   time to poll. False, and nothing done, for every other address. */
ALWAYS_INLINE bool heap_free(struct heap *heap, uintptr_t address) {
    struct pool *pool = window_look_up(address);
    struct atomic_u64 *word = block_end_life(heap, pool, address);
    if (unlikely(word == NULL)) return false;
    if (unlikely(!heap_push(heap, atomic_u8_load(&pool->class_index), address, word)))
        heap_put_full(heap, word, address);
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
