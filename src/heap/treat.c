/* SPDX-License-Identifier: MIT */
#include "heap/treat.h"

#include "base/check.h"
#include "heap/size_class.h"
#include "heap/space_lock.h"
#include "heap/span.h"
#include "os/os.h"

uint32_t treat_measures;

void treat_begin(uint32_t measures) {
    if ((measures & TREAT_SEAL) && !seal_begin()) measures &= ~(uint32_t)TREAT_SEAL;
    treat_measures = measures;
}

/* ---- Zero ---- */

enum { AT_ONCE = 8 };

static inline bool any_of_eight(const uint64_t *at) {
    return (at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) != 0;
}

/* The last words are looked at together, too, and some of them twice. */
static inline bool is_zero(const uint64_t *at, const uint64_t *end) {
    if (end - at < AT_ONCE) {
        uint64_t any = 0;
        while (at < end) any |= *at++;
        return any == 0;
    }
    for (; end - at > AT_ONCE; at += AT_ONCE)
        if (unlikely(any_of_eight(at))) return false;
    return !any_of_eight(end - AT_ONCE);
}

/* The first byte of a row of words that is not zero; 0: all are. */
static uintptr_t find_nonzero(uintptr_t from, size_t size) {
    const uint64_t *at = (const uint64_t *)from;
    ASSERT(from % sizeof *at == 0 && size % sizeof *at == 0);
    if (likely(is_zero(at, at + size / sizeof *at))) return 0;
    const unsigned char *byte = (const unsigned char *)from;
    while (*byte == 0) byte++;
    return (uintptr_t)byte;
}

static void require_zero(uintptr_t block, size_t stride, const char *why) {
    uintptr_t written = find_nonzero(block, stride);
    if (unlikely(written != 0)) fail_at("write after free to ", written, why);
}

/* Reads first: pages that were never written have no memory, and those of a child are shared with
   its parent. */
static void clear_if_written(uintptr_t block, size_t stride) {
    if (find_nonzero(block, stride) != 0) memset((void *)block, 0, stride);
}

static void clear_word(struct pool *pool, unsigned word, uint64_t bits) {
    bool is_span = size_class_is_span(pool_class(pool));
    size_t stride = size_classes[pool_class(pool)].stride, step = is_span ? stride : ALIGN;
    uintptr_t base = window_record_base(pool) + word * (uintptr_t)WORD_SPAN;
    for (; bits != 0; bits &= bits - 1) clear_if_written(base + bit_lowest(bits) * step, stride);
}

void treat_clear_spare(struct pool *pool) {
    if (!treat_does(TREAT_ZERO)) return;
    unsigned words = size_classes[pool_class(pool)].words;
    for (unsigned w = 0; w < words; w++) clear_word(pool, w, pool_spare(pool)[w]);
}

static void clear_free_pages(const struct arena *arena) {
    if (arena->kind == ARENA_NONE) return;
    for (uint64_t pages = arena->free & arena->touched; pages != 0; pages &= pages - 1)
        clear_if_written(arena->base + bit_lowest(pages) * (uintptr_t)POOL_SIZE, POOL_SIZE);
}

void treat_clear_pages(void) {
    ASSERT(space_lock_is_held());
    if (!treat_does(TREAT_ZERO)) return;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) clear_free_pages(&window->arena[i]);
}

/* ---- Blocks ---- */

static size_t stride_of(const struct block *block) {
    ASSERT(block->kind == TAG_HEAP);
    return size_classes[block->class_index].stride;
}

static bool has_pages(const struct block *block) {
    return block->kind == TAG_RUN || block->kind == TAG_DIRECT;
}

void treat_out(uintptr_t block, size_t stride, size_t size) {
    ASSERT(size <= stride);
    if (treat_does(TREAT_ZERO))
        require_zero(block, stride,
                     "the block there is free; said when it was to be handed out again");
    if (treat_does(TREAT_SEAL)) seal_put(block, stride, size);
}

void treat_back(uintptr_t block, size_t stride) {
    if (treat_does(TREAT_SEAL)) seal_break(block, stride);
    if (treat_does(TREAT_ZERO)) memset((void *)block, 0, stride);
}

void treat_leave(uintptr_t block, size_t stride) {
    if (treat_does(TREAT_ZERO))
        require_zero(block, stride,
                     "the block there is free; said when its quarantine was over, or checked");
}

void treat_measure(const char *function, struct block *block) {
    if (!treat_does(TREAT_SEAL)) return;
    if (block->kind == TAG_HEAP)
        block->usable = seal_size(function, block->address, stride_of(block));
    else if (has_pages(block))
        block->usable = seal_size_large(block->large);
}

bool treat_is_measured(const struct block *block) {
    if (!treat_does(TREAT_SEAL)) return false;
    if (block->kind == TAG_HEAP) return !seal_is_stranger(block->address);
    return has_pages(block) && block->large->end != 0;
}

/* Half of the stride may lie idle, as realloc has it for other blocks, too. */
bool treat_resize(const struct block *block, size_t size) {
    if (block->kind != TAG_HEAP || !treat_is_measured(block)) return false;
    size_t stride = stride_of(block), room = treat_room(size);
    if (room > stride || (room <= stride / 2 && size_class_of(room) != block->class_index))
        return false;
    seal_put(block->address, stride, size);
    return true;
}

void treat_shrink(const struct block *block, size_t size) {
    ASSERT(size <= block->usable);
    if (!treat_is_measured(block)) return;
    if (block->kind == TAG_HEAP)
        seal_put(block->address, stride_of(block), size);
    else
        seal_put_large(block->large, size);
}

void treat_pages_out(void *pointer, size_t size) {
    struct block block;
    if (!treat_does(TREAT_SEAL) || pointer == NULL) return;
    if (block_find((uintptr_t)pointer, &block) == BLOCK_LIVE && has_pages(&block))
        seal_put_large(block.large, size);
}

/* ---- All live blocks of a pool ---- */

static void check_word(struct pool *pool, unsigned word, uint64_t blocks) {
    bool is_span = size_class_is_span(pool_class(pool));
    size_t stride = size_classes[pool_class(pool)].stride, step = is_span ? stride : ALIGN;
    uintptr_t base = window_record_base(pool) + word * (uintptr_t)WORD_SPAN;
    for (; blocks != 0; blocks &= blocks - 1) seal_check(base + bit_lowest(blocks) * step, stride);
}

void treat_check(struct pool *pool, const uint64_t *pending) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    if (!treat_does(TREAT_SEAL)) return;
    for (unsigned w = 0; w < c->words; w++) {
        bool is_span = size_class_is_span(pool_class(pool));
        uint64_t live = is_span ? span_live(pool, c) : atomic_u64_load(&pool->live[w]);
        check_word(pool, w, live & ~pending[w]);
    }
}

/* ---- Pages ---- */

/* Locked memory can't be purged. */
void treat_pages_back(uintptr_t end, size_t size) {
    void *start = (void *)(end - size);
    ASSERT(end % os_page_size() == 0 && size % os_page_size() == 0);
    if (treat_does(TREAT_ZERO) && size > 0 && !os_purge(start, size)) memset(start, 0, size);
}
