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
    /* Low bits of a tag are free for the offset in the pool: heaps are aligned to pools. An odd
       number of pools from one to the next: so neighbours have different places for messages
       (remote_batch), and eight in a row all that there are. */
    HEAP_STRIDE = ((HEAP_SIZE + POOL_SIZE - 1) / POOL_SIZE | 1) * POOL_SIZE,
    HEAPS_AT_ONCE = 16, /* address space; each is touched when it is used */
    BORROW_LOOKS = 4,   /* parked heaps to look at for one pool */
    WARM_HEAPS = 4,     /* parked as they are; more threads than that seldom start at once */
    CLEAN_DELAY_MS = 500,
    /* Heaps that a fork left behind are adopted once so many messages, of up to 16 KiB or 62 blocks
       each, were sent to them: a child that just calls exec is not to pay for that. */
    ORPHAN_MESSAGES = 8,
};

static_assert(HEAP_STRIDE >= HEAP_SIZE && HEAP_STRIDE / POOL_SIZE % 2 == 1 &&
                  (HEAP_BATCHES & (HEAP_BATCHES - 1)) == 0,
              "an odd stride meets all places");

struct heap no_heap = {.top = {[0 ... CLASS_COUNT - 1] = &no_rounds},
                       .end = {[0 ... CLASS_COUNT - 1] = &no_rounds}};
__thread struct heap *thread_heap = &no_heap;

/* The thread's heap, also while it is in a slow path; NULL before it has one and after its end. */
static __thread struct heap *own;
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

/* Heaps whose threads are gone, which nobody has adopted yet; and how many messages there were. */
static struct atomic_u32 orphans;
static uint32_t orphan_messages;

struct heap *thread_heap_first(void) {
    return (struct heap *)atomic_u64_load_acquire(&newest); /* partner: heap_new */
}
size_t thread_heap_count(void) { return atomic_u64_load(&in_use); }
size_t thread_heap_bytes(void) { return heap_bytes; }
void thread_heap_count_blocks(void) { counts_blocks = true; }

/* ---- Making, parking, taking over; all under the space lock ---- */

static void after_fork(bool in_doubt, uint32_t survivor);
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
        heap_bytes += fresh_heaps ? size + 2 * OS_FENCE : 0;
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
    atomic_u32_store_ordered(&heap->state, HEAP_PARKED); /* partner: whoever takes it by replace */
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
    if (!space_lock()) return NULL;
    init();
    struct heap *heap = has_key ? take_parked(PARKED_ANY, UINT64_MAX, HEAP_IN_USE) : NULL;
    if (heap == NULL && has_key) heap = heap_new();
    if (heap != NULL) heap->owner = lock_self();
    if (heap != NULL) atomic_u64_add(&in_use, 1);
    space_unlock();
    return heap;
}

/* ---- Beginning and end of a thread ---- */

/* So that thread_end is called even if the thread ends on the way to its heap, with the lock. */
static void announce(void) {
    static __thread bool announced;
    if (announced || !has_key) return;
    announced = true;
    pthread_setspecific(key, &no_heap);
}

/* pthread_setspecific may call calloc: the heap is usable before. */
struct heap *thread_heap_get(void) {
    if (likely(thread_heap != &no_heap)) return thread_heap;
    if (thread_ended || own != NULL) return NULL;
    if (unlikely(!ready) && thread_heap_before_first != NULL) thread_heap_before_first();
    announce();
    struct heap *heap = own == NULL ? heap_acquire() : own; /* made by such a calloc */
    if (heap == NULL) return NULL;
    own = thread_heap = heap;
    static struct atomic_u32 watches_forks;
    if (atomic_u32_exchange(&watches_forks, 1) == 0) space_watch_forks();
    pthread_setspecific(key, heap);
    return heap;
}

bool thread_heap_is_inside(void) {
    return (own != NULL && thread_heap == &no_heap) || lock_is_mine(&shared_lock) ||
           space_is_locked();
}

/* The heap is held BUSY, or by its own ending thread. */
static void clean(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
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
    if (space_lock()) {
        heap->warm = warm_heaps() < WARM_HEAPS;
        space_unlock();
    }
    if (!heap->warm) clean(heap);
    if (space_lock()) {
        park(heap);
        atomic_u64_add(&in_use, (uint64_t)-1);
        set_clean_due();
        space_unlock();
    }
    own = NULL;
    remote_help(heap);
}

static void rebuild_lists(void);

static void make_orphan(struct heap *heap) {
    ASSERT(space_is_locked());
    atomic_u32_store(&heap->state, HEAP_ORPHAN);
    atomic_u32_add(&orphans, 1);
}

/* The thread ends in the middle of the allocator: a signal handler called pthread_exit, or it was
   cancelled. It leaves its heap as a thread that a fork has left behind. */
static void abandon(void) {
    thread_ended = true;
    thread_heap = &no_heap;
    own = NULL;
    if (space_is_locked())
        rebuild_lists();
    else if (!space_lock())
        return;
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (heap->owner != lock_self() || atomic_u32_load(&heap->state) != HEAP_IN_USE) continue;
        make_orphan(heap);
        atomic_u64_add(&in_use, (uint64_t)-1);
    }
    if (lock_is_mine(&shared_lock)) {
        if (shared_heap != NULL) make_orphan(shared_heap);
        shared_heap = NULL;
        lock_leave(&shared_lock);
    }
    space_unlock();
}

/* Other keys' destructors may still malloc and free: wait for the round before the last, which is
   left to those (ThreadSanitizer) that go down with what they serve. What comes later still works,
   on the shared heap. */
static void thread_end(void *heap) {
    if (thread_heap_is_inside()) abandon();
    if (thread_heap == &no_heap) return;
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
    if (own != NULL && thread_heap == &no_heap) return NULL; /* a signal has interrupted it */
    space_notice_fork();
    if (!lock_take(&shared_lock)) return NULL;
    if (shared_heap == NULL && space_lock()) {
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

void shared_heap_leave(void) {
    ASSERT(lock_is_mine(&shared_lock));
    lock_leave(&shared_lock);
}

/* ---- Parked heaps ---- */

static struct heap *take_out(enum parked_kind kind, uint64_t latest) {
    if (!space_lock()) return NULL;
    struct heap *heap = take_parked(kind, latest, HEAP_BUSY);
    space_unlock();
    return heap;
}

static void put_back(struct heap *heap) {
    if (!space_lock()) return;
    park(heap);
    space_unlock();
    remote_help(heap);
}

/* Heaps that were looked at go to the end, so that the next look is at others. */
bool thread_heap_borrow(struct heap *heap, unsigned class_index) {
    thread_heap_adopt();
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
    space_notice_fork();
    if (!lock_try(&shared_lock)) return;
    if (shared_heap != NULL) clean(shared_heap);
    atomic_u32_store(&shared_holds, 0);
    lock_leave(&shared_lock);
}

/* Cold heaps have nothing at hand, and what comes in for them is given back by whoever sends it. */
bool thread_heap_parked_hold(void) {
    return atomic_u64_load(&clean_due) != 0 || atomic_u32_load(&shared_holds) != 0 ||
           atomic_u32_load(&orphans) != 0;
}

void thread_heap_clean_parked(bool all) {
    uint64_t latest = os_clock_ms() - CLEAN_DELAY_MS;
    if (all) {
        clean_all();
        clean_shared();
    }
    while (clean_one(PARKED_WARM, latest)) continue;
    if (!space_lock()) return;
    set_clean_due();
    space_unlock();
}

/* ---- Heaps whose threads are gone ---- */

bool thread_heap_adopt_is_due(void) {
    return atomic_u32_load(&orphans) != 0 &&
           remote_orphan_messages() - orphan_messages >= ORPHAN_MESSAGES;
}

static void adopt_arena(const struct arena *arena) {
    union record *record = record_at(arena->base);
    for (unsigned i = 0; i < ARENA_POOLS; i++) {
        struct pool *pool = &record[i].pool;
        uintptr_t base = arena->base + (uintptr_t)i * POOL_SIZE;
        uint64_t tag = atomic_u64_load(&pool->tag);
        if ((arena->free >> i & 1) || tag == 0 || tag_kind(tag, base) != TAG_HEAP) continue;
        struct heap *heap = tag_heap(tag, base);
        if (atomic_u32_load(&heap->state) != HEAP_ADOPTED) continue;
        heap_adopt(heap, pool);
        pending_announce(heap, base);
    }
}

/* What they have is known by the records; see heap_forget and heap_adopt. */
static void adopt_pools(void) {
    ASSERT(space_is_locked());
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (atomic_u32_load(&heap->state) != HEAP_ORPHAN) continue;
        heap_forget(heap);
        atomic_u32_store(&heap->state, HEAP_ADOPTED);
    }
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            const struct arena *arena = &window->arena[i];
            if (arena->kind != ARENA_NONE) adopt_arena(arena);
        }
    atomic_u32_store(&orphans, 0);
}

/* What was on its way arrives, and the heaps are cold ones that are parked. */
void thread_heap_adopt(void) {
    space_notice_fork();
    if (atomic_u32_load(&orphans) == 0 || !space_lock()) return;
    struct heap *adopted = NULL;
    adopt_pools();
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        uint32_t state = HEAP_ADOPTED;
        if (!atomic_u32_replace(&heap->state, &state, HEAP_BUSY)) continue;
        heap->next_parked = adopted;
        adopted = heap;
    }
    space_unlock();
    while (adopted != NULL) {
        struct heap *heap = adopted;
        adopted = heap->next_parked;
        clean(heap);
        put_back(heap);
    }
}

/* ---- Forks ---- */

static void rebuild_lists(void) {
    ASSERT(space_is_locked());
    space_rebuild();
    arena_rebuild();
    direct_rebuild();
    message_rebuild();
    fresh_heaps = fresh_heaps_end = 0;
    parked = NULL;
    atomic_u32_store(&cold_count, 0);
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next)
        if (atomic_u32_load(&heap->state) == HEAP_PARKED) park(heap);
    set_clean_due();
}

/* Takes off the list the parked heaps that a thread which is gone was just helping. */
static void drop_helped(void) {
    ASSERT(space_is_locked());
    uint32_t cold = 0;
    for (struct heap **at = &parked; *at != NULL;) {
        if (atomic_u32_load(&(*at)->state) != HEAP_PARKED) {
            *at = (*at)->next_parked;
            continue;
        }
        cold += !(*at)->warm;
        at = &(*at)->next_parked;
    }
    atomic_u32_store(&cold_count, cold);
}

/* The other threads are gone. What they had in hand, a message, an extent or a few pools each,
   stays taken; their heaps wait to be adopted. */
static void after_fork(bool in_doubt, uint32_t survivor) {
    ASSERT(space_is_locked());
    if (in_doubt)
        rebuild_lists();
    else
        drop_helped();
    if (lock_mend(&shared_lock, survivor)) shared_heap = NULL;
    uint32_t owned = 0;
    atomic_u32_store(&orphans, 0);
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        uint32_t state = atomic_u32_load(&heap->state);
        bool is_owned = heap->owner == survivor && state == HEAP_IN_USE;
        owned += is_owned;
        if (is_owned || heap == shared_heap || state == HEAP_PARKED) continue;
        make_orphan(heap);
    }
    orphan_messages = remote_orphan_messages();
    atomic_u64_store(&in_use, owned);
}
