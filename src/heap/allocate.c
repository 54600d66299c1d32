/* SPDX-License-Identifier: MIT */
#include "heap/allocate.h"

#include "base/check.h"
#include "heap/direct.h"
#include "heap/emergency.h"
#include "heap/empty.h"
#include "heap/guard.h"
#include "heap/purge.h"
#include "heap/remote.h"
#include "heap/retired.h"
#include "heap/run.h"
#include "heap/sample.h"
#include "heap/space.h"
#include "heap/treat.h"
#include "os/options.h"
#include "os/os.h"
#include "os/probe.h"

enum {
    FLUSH_MS_LEAST = 100, /* with a purge delay below that, too: what is at hand is for speed */
    DRAIN_AT_ONCE = 1024, /* entries from other threads per poll: what magazines have room for */
};

size_t allocate_direct_min = DIRECT_MIN;
void (*allocate_tick)(void);
struct allocate_wishes allocate_wishes;

/* Each trim has a number; heaps that have not seen the last one flush what they hold. A change of
   options.perturb is one, as heaps then become bare, or are it no more. */
static struct atomic_u32 allocate_last_trim;

/* What a heap has at hand may keep nearly free pools from going back: every half purge delay it
   lets go of all of it, a few thousand blocks at the most, and takes up what it goes on using. */
static bool flush_is_due(struct heap *heap, uint64_t now) {
    if (options.purge_delay == PURGE_NEVER) return false;
    if (likely(now < heap->flush_due)) return false;
    bool is_new = heap->flush_due == 0; /* and has nothing to let go of yet */
    heap->flush_due = now + size_max(options.purge_delay / 2, FLUSH_MS_LEAST);
    return !is_new;
}

static unsigned samples_now(void) {
    return (sample_mean() != 0 ? HEAP_SAMPLES_BYTES : 0) |
           (guard_every() != 0 ? HEAP_SAMPLES_GUARDS : 0);
}

static bool samples_make_bare(void) {
    size_t mean = sample_mean(), every = guard_every();
    return (mean != 0 && mean < SAMPLE_BARE) || (every != 0 && every < GUARD_BARE);
}

/* The heap lets go of what is at hand, and follows changes of how it is to work. */
static void flush_heap(struct heap *heap, void (*flush)(struct heap *)) {
    remote_post(heap);
    flush(heap);
    bool bare =
        options.perturb != 0 || treat_measures != 0 || heap->counting || samples_make_bare();
    if (unlikely(heap->sampling != samples_now())) heap_set_sampling(heap, samples_now());
    if (unlikely(heap->bare != bare)) heap_set_bare(heap, bare);
}

static void poll(struct heap *heap, uint64_t now) {
    if (remote_is_waiting(heap)) remote_drain(heap, DRAIN_AT_ONCE);
    uint32_t trim = atomic_u32_load(&allocate_last_trim);
    if (unlikely(heap->trim_seen != trim)) {
        heap->trim_seen = trim;
        flush_heap(heap, heap_flush);
    }
    if (unlikely(purge_is_due(now)) && space_try_lock()) {
        purge_step();
        space_unlock();
    }
    if (unlikely(remote_has_sent_much(heap))) thread_heap_sweep_slow(heap);
    if (unlikely(inbox_look_is_due(now))) thread_heap_sweep_old(heap);
    if (unlikely(thread_heap_clean_is_due(now))) thread_heap_clean_parked(false);
    if (unlikely(thread_heap_adopt_is_due())) thread_heap_adopt();
    if (unlikely(atomic_u32_load(&allocate_wishes.any) != 0) && allocate_tick != NULL)
        allocate_tick();
}

void allocate_poll(struct heap *heap) { poll(heap, os_clock_ms()); }

/* ---- Out of memory: give up what is only kept for speed, then try once more ---- */

/* An upper bound of the address space that relief could bring, in bytes. */
static size_t held_for_relief(struct heap *heap) {
    if (!space_lock()) return 0;
    size_t held = range_pages() * POOL_SIZE + retired_bytes() + direct_room_bytes();
    size_t others = space_figures.mapped - space_figures.direct_bytes - held; /* with pools */
    space_unlock();
    bool unknown = thread_heap_parked_hold() || (heap != NULL && remote_is_waiting(heap));
    size_t most = others / ARENA_SIZE + 1;
    if (!unknown && heap != NULL) most = heap_held(heap, most);
    return unknown || heap != NULL ? held + most * ARENA_SIZE : held;
}

static bool relief_could_serve(struct heap *heap, size_t missing) {
    size_t held = held_for_relief(heap);
    if (!space_lock()) return false;
    bool could = space_could_map(missing, held);
    space_unlock();
    return could;
}

/* False, and nothing given up, if so many bytes can't be had that way. */
static COLD bool relieve(struct heap *heap, size_t missing, bool direct) {
    if (!relief_could_serve(heap, missing)) return false;
    if (heap != NULL) {
        remote_drain(heap, ~0u);
        heap_flush(heap);
    }
    thread_heap_adopt();
    thread_heap_sweep(heap);
    thread_heap_clean_parked(true);
    if (!space_lock()) return false;
    retired_release();
    direct_release_room();
    if (direct) space_unmap_free(); /* others are served from there */
    space_unlock();
    return true;
}

/* Writes one line for a limit, as what follows may look like a fault of its own. */
static COLD void note_limit(size_t size) {
    static struct atomic_u64 noted; /* the limit that the last line was about */
    if (!space_lock()) return;
    bool is_limit = !space_allows(size_max(size, ARENA_SIZE));
    size_t mapped = space_figures.mapped, limit = space_limit();
    space_unlock();
    if (!is_limit || atomic_u64_exchange(&noted, limit) == limit) return;
    struct text text;
    text_begin(&text, 2);
    text_add(&text, "poolalloc: a request for ");
    text_add_size(&text, size);
    text_add(&text, " gets NULL (ENOMEM): ");
    text_add_size(&text, mapped);
    text_add(&text, " are taken, and the limit is ");
    text_add_size(&text, limit);
    text_add(&text, " (limit= in POOLALLOC_OPTIONS; said once)\n");
    text_flush(&text);
}

/* Nothing else was to be had: takes emergency memory if the thread was interrupted inside the
   allocator, or another stands still there. If even that is used up, the other may yet go on. */
static COLD void *take_in_need(size_t size, size_t alignment) {
    bool inside = thread_heap_is_inside();
    if (!inside && !space_lock_is_out_of_reach()) {
        if (unlikely(space_limit() != SIZE_MAX)) note_limit(size);
        probe_out_of_memory(size);
        return NULL;
    }
    void *block = emergency_allocate(size, alignment);
    if (block != NULL || inside) return block;
    space_lock_wait();
    return allocate_aligned(alignment, size);
}

/* ---- Classes ---- */

static COLD void *take_slow(struct heap *heap, unsigned class_index, unsigned near) {
    ASSERT(heap_is_mine(heap));
    allocate_poll(heap);
    void *block = heap_take_own(heap, class_index, near); /* what came in */
    if (block == NULL && thread_heap_borrow(heap, class_index))
        block = heap_take_own(heap, class_index, 0);
    if (block == NULL) block = heap_take(heap, class_index);
    if (block != NULL || !relieve(heap, ARENA_SIZE, false)) return block;
    return heap_take(heap, class_index);
}

static COLD void *take_block_of_shared(size_t size, unsigned class_index) {
    struct heap *heap = thread_heap_enter_shared();
    if (heap == NULL) return NULL;
    heap->asked = size;
    void *block = take_slow(heap, class_index, 0);
    thread_heap_leave_shared();
    return block;
}

ALWAYS_INLINE void *take_unfilled(size_t size, unsigned class_index, unsigned near) {
    struct heap *heap = thread_heap_enter();
    if (unlikely(heap == NULL)) return take_block_of_shared(size, class_index);
    heap->asked = size;
    void *block = heap_take_own(heap, class_index, near);
    if (unlikely(block == NULL)) block = take_slow(heap, class_index, near);
    thread_heap_leave(heap);
    return block;
}

static COLD void *fill_new(void *block, size_t size) {
    return block != NULL ? memset(block, (int)~options.perturb & 0xff, size) : NULL;
}

static COLD void *take_filled(size_t size, unsigned class_index, unsigned near) {
    return fill_new(take_unfilled(size, class_index, near), size_classes[class_index].stride);
}

static NOINLINE void *take_class(size_t size, unsigned class_index, unsigned near) {
    ASSERT(class_index > 0 && class_index < CLASS_COUNT);
    if (unlikely(options.perturb != 0)) return take_filled(size, class_index, near);
    return take_unfilled(size, class_index, near);
}

/* A block of the shared heap, whose frees come to a slow path by themselves. */
static void *take_from_shared(size_t size, unsigned class_index, unsigned near) {
    struct heap *shared = thread_heap_enter_shared_inside();
    if (shared == NULL) return NULL;
    shared->asked = size;
    void *block = heap_take_own(shared, class_index, near);
    if (block == NULL) block = take_slow(shared, class_index, near);
    thread_heap_leave_shared();
    return likely(options.perturb == 0) ? block : fill_new(block, size_classes[class_index].stride);
}

static void *take_guarded(struct heap *heap, const struct guard_request *request,
                          const struct stack *stack) {
    enum { AT_START = 4 }; /* one in so many: mistakes before a block are rarer than behind it */
    struct guard_request here = *request;
    here.at_start = chance_bits(&heap->chance) % AT_START == 0;
    void *block = guard_allocate(&here, stack);
    return unlikely(options.perturb != 0) ? fill_new(block, request->size) : block;
}

/* The heap is hidden meanwhile; NULL: take a block as if it were not chosen. */
static COLD void *take_chosen(struct heap *heap, const struct guard_request *request,
                              unsigned class_index, unsigned near) {
    struct heap_choice choice = heap_next_choice(heap, class_index);
    choice.is_guarded = choice.is_guarded && guard_has_room();
    if (!choice.is_guarded && !choice.is_sampled) return NULL;
    struct stack stack;
    void *block = choice.is_guarded ? NULL : take_from_shared(request->size, class_index, near);
    sample_prefetch((uintptr_t)block);
    stack_unwind_some(&stack, choice.is_sampled ? STACK_MOST : GUARD_FRAMES);
    if (choice.is_guarded) block = take_guarded(heap, request, &stack);
    if (block == NULL && choice.is_guarded && choice.is_sampled)
        block = take_from_shared(request->size, class_index, near);
    if (block != NULL && choice.is_sampled)
        sample_add(&stack, (uintptr_t)block, request->size, choice.chance);
    return block;
}

static COLD void *take_sampling(size_t size, size_t alignment, unsigned class_index,
                                unsigned near) {
    struct guard_request request = {size, alignment, size_classes[class_index].stride, false};
    struct heap *heap = thread_heap_enter();
    void *block = NULL;
    if (heap != NULL && unlikely(!heap->sampling)) allocate_poll(heap); /* it is new */
    if (heap != NULL && heap->sampling) block = take_chosen(heap, &request, class_index, near);
    thread_heap_leave(heap);
    return block != NULL ? block : take_class(size, class_index, near);
}

static void *take_class_for(size_t size, size_t alignment, unsigned class_index, unsigned near) {
    struct heap *heap = thread_heap;
    void *block = likely(!heap->sampling) ? take_class(size, class_index, near)
                  : heap_next_is_plain(heap, class_index)
                      ? take_class(size, class_index, near)
                      : take_sampling(size, alignment, class_index, near);
    return likely(block != NULL) ? block : take_in_need(size, alignment);
}

/* ---- Larger requests ---- */

/* A block that could have a mapping of its own takes memory that is there first. */
static void *take_mapping(size_t size, size_t alignment, bool zero) {
    void *block = NULL;
    if (!direct_has_guards()) block = run_allocate(size, alignment, zero, RUN_WHERE_MEMORY_IS);
    return block != NULL ? block : direct_allocate(size, alignment);
}

static bool is_direct(size_t size, size_t alignment) {
    if (size >= allocate_direct_min || options.large_direct || alignment > DIRECT_MIN) return true;
    return unlikely(options.guard_pages) && alignment <= os_page_size() && direct_may_guard();
}

static void *allocate_from_pages(struct heap *heap, size_t size, size_t alignment, bool zero) {
    void *block = is_direct(size, alignment) ? take_mapping(size, alignment, zero)
                                             : run_allocate(size, alignment, zero, RUN_ANYWHERE);
    if (unlikely(heap == NULL)) return block;
    heap->notes.due = (uintptr_t)block;
    allocate_poll(heap);
    return block;
}

static void *take_large_relieved(size_t size, size_t alignment, bool zero) {
    struct heap *heap = thread_heap_enter(); /* the first call of the process sets the tables up */
    void *block = allocate_from_pages(heap, size, alignment, zero);
    if (unlikely(block == NULL) &&
        relieve(heap, size_max(size, alignment), is_direct(size, alignment)))
        block = allocate_from_pages(heap, size, alignment, zero);
    thread_heap_leave(heap);
    return likely(block != NULL) ? block : take_in_need(size, alignment);
}

/* Frees of large blocks take a slow path anyway. */
static COLD void sample_large(void *block, size_t size) {
    struct stack stack;
    struct heap *heap = thread_heap_enter();
    if (block != NULL && heap != NULL && heap->sampling && sample_mean() != 0 &&
        heap_decide(heap, size)) {
        stack_unwind(&stack);
        sample_add(&stack, (uintptr_t)block, size, sample_chance(size));
    }
    thread_heap_leave(heap);
}

static NOINLINE void *allocate_large(size_t asked, size_t alignment, bool zero) {
    size_t size = size_max(asked, 1);
    ASSERT(is_power_of_two(alignment));
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX - size) return NULL;
    void *block = take_large_relieved(size, alignment, zero);
    if (unlikely(thread_heap->sampling)) sample_large(block, size);
    treat_pages_out(block, asked);
    return unlikely(options.perturb != 0) && !zero ? fill_new(block, size) : block;
}

static bool is_large(size_t size) {
    return size > SPAN_MAX || (unlikely(options.large_direct) && size > SMALL_MAX);
}

void *allocate_slow(size_t size) {
    size_t room = treat_room(size);
    void *empty = size == 0 ? empty_allocate() : NULL;
    if (empty != NULL) return empty;
    if (room <= SMALL_MAX) return take_class_for(size, ALIGN, size_class_small(room), 0);
    if (is_large(room)) return allocate_large(size, ALIGN, false);
    return take_class_for(size, ALIGN, size_class_span(room), NEAR_CLASSES);
}

void *allocate_tight(size_t size, size_t roomy) {
    if (is_large(roomy)) return allocate(roomy);
    if (roomy > SMALL_MAX) return take_class_for(size, ALIGN, size_class_span(roomy), 1);
    void *block = heap_take_fast(thread_heap, roomy);
    return block != NULL ? block : take_class_for(size, ALIGN, size_class_small(roomy), 0);
}

static void *take_zeroed(size_t size) {
    ASSERT(size <= SPAN_MAX);
    if (size < POOL_SIZE || thread_heap == &no_heap || thread_heap->sampling) return NULL;
    struct heap *heap = thread_heap_enter();
    heap->asked = size;
    void *block = heap_take_zeroed(heap, size_class_span(treat_room(size)));
    thread_heap_leave(heap);
    return block;
}

void *allocate_zeroed(size_t size) {
    if (is_large(treat_room(size))) return allocate_large(size, ALIGN, true);
    void *zeroed = take_zeroed(size);
    if (zeroed != NULL) return zeroed;
    void *block = allocate(size);
    bool is_zero = treat_does(TREAT_ZERO);
    return block != NULL && !is_zero ? memset(block, 0, size) : block;
}

static void *allocate_aligned_small(size_t alignment, size_t size, size_t rounded) {
    void *block = heap_take_fast(thread_heap, rounded);
    if (likely(block != NULL)) return block;
    return take_class_for(size, alignment, size_class_small(rounded), 0);
}

void *allocate_aligned(size_t alignment, size_t size) {
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX) return NULL;
    /* Small strides are all multiples of ALIGN: that of a rounded size is the rounded size itself.
     */
    size_t room = treat_room(size), rounded = align_up(size_max(room, 1), alignment);
    if (alignment <= ALIGN) return allocate(treat_measures != 0 ? size : size_max(size, 1));
    if (rounded <= SMALL_MAX) return allocate_aligned_small(alignment, size, rounded);
    if (thread_heap == &no_heap) thread_heap_get(); /* the table of classes may not be there yet */
    unsigned class_index = alignment <= POOL_SIZE ? size_class_aligned(room, alignment) : 0;
    if (class_index == 0 || is_large(size_classes[class_index].stride))
        return allocate_large(size, alignment, false);
    void *block = magazine_pop(&thread_heap->top[class_index]);
    return likely(block != NULL) ? block : take_class_for(size, alignment, class_index, 0);
}

/* A block that doubles is copied few times, so it takes free memory that is there, if it can. A
   block that grows by small steps would be copied again and again, so it gets a mapping of its own,
   which the kernel moves without a copy. */
void *allocate_growing(size_t old_size, size_t size) {
    if (size > PTRDIFF_MAX / 2 || allocate_direct_min == ALLOCATE_NO_DIRECT) return NULL;
    bool by_steps = direct_has_guards() || size < old_size + old_size / 2;
    void *block =
        by_steps ? direct_allocate_to_grow(size) : take_mapping(size + size / 8, ALIGN, false);
    if (thread_heap != &no_heap) thread_heap->notes.due = (uintptr_t)block;
    if (unlikely(thread_heap->sampling)) sample_large(block, size);
    treat_pages_out(block, size);
    return block;
}

/* Treats what a block that is freed, or shrinks to `size` bytes, does without. */
static void treat_rest(struct block *block, size_t size) {
    treat_measure("free", block);
    if (block->kind != TAG_RUN && block->kind != TAG_DIRECT) return;
    size_t kept = align_up(size, os_page_size()), had = block->large->size;
    if (kept < had) treat_pages_back(block->address + had, had - kept);
}

void *allocate_resize(struct block *block, size_t size) {
    ASSERT(block->kind != TAG_HEAP);
    bool guarded = block->kind == TAG_DIRECT && block->large->guarded;
    if (size > PTRDIFF_MAX || (guarded && size < block->usable)) return NULL;
    if (unlikely(treat_measures != 0)) treat_rest(block, size);
    void *resized = NULL;
    if (block->kind == TAG_DIRECT) {
        resized = direct_resize(block->large, size);
        if (resized != NULL) sample_move(block->address, (uintptr_t)resized);
    } else if (block->kind == TAG_RUN && run_resize(block->large, size)) {
        resized = (void *)block->address;
    }
    treat_pages_out(resized, size);
    return resized;
}

/* ---- Freeing ---- */

static void poll_and_flush(struct heap *heap, uintptr_t freed) {
    ASSERT(heap_is_mine(heap));
    if (unlikely(heap->sampling) && freed != 0) heap_decide_poll(heap, freed);
    uint64_t now = os_clock_ms();
    poll(heap, now);
    if (unlikely(flush_is_due(heap, now))) flush_heap(heap, heap_flush_aged);
    unsigned frees = purge_is_due(now) ? HEAP_POLL_FREES_PURGING : HEAP_POLL_FREES;
    if (atomic_u64_load(&heaps_in_use) > 1 && heap_comes_to_rest(heap, now, &frees)) {
        remote_post(heap);
        heap_shed(heap);
    }
    if (unlikely(heap->sampling)) frees = heap_next_poll(heap, frees);
    atomic_u32_store(&heap->frees_to_poll, frees);
}

void deallocate_poll(void *freed) {
    struct heap *heap = thread_heap_enter();
    if (likely(heap != NULL)) poll_and_flush(heap, (uintptr_t)freed);
    thread_heap_leave(heap);
}

bool deallocate_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    thread_heap_hide();
    if (unlikely(treat_measures != 0)) pending_treat(pool_of_live(word), address);
    bool to_poll = heap_free_full(heap, word, address);
    if (to_poll && unlikely(heap->sampling)) heap_decide_poll(heap, address);
    thread_heap_leave(heap);
    return to_poll;
}

/* True if it is the moment to poll. */
static bool release_pool_block(struct heap *heap, struct block *block) {
    ASSERT(block->kind == TAG_HEAP);
    size_t stride = size_classes[block->class_index].stride;
    if (unlikely(treat_measures != 0) && block->heap == heap)
        pending_treat(pool_of_live(block->word), block->address);
    if (heap != NULL && block->heap == heap && heap_free(heap, block->address)) {
        if (unlikely(heap->sampling)) heap_decide_put(heap, block->address);
        return false;
    }
    if (heap == NULL) return remote_free_slow(NULL, block->heap, block->address, stride);
    return remote_free(heap, block->heap, block->address, stride);
}

static bool release_whole(struct block *block) {
    if (block->kind == TAG_RUN) return run_free(block->large);
    if (block->kind == TAG_DIRECT) return direct_free(block->large);
    if (block->kind == TAG_GUARD) return guard_free(block->address);
    return emergency_free(block->address);
}

/* While blocks are filled, a freed mapping has gone rather than be filled, which would put memory
   behind pages that the program never wrote: a use after free then faults. */
static void release_large(struct block *block) {
    ASSERT(block->kind != TAG_HEAP);
    sample_remove(block->address);
    bool goes = block->kind == TAG_DIRECT || block->kind == TAG_GUARD;
    if (unlikely(options.perturb != 0) && !goes)
        memset((void *)block->address, (int)options.perturb, block->usable);
    if (unlikely(treat_measures != 0)) treat_rest(block, 0);
    if (unlikely(!release_whole(block))) block_fail("free", BLOCK_FREED, block->address);
}

void deallocate_block(struct block *block) {
    bool to_poll = true;
    struct heap *heap = thread_heap_enter();
    if (block->kind == TAG_HEAP)
        to_poll = release_pool_block(heap, block);
    else
        release_large(block);
    if (to_poll && heap != NULL) allocate_poll(heap);
    thread_heap_leave(heap);
}

static NOINLINE void deallocate_any(void *pointer, deallocate_refused *refused, size_t argument) {
    struct block block;
    if (pointer == NULL) return;
    uintptr_t address = (uintptr_t)pointer;
    enum block_fault fault = BLOCK_LIVE;
    if (!block_find_live(address, &block)) fault = block_find(address, &block);
    if (likely(fault == BLOCK_LIVE))
        deallocate_block(&block);
    else
        refused(fault, pointer, argument);
}

static COLD void fail_free(enum block_fault fault, void *pointer, size_t unused) {
    (void)unused;
    block_fail("free", fault, (uintptr_t)pointer);
}

/* A live block of another heap is the common case. */
ALWAYS_INLINE bool deallocate_remote(void *pointer, struct pool *pool) {
    struct heap *heap = thread_heap;
    thread_heap_hide();
    bool freed = remote_free_fast(heap, pool, (uintptr_t)pointer);
    thread_heap_leave(heap);
    return freed;
}

void deallocate_other(void *pointer, struct pool *pool) {
    if (unlikely(!deallocate_remote(pointer, pool))) deallocate_any(pointer, fail_free, 0);
}

void deallocate_other_or(void *pointer, struct pool *pool, deallocate_refused *refused,
                         size_t argument) {
    if (unlikely(!deallocate_remote(pointer, pool))) deallocate_any(pointer, refused, argument);
}

/* What was free before lies in this heap or in no pool: other heaps might have blocks at hand. */
bool allocate_treat(uint32_t measures) {
    struct heap *heap = thread_heap_enter();
    bool alone = heap != NULL && thread_heap_first()->next == NULL;
    if (alone) {
        treat_begin(measures);
        heap_begin_treat(heap);
    }
    if (alone && space_lock()) {
        treat_clear_pages();
        space_unlock();
    }
    thread_heap_leave(heap);
    return alone;
}

void allocate_perturb(bool on, unsigned byte) {
    if (unlikely(treat_measures != 0)) return;
    options.perturb = on ? PERTURB_ON | (byte & 0xff) : 0;
    atomic_u32_add(&allocate_last_trim, 1);
    struct heap *heap = thread_heap_enter();
    if (heap != NULL) allocate_poll(heap);
    thread_heap_leave(heap);
}

/* Threads without a heap come to a slow path, where they get one that samples. */
static void spread_sampling(void) {
    heap_set_chances();
    no_heap.sampling = (uint8_t)samples_now();
    atomic_u32_add(&allocate_last_trim, 1);
    struct heap *heap = thread_heap_enter();
    if (heap != NULL) allocate_poll(heap);
    thread_heap_leave(heap);
}

bool allocate_sample(size_t mean) {
    if (mean != 0 && !sample_begin(mean)) return false;
    if (mean == 0) sample_end();
    if (mean != 0 && !thread_heap_watch_shared(sample_remove)) {
        sample_end();
        return false;
    }
    spread_sampling();
    return true;
}

void allocate_guard(size_t every, size_t memory) {
    guard_begin(every, memory);
    spread_sampling();
}

bool allocate_trim(size_t keep) {
    bool any = false;
    struct heap *heap = thread_heap_enter();
    atomic_u32_add(&allocate_last_trim, 1);
    if (heap != NULL) {
        allocate_poll(heap);
        remote_post(heap);
        remote_drain(heap, ~0u);
        heap_flush(heap);
        message_give_all(heap);
    }
    thread_heap_adopt();
    thread_heap_sweep(heap);
    thread_heap_clean_parked(true);
    if (space_lock()) {
        any = purge_all(keep) > 0;
        space_unmap_excess();
        space_unlock();
    }
    thread_heap_leave(heap);
    return any;
}
