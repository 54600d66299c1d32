/* SPDX-License-Identifier: MIT */
#include "heap/seal.h"

#include "base/check.h"
#include "base/siphash.h"
#include "heap/pool.h"
#include "heap/size_class.h"
#include "os/os.h"

enum {
    SLACK_BITS = 17,
    FILL_MOST = 64, /* bytes */
    WORD = sizeof(uint64_t),
};
static_assert(2 * SPAN_MAX <= 1 << SLACK_BITS, "the slack of all blocks of pools fits");
static_assert(SEAL_SIZE == sizeof(uint64_t), "the seal is a word");

enum { GONE = 1 };

static struct {
    uint64_t keyed[4]; /* what a seal's hash begins with */
    uint64_t fill;     /* a word of one byte again and again: not 0, which strings end with */
    /* The strangers: a table by their addresses, which is full to a half at the most. */
    struct {
        struct atomic_u64 *places; /* an address; 0: none; GONE: was one */
        size_t count;              /* of places, a power of two; 0: there are none */
        uintptr_t lowest, highest; /* of the addresses; 0: there are none */
    } strangers;
} seal_state;

/* ---- Strangers ---- */

static struct atomic_u64 *stranger_place(uintptr_t block) {
    size_t i = (size_t)(block * UINT64_C(0x9e3779b97f4a7c15) >> 32),
           last = seal_state.strangers.count - 1;
    for (;; i++) {
        uint64_t there = atomic_u64_load(&seal_state.strangers.places[i & last]);
        if (there == block || there == 0) return &seal_state.strangers.places[i & last];
    }
}

bool seal_is_stranger(uintptr_t block) {
    if (likely(block > seal_state.strangers.highest || block < seal_state.strangers.lowest))
        return false;
    return atomic_u64_load(stranger_place(block)) == block;
}

static void note_blocks(struct pool *pool) {
    for (unsigned w = 0; w < POOL_WORDS; w++) {
        uint64_t live = atomic_u64_load(&pool->live[w]);
        for (; live != 0; live &= live - 1) {
            uintptr_t block = window_record_base(pool) + w * (uintptr_t)WORD_SPAN +
                              ((uintptr_t)bit_lowest(live) << ALIGN_SHIFT);
            atomic_u64_store(stranger_place(block), block);
            if (block > seal_state.strangers.highest) seal_state.strangers.highest = block;
            if (block < seal_state.strangers.lowest || seal_state.strangers.lowest == 0)
                seal_state.strangers.lowest = block;
        }
    }
}

static size_t count_blocks(struct pool *pool) { return pool_live_blocks(pool); }

/* The sum for all pools of what `count` returns, if it is given. */
static size_t each_pool(size_t (*count)(struct pool *), void (*note)(struct pool *)) {
    size_t sum = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_POOLS; i++) {
            struct pool *pool = &window->record[i].pool;
            uint64_t tag = atomic_u64_load(&pool->tag);
            if (tag == 0 || tag_kind(tag, window_record_base(pool)) != TAG_HEAP) continue;
            if (count != NULL) sum += count(pool);
            if (note != NULL) note(pool);
        }
    return sum;
}

bool seal_begin(void) {
    uint64_t secret = os_secret();
    const uint64_t key[2] = {secret, rotate_left(secret, 32) ^ UINT64_C(0x736f6d6570736575)};
    siphash_begin(seal_state.keyed, key);
    seal_state.fill = ((secret >> 40 & 0xff) | 1) * UINT64_C(0x0101010101010101);
    size_t live = each_pool(count_blocks, NULL), places = os_page_size() / sizeof(uint64_t);
    while (places < 2 * live) places *= 2;
    seal_state.strangers.places = (struct atomic_u64 *)os_map(places * sizeof(uint64_t));
    if (seal_state.strangers.places == NULL) return false;
    seal_state.strangers.count = places;
    seal_state.strangers.lowest = seal_state.strangers.highest = 0;
    each_pool(NULL, note_blocks);
    return true;
}

/* ---- Seals ---- */

static inline uint64_t seal_of(uintptr_t block, size_t slack) {
    uint64_t v[4];
    ASSERT(slack < 1 << SLACK_BITS && slack >= SEAL_SIZE);
    memcpy(v, seal_state.keyed, sizeof v);
    siphash_add(v, block << (SLACK_BITS - ALIGN_SHIFT) ^ slack, 1);
    return siphash_end(v, 3) << SLACK_BITS | slack;
}

static uint64_t *word_of(uintptr_t block, size_t stride) {
    return (uint64_t *)(block + stride - SEAL_SIZE);
}

static size_t fill_size(size_t room) { return size_min(room, FILL_MOST); }

/* A fill is read and written by words from its end on, as the block has that many bytes in front of
   it, and perhaps none behind it. */
static inline uint64_t word_before(uintptr_t end) {
    uint64_t word;
    memcpy(&word, (const void *)(end - WORD), WORD);
    return word;
}

/* The bits of so many bytes at the end of a word, none to all. */
static inline uint64_t last_bytes(size_t bytes) {
    bool last_is_high = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    unsigned others = (unsigned)(WORD - bytes) * 8 % 64;
    uint64_t mask = last_is_high ? ~(uint64_t)0 << others : ~(uint64_t)0 >> others;
    return bytes == 0 ? 0 : mask;
}

/* The bits of the last bytes before an end that are not those of the fill. */
static inline uint64_t wrong_before(uintptr_t end, size_t bytes) {
    return (word_before(end) ^ seal_state.fill) & last_bytes(bytes);
}

static inline void fill_before(uintptr_t end, size_t bytes) {
    uint64_t word = word_before(end) ^ wrong_before(end, bytes);
    memcpy((void *)(end - WORD), &word, WORD);
}

/* What a loop over whole words leaves of a fill: up to two of them, as many as fills of small
   blocks have. No branch depends on how many, as sizes would mislead it: where there is no other
   word it is the last once more, and none of its bytes. */
enum { LEFT_MOST = 2 * WORD };

static inline uintptr_t end_of_other(uintptr_t end, size_t left) {
    return left > WORD ? end - WORD : end;
}

/* A fill of no bytes ends a word later, behind the seal, as nothing of the block need be in front.
 */
static inline uintptr_t end_of_last(uintptr_t from, size_t left) {
    return from + (left > 0 ? left : SEAL_SIZE);
}

/* The fill lies between an end and a seal, or has a byte at least. */
static inline bool fill_holds(uintptr_t from, size_t size) {
    uint64_t wrong = 0;
    for (; size > LEFT_MOST; size -= WORD) wrong |= wrong_before(from + size, WORD);
    uintptr_t end = end_of_last(from, size);
    size_t last = size_min(size, WORD);
    wrong |= wrong_before(end_of_other(end, size), size - last);
    return (wrong | wrong_before(end, last)) == 0;
}

static inline void put_fill(uintptr_t from, size_t size) {
    for (; size > LEFT_MOST; size -= WORD) fill_before(from + size, WORD);
    uintptr_t end = end_of_last(from, size);
    size_t last = size_min(size, WORD);
    fill_before(end_of_other(end, size), size - last);
    fill_before(end, last);
}

static COLD void fail_overflow(uintptr_t block) {
    fail_at("overflow of ", block,
            "bytes behind its end were written; said when it was freed or checked");
}

void seal_put(uintptr_t block, size_t stride, size_t size) {
    ASSERT(size + SEAL_SIZE <= stride);
    put_fill(block + size, fill_size(stride - size - SEAL_SIZE));
    *word_of(block, stride) = seal_of(block, stride - size);
}

/* Ends the process unless the seal is one of this block, and the fill in front of it as it was. */
static inline size_t read_seal(uintptr_t block, size_t stride, uint64_t seal) {
    size_t slack = seal & ((1 << SLACK_BITS) - 1);
    bool holds = slack >= SEAL_SIZE && slack <= stride && seal == seal_of(block, slack) &&
                 fill_holds(block + stride - slack, fill_size(slack - SEAL_SIZE));
    if (unlikely(!holds)) fail_overflow(block);
    return stride - slack;
}

size_t seal_size(const char *function, uintptr_t block, size_t stride) {
    if (unlikely(seal_is_stranger(block))) return stride;
    uint64_t seal = *word_of(block, stride);
    if (unlikely(seal == 0))
        fail_call(function, "of freed pointer", block, "the block was freed before");
    return read_seal(block, stride, seal);
}

/* Who overflows a block by a seal's length of zeros is told of a double free. */
void seal_break(uintptr_t block, size_t stride) {
    if (unlikely(seal_is_stranger(block))) {
        atomic_u64_store(stranger_place(block), GONE);
        return;
    }
    uint64_t seal = *word_of(block, stride);
    if (unlikely(seal == 0)) fail_at("double free of ", block, "the block is free already");
    read_seal(block, stride, seal);
    *word_of(block, stride) = 0;
}

void seal_check(uintptr_t block, size_t stride) {
    if (seal_is_stranger(block)) return;
    uint64_t seal = *word_of(block, stride);
    if (seal != 0) read_seal(block, stride, seal);
}

/* ---- Blocks with pages of their own ---- */

void seal_put_large(struct large *large, size_t size) {
    ASSERT(size <= large->size);
    large->end = large->address + size;
    size_t fill = fill_size(large->size - size);
    if (fill > 0) put_fill(large->end, fill);
}

size_t seal_size_large(const struct large *large) {
    if (large->end == 0) return large->size;
    size_t size = large->end - large->address, fill = fill_size(large->size - size);
    if (fill > 0 && unlikely(!fill_holds(large->end, fill))) fail_overflow(large->address);
    return size;
}
