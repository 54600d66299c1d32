/* SPDX-License-Identifier: MIT */
#include "heap/thread_heap.h"

#include <limits.h>
#include <pthread.h>

#include "base/check.h"
#include "heap/direct.h"
#include "heap/remote.h"
#include "heap/space.h"
#include "os/lock.h"
#include "os/os.h"

enum {
    /* Low bits of a tag are free for the offset in the pool: heaps are aligned to pools. */
    HEAP_STRIDE = (HEAP_SIZE + POOL_SIZE - 1) / POOL_SIZE * POOL_SIZE,
    HEAPS_AT_ONCE = 16, /* address space; each is touched when it is used */
    BORROW_LOOKS = 4,   /* parked heaps to look at for one pool */
    WARM_HEAPS = 4,     /* parked as they are; more threads than that seldom start at once */
    CLEAN_DELAY_MS = 500,
};

struct heap no_heap = {.top = {[0 ... CLASS_COUNT - 1] = &no_rounds},
                       .end = {[0 ... CLASS_COUNT - 1] = &no_rounds}};
__thread struct heap *thread_heap = &no_heap;

static __thread bool thread_ended;
static __thread unsigned destructor_rounds;

/* Under the space lock, but for reads of `newest` and `in_use`. */
static struct atomic_u64 newest; /* struct heap * */
static struct atomic_u64 in_use;
static struct heap *parked;
/* Read without the lock, as hints: number of cleaned heaps that are parked, and when the first of
   the warm ones is to be cleaned (0: there is none). */
static struct atomic_u32 cold_count;
static struct atomic_u64 clean_due;
static uintptr_t fresh_heaps, fresh_heaps_end;
static size_t heap_bytes;
static bool ready, has_key, counts_blocks;
static pthread_key_t key;

static struct lock shared_lock;
static struct heap *shared_heap;
static struct atomic_u32 shared_holds; /* the shared heap may have something at hand */

struct heap *thread_heap_first(void) {
    return (struct heap *)atomic_u64_load_acquire(&newest); /* partner: heap_new */
}
size_t thread_heap_count(void) { return atomic_u64_load(&in_use); }
size_t thread_heap_bytes(void) { return heap_bytes; }
void thread_heap_count_blocks(void) { counts_blocks = true; }

/* ---- Making, parking, taking over; all under the space lock ---- */

static void after_fork(bool in_doubt);
static void thread_end(void *heap);

static void init(void) {
    ASSERT(space_is_locked());
    if (ready) return;
    size_class_init();
    space_after_fork = after_fork;
    int saved_errno = errno;
    has_key = pthread_key_create(&key, thread_end) == 0;
    errno = saved_errno;
    ready = true;
}

static struct heap *heap_new(void) {
    ASSERT(space_is_locked());
    if (fresh_heaps == fresh_heaps_end) {
        size_t size = align_up((size_t)HEAP_STRIDE * HEAPS_AT_ONCE, os_page_size());
        fresh_heaps = (uintptr_t)os_map_fenced(size);
        fresh_heaps_end = fresh_heaps ? fresh_heaps + (size_t)HEAP_STRIDE * HEAPS_AT_ONCE : 0;
        heap_bytes += fresh_heaps ? size : 0;
    }
    if (fresh_heaps == 0) return NULL;
    struct heap *heap = (struct heap *)fresh_heaps;
    fresh_heaps += HEAP_STRIDE;
    heap_init(heap, counts_blocks);
    heap->next = thread_heap_first();
    atomic_u64_store_release(&newest, (uintptr_t)heap);
    return heap;
}

enum parked_kind { PARKED_ANY, PARKED_COLD, PARKED_WARM };

/* The first that was parked at `latest` or before. One that another thread is just helping
   (remote.c) is left to it. */
static struct heap *take_parked(enum parked_kind kind, uint64_t latest, uint32_t new_state) {
    ASSERT(space_is_locked());
    for (struct heap **at = &parked; *at != NULL; at = &(*at)->next_parked) {
        struct heap *heap = *at;
        uint32_t state = HEAP_PARKED;
        if (kind != PARKED_ANY && heap->warm != (kind == PARKED_WARM)) continue;
        if (heap->parked_at > latest) continue;
        if (!atomic_u32_replace(&heap->state, &state, new_state)) continue;
        *at = heap->next_parked;
        if (!heap->warm) atomic_u32_add(&cold_count, (uint32_t)-1);
        return heap;
    }
    return NULL;
}

/* Warm ones first, in the order in which they came; cold ones behind them. */
static void park(struct heap *heap) {
    ASSERT(space_is_locked());
    struct heap **at = &parked;
    while (!heap->warm && *at != NULL) at = &(*at)->next_parked;
    heap->next_parked = *at;
    *at = heap;
    if (!heap->warm) atomic_u32_add(&cold_count, 1);
    atomic_u32_store_release(&heap->state, HEAP_PARKED); /* partner: whoever takes it by replace */
}

static unsigned warm_heaps(void) {
    ASSERT(space_is_locked());
    unsigned count = 0;
    for (struct heap *heap = parked; heap != NULL && heap->warm; heap = heap->next_parked) count++;
    return count;
}

/* When the oldest warm one is to be cleaned, 0 if there is none. */
static void set_clean_due(void) {
    ASSERT(space_is_locked());
    uint64_t due = 0;
    for (struct heap *heap = parked; heap != NULL && heap->warm; heap = heap->next_parked)
        due = heap->parked_at + CLEAN_DELAY_MS;
    atomic_u64_store(&clean_due, due);
}

static struct heap *heap_acquire(void) {
    space_lock();
    init();
    struct heap *heap = has_key ? take_parked(PARKED_ANY, UINT64_MAX, HEAP_IN_USE) : NULL;
    if (heap == NULL && has_key) heap = heap_new();
    if (heap != NULL) atomic_u64_add(&in_use, 1);
    space_unlock();
    return heap;
}

/* ---- Beginning and end of a thread ---- */

/* pthread_setspecific may call calloc: the heap is usable before. */
struct heap *thread_heap_get(void) {
    if (likely(thread_heap != &no_heap)) return thread_heap;
    if (thread_ended) return NULL;
    if (unlikely(!ready) && thread_heap_before_first != NULL) thread_heap_before_first();
    struct heap *heap = heap_acquire();
    if (heap == NULL) return NULL;
    thread_heap = heap;
    pthread_setspecific(key, heap);
    return heap;
}

/* The heap is held BUSY, or by its own ending thread. */
static void clean(struct heap *heap) {
    remote_post(heap);
    remote_drain(heap, ~0u);
    heap_release(heap);
    remote_post(heap); /* blocks whose pools had changed hands */
    message_give_all(heap);
    heap->warm = false;
}

/* What comes in after this waits in the inbox for the next owner, or for a helper (remote.c). */
static void end_now(struct heap *heap) {
    thread_ended = true;
    thread_heap = &no_heap;
    remote_post(heap);
    remote_drain(heap, ~0u);
    remote_post(heap);
    heap->parked_at = os_clock_ms();
    space_lock();
    heap->warm = warm_heaps() < WARM_HEAPS;
    space_unlock();
    if (!heap->warm) clean(heap);
    space_lock();
    park(heap);
    atomic_u64_add(&in_use, (uint64_t)-1);
    set_clean_due();
    space_unlock();
}

/* Other keys' destructors may still malloc and free: wait for the round before the last, which is
   left to those (ThreadSanitizer) that go down with what they serve. What comes later still works,
   on the shared heap. */
static void thread_end(void *heap) {
    if (++destructor_rounds < PTHREAD_DESTRUCTOR_ITERATIONS - 1 &&
        pthread_setspecific(key, heap) == 0)
        return;
    end_now((struct heap *)heap);
}

void thread_heap_end_for_test(void) {
    if (thread_heap == &no_heap) return;
    pthread_setspecific(key, NULL);
    end_now(thread_heap);
    thread_ended = false;
}

struct heap *shared_heap_enter(void) {
    lock_take(&shared_lock);
    if (shared_heap == NULL) {
        space_lock();
        init();
        shared_heap = heap_new();
        space_unlock();
    }
    if (shared_heap != NULL) {
        atomic_u32_store(&shared_holds, 1);
        return shared_heap;
    }
    lock_leave(&shared_lock);
    return NULL;
}

void shared_heap_leave(void) { lock_leave(&shared_lock); }

/* ---- Parked heaps ---- */

static struct heap *take_out(enum parked_kind kind, uint64_t latest) {
    space_lock();
    struct heap *heap = take_parked(kind, latest, HEAP_BUSY);
    space_unlock();
    return heap;
}

static void put_back(struct heap *heap) {
    space_lock();
    park(heap);
    space_unlock();
}

/* Heaps that were looked at go to the end, so that the next look is at others. */
bool thread_heap_borrow(struct heap *heap, unsigned class_index) {
    if (atomic_u32_load(&cold_count) == 0) return false;
    bool moved = false;
    remote_post(heap); /* what is on its way to the pool arrives before it moves */
    for (unsigned i = 0; i < BORROW_LOOKS && !moved; i++) {
        struct heap *other = take_out(PARKED_COLD, UINT64_MAX);
        if (other == NULL) break;
        if (remote_is_waiting(other)) clean(other);
        moved = heap_move_pool(other, heap, class_index);
        put_back(other);
    }
    return moved;
}

bool thread_heap_clean_is_due(void) {
    uint64_t due = atomic_u64_load(&clean_due);
    return due != 0 && due <= os_clock_ms();
}

static bool clean_one(enum parked_kind kind, uint64_t latest) {
    struct heap *heap = take_out(kind, latest);
    if (heap == NULL) return false;
    clean(heap);
    put_back(heap);
    return true;
}

/* Cleaned ones go to the end of the list, so that as many turns as there are heaps reach all. */
static void clean_all(void) {
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next)
        if (!clean_one(PARKED_ANY, UINT64_MAX)) return;
}

/* Its lock may be held by the caller, which is just looking for memory there, or by another thread,
   which will not wait for it long. */
static void clean_shared(void) {
    if (!lock_try(&shared_lock)) return;
    if (shared_heap != NULL) clean(shared_heap);
    atomic_u32_store(&shared_holds, 0);
    lock_leave(&shared_lock);
}

/* Cold heaps have nothing at hand, and what comes in for them is given back by whoever sends it. */
bool thread_heap_parked_hold(void) {
    return atomic_u64_load(&clean_due) != 0 || atomic_u32_load(&shared_holds) != 0;
}

void thread_heap_clean_parked(bool all) {
    uint64_t latest = os_clock_ms() - CLEAN_DELAY_MS;
    if (all) {
        clean_all();
        clean_shared();
    }
    while (clean_one(PARKED_WARM, latest)) continue;
    space_lock();
    set_clean_due();
    space_unlock();
}

/* ---- Forks ---- */

/* The other threads are gone, and what they were doing to their heaps is anybody's guess: nobody
   uses these again. Their blocks may still be freed, into inboxes that nobody empties. */
static void after_fork(bool in_doubt) {
    ASSERT(space_is_locked());
    if (in_doubt) {
        space_rebuild();
        arena_rebuild();
        direct_rebuild();
        message_rebuild();
        parked = NULL;
        atomic_u32_store(&cold_count, 0);
    }
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        uint32_t state = atomic_u32_load(&heap->state);
        if (heap == thread_heap || heap == shared_heap) continue;
        if (state == HEAP_PARKED && in_doubt) park(heap);
        if (state != HEAP_PARKED) atomic_u32_store(&heap->state, HEAP_ORPHAN);
    }
    atomic_u64_store(&in_use, thread_heap != &no_heap);
    if (lock_mend(&shared_lock)) shared_heap = NULL;
}
