/* SPDX-License-Identifier: MIT */
#include "malloc/contract.h"

#include "base/check.h"
#include "heap/direct.h"
#include "heap/note.h"
#include "heap/pending.h"
#include "heap/treat.h"
#include "os/options.h"
#include "os/os.h"

/* From here on a block that outgrows its place is expected to grow again, and gets a mapping of its
   own whose pages can move without being copied: to copy such a block and fault in new pages costs
   far more than to move its pages. */
static const size_t GROWS_DIRECT = 512 * KIB;

/* True if another thread has freed the block, and that is known. */
static bool is_pending(const struct block *block) {
    return treat_does(TREAT_EXACT) && block->kind == TAG_HEAP && pending_has(block->address);
}

/* The live block at the address, with its exact size where that is known. */
static void require(const char *function, const void *pointer, struct block *block) {
    block_require(function, pointer, block);
    if (likely(treat_measures == 0)) return;
    if (is_pending(block)) block_fail(function, BLOCK_FREED, block->address);
    treat_measure(function, block);
}

/* What malloc and its family answer: NULL with errno, or a block that is noted if that is due. It
   is inline, so that the address is the one to which the function that answers returns. */
ALWAYS_INLINE void *answer(void *block) {
    if (unlikely(block == NULL))
        errno = ENOMEM;
    else
        note_if_due(&thread_heap->notes, thread_heap, block, __builtin_return_address(0));
    return block;
}

static NOINLINE void *answer_malloc(size_t size) { return answer(allocate_slow(size)); }

static void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

/* This has no frame where the block is at hand. */
void *contract_malloc_slow(size_t size) {
    void *block = allocate_medium(size);
    return likely(block != NULL) ? block : answer_malloc(size);
}

static NOINLINE void *answer_calloc(size_t size) { return answer(allocate_zeroed(size)); }

void *contract_calloc(size_t count, size_t size) {
    size_t total;
    if (unlikely(__builtin_mul_overflow(count, size, &total))) return no_memory();
    void *block = heap_take_fast(thread_heap, total);
    return likely(block != NULL) ? memset(block, 0, total) : answer_calloc(total);
}

/* ---- realloc ---- */

/* The usable bytes of a block that is not exact, for a request of that size. */
static size_t length_for(size_t size) {
    if (thread_heap == &no_heap) thread_heap_get(); /* the table of classes */
    bool is_large = size > SPAN_MAX || (options.large_direct && size > SMALL_MAX);
    return is_large ? align_up(size, os_page_size()) : size_classes[size_class_of(size)].stride;
}

/* A block stays where it is if it is not more than twice as long as asked for. */
static bool fits_block(size_t size, size_t usable) {
    return size <= usable && (size > usable / 2 || length_for(size) == usable);
}

/* Set for good when a block was to shrink and there was no memory for a shorter one: from then on
   blocks may be of any size above what was asked for. Read without order: whoever frees such a
   block was handed it by who set this. */
static struct atomic_u32 some_are_longer;

/* True if `size` can be what was asked for. */
static bool may_be_size(size_t size, size_t usable) {
    return fits_block(size, usable) || (size <= usable && atomic_u32_load(&some_are_longer) != 0);
}

/* A shrinking realloc can't fail: programs do not expect it, and nothing is needed for it. */
static void *stay(struct block *block, size_t size) {
    if (size > block->usable) return no_memory();
    treat_shrink(block, size);
    atomic_u32_store(&some_are_longer, 1);
    void *resized = block->kind != TAG_HEAP ? allocate_resize(block, size) : NULL;
    return resized != NULL ? resized : (void *)block->address;
}

/* True if a block has just the bytes that were asked for: a guarded one, so that what is beyond
   them faults, and a sealed one. */
static bool is_exact(const struct block *block) {
    return block->kind == TAG_GUARD || treat_is_measured(block);
}

static bool stays(const struct block *block, size_t size) {
    if (is_exact(block)) return size == block->usable || treat_resize(block, size);
    return fits_block(size, block->usable);
}

static void *copy_to(void *to, struct block *from, size_t size) {
    if (to == NULL) return stay(from, size);
    memcpy(to, (const void *)from->address, size_min(from->usable, size));
    deallocate_block(from);
    return to;
}

/* A new place for a block. If it outgrew its old one it is expected to grow again, and gets a
   quarter of its length as room, or half of it where pages that are not written cost no memory.
   With large=direct no room may take it above the limit, or move its guard page. */
static void *allocate_with_room(const struct block *block, size_t size) {
    size_t roomy = block->usable + block->usable / (block->usable < RUN_MIN ? 4 : 2);
    bool exact = direct_has_guards() || treat_does(TREAT_SEAL);
    bool grows = size > block->usable && size < roomy && !exact;
    void *to = grows ? allocate_tight(size, roomy) : NULL;
    return to != NULL ? to : allocate(size);
}

/* Resizes a run or a mapping to a size that is large too. */
static void *realloc_large(struct block *block, size_t size) {
    void *resized = allocate_resize(block, size);
    if (resized != NULL) return resized;
    bool guarded = block->kind == TAG_DIRECT && block->large->guarded;
    bool may_grow_on = guarded || (block->kind == TAG_RUN && size >= GROWS_DIRECT);
    if (may_grow_on && size > block->usable) {
        void *mapping = allocate_growing(block->usable, size);
        if (mapping != NULL) return copy_to(mapping, block, size);
    }
    return copy_to(allocate_with_room(block, size), block, size);
}

void *contract_realloc(void *pointer, size_t size) {
    if (pointer == NULL) return contract_malloc(size);
    struct block block;
    require("realloc", pointer, &block);
    if (size == 0) {
        deallocate_block(&block);
        return NULL;
    }
    if (stays(&block, size)) return pointer;
    if (block.kind != TAG_HEAP && size > SPAN_MAX) return answer(realloc_large(&block, size));
    return answer(copy_to(allocate_with_room(&block, size), &block, size));
}

void *contract_reallocarray(void *block, size_t count, size_t size) {
    size_t total;
    if (unlikely(__builtin_mul_overflow(count, size, &total))) return no_memory();
    return contract_realloc(block, total);
}

/* ---- Alignment ---- */

void *contract_aligned(size_t alignment, size_t size) {
    if (unlikely(!is_power_of_two(alignment))) {
        errno = EINVAL;
        return NULL;
    }
    return answer(allocate_aligned(alignment, size));
}

int contract_posix_memalign(void **result, size_t alignment, size_t size) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0) return EINVAL;
    void *block = allocate_aligned(alignment, size);
    if (block == NULL) {
        errno = ENOMEM; /* POSIX leaves it open; glibc does so */
        return ENOMEM;
    }
    *result = answer(block);
    return 0;
}

/* glibc rounds an alignment that is no power of two up to one. */
void *contract_memalign(size_t alignment, size_t size) {
    if (alignment > (size_t)PTRDIFF_MAX + 1) {
        errno = EINVAL;
        return NULL;
    }
    if (alignment > 1 && !is_power_of_two(alignment))
        alignment = (size_t)1 << (bit_highest(alignment) + 1);
    return answer(allocate_aligned(size_max(alignment, 1), size));
}

void *contract_pvalloc(size_t size) {
    size_t page = os_page_size();
    if (size > PTRDIFF_MAX - page) return no_memory();
    return answer(allocate_aligned(page, align_up(size_max(size, 1), page)));
}

/* ---- Sizes ---- */

size_t contract_usable_size(const void *pointer) {
    if (pointer == NULL) return 0;
    struct block block;
    require("malloc_usable_size", pointer, &block);
    return block.usable;
}

size_t contract_good_size(size_t size) {
    if (size > PTRDIFF_MAX - os_page_size()) return 0;
    return treat_does(TREAT_SEAL) ? size : length_for(size);
}

static bool can_be(size_t size, const struct block *block) {
    if (treat_is_measured(block)) return size == block->usable;
    if (block->kind == TAG_GUARD && atomic_u32_load(&some_are_longer) == 0)
        return size == block->usable;
    return may_be_size(size, block->usable) ||
           (block->kind == TAG_EMERGENCY && size <= block->usable);
}

static void require_size(const char *function, const struct block *block, size_t size) {
    if (unlikely(!can_be(size, block)))
        fail_argument(function, block->address, "size", size, "another size was asked for");
}

static void require_alignment(const char *function, const struct block *block, size_t alignment) {
    if (unlikely(!is_power_of_two(alignment) || block->address % alignment != 0))
        fail_argument(function, block->address, "alignment", alignment,
                      "the block has another alignment");
}

/* A class with the right alignment may be up to twice as long as the size asks for. */
static void require_aligned_size(const char *function, const struct block *block, size_t alignment,
                                 size_t size) {
    size_t rounded = align_up(size_max(size, 1), alignment);
    bool is_other = treat_is_measured(block) || rounded <= block->usable / 2;
    if (unlikely(size > block->usable || (is_other && !can_be(size, block))))
        fail_argument(function, block->address, "size", size, "another size was asked for");
}

void contract_free_sized(void *pointer, size_t size) {
    if (pointer == NULL) return;
    struct block block;
    require("free_sized", pointer, &block);
    require_size("free_sized", &block, size);
    deallocate_block(&block);
}

void contract_free_aligned_sized(void *pointer, size_t alignment, size_t size) {
    if (pointer == NULL) return;
    struct block block;
    require("free_aligned_sized", pointer, &block);
    require_alignment("free_aligned_sized", &block, alignment);
    require_aligned_size("free_aligned_sized", &block, alignment, size);
    deallocate_block(&block);
}

/* A block that is not live is for the delete to judge, which knows of other allocators, too. */
void contract_check_delete(const void *pointer, size_t alignment, size_t size) {
    static const char function[] = "operator delete";
    struct block block;
    if (pointer == NULL || block_find((uintptr_t)pointer, &block) != BLOCK_LIVE) return;
    if (is_pending(&block)) return;
    treat_measure(function, &block);
    require_alignment(function, &block, alignment);
    if (size == CONTRACT_ANY_SIZE) return;
    if (alignment == 1)
        require_size(function, &block, size);
    else
        require_aligned_size(function, &block, alignment, size);
}
