/* SPDX-License-Identifier: MIT */
#include "heap/thread_heap.h"

#include <limits.h>
#include <pthread.h>

#include "base/check.h"
#include "heap/direct.h"
#include "heap/guard.h"
#include "heap/remote.h"
#include "heap/sample.h"
#include "heap/space.h"
#include "os/lock.h"
#include "os/os.h"

enum {
    /* Low bits of a tag are free for the offset in the pool: heaps are aligned to pools. An odd
       number of pools from one to the next: so neighbours have different places for messages
       (remote_batch), and eight in a row all that there are. */
    HEAP_STRIDE = ((HEAP_SIZE + POOL_SIZE - 1) / POOL_SIZE | 1) * POOL_SIZE,
    HEAPS_AT_ONCE = 16, /* address space; each is touched when it is used */
    WARM_HEAPS = 4,     /* parked as they are; more threads than that seldom start at once */
    CLEAN_DELAY_MS = 500,
    CLEAN_AT_ONCE = 16, /* parked heaps per poll, which is not to take long */
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

static __thread struct {
    struct heap *own; /* also while it is in a slow path; NULL before there is one and at the end */
    bool ended;
    unsigned destructor_rounds;
} this_thread;

/* Heaps of threads that ended: the last few as they were; those that keep but the memory of their
   magazines; and those that keep as good as nothing. */
enum parked_kind { PARKED_WARM, PARKED_COOL, PARKED_COLD, PARKED_KINDS };

/* Written under the space lock, like heaps_in_use, and read without it. */
struct atomic_u64 thread_heap_newest;

/* Under the space lock, but for what the comments say. */
static struct {
    struct link parked[PARKED_KINDS];
    size_t parked_count[PARKED_KINDS];
    /* When the first that is not cold yet is to be cleaned, 0: there is none. A hint that is read
       without the lock. */
    struct atomic_u64 clean_due;
    uintptr_t fresh, fresh_end; /* address space for more heaps */
    size_t bytes;               /* of address space taken for heaps */
    bool ready, has_key, counts_blocks;
    pthread_key_t key;
    struct atomic_u32 orphans; /* heaps whose threads are gone, which nobody has adopted yet; */
    uint32_t orphan_messages;  /* messages for such heaps that there were at the fork */
} thread_heap_state;

/* The heap of threads that have none: under `lock`, but for the hints. */
static struct {
    struct lock lock;
    struct heap *heap;
    struct atomic_u32 holds;          /* a hint: it may have something at hand */
    void (*freed)(uintptr_t address); /* told of each block before it is freed; NULL: nobody is */
} shared;

struct heap *thread_heap_first(void) {
    return (struct heap *)atomic_u64_load_acquire(&thread_heap_newest); /* partner: heap_new */
}
size_t thread_heap_count(void) { return atomic_u64_load(&heaps_in_use); }
size_t thread_heap_bytes(void) { return thread_heap_state.bytes; }
void thread_heap_count_blocks(void) { thread_heap_state.counts_blocks = true; }

/* ---- Making, parking, taking over; all under the space lock ---- */

static void mend_heaps(bool in_doubt, uint32_t survivor);
static void thread_end(void *heap);

static void init_key(void) {
    ASSERT(space_lock_is_held());
    if (thread_heap_state.ready) return;
    size_class_init();
    space_lock_after_fork = mend_heaps;
    int saved_errno = errno;
    thread_heap_state.has_key = pthread_key_create(&thread_heap_state.key, thread_end) == 0;
    errno = saved_errno;
    thread_heap_state.ready = true;
}

/* Whoever comes first makes the lists empty; they are static, and a link on no list points to
   itself. */
static void init_parked(void) {
    for (unsigned kind = 0; kind < PARKED_KINDS && thread_heap_state.parked[kind].next == NULL;
         kind++)
        link_init(&thread_heap_state.parked[kind]);
}

static struct heap *heap_new(void) {
    ASSERT(space_lock_is_held());
    if (thread_heap_state.fresh == thread_heap_state.fresh_end) {
        size_t size = align_up((size_t)HEAP_STRIDE * HEAPS_AT_ONCE, os_page_size());
        thread_heap_state.fresh = (uintptr_t)os_map_fenced(size);
        thread_heap_state.fresh_end =
            thread_heap_state.fresh ? thread_heap_state.fresh + (size_t)HEAP_STRIDE * HEAPS_AT_ONCE
                                    : 0;
        if (thread_heap_state.fresh != 0)
            os_name((void *)thread_heap_state.fresh, size, "poolalloc heaps");
        thread_heap_state.bytes += thread_heap_state.fresh ? size + 2 * OS_FENCE : 0;
    }
    if (thread_heap_state.fresh == 0) return NULL;
    struct heap *heap = (struct heap *)thread_heap_state.fresh;
    thread_heap_state.fresh += HEAP_STRIDE;
    heap_init(heap, thread_heap_state.counts_blocks);
    link_init(&heap->parked);
    heap->next = thread_heap_first();
    atomic_u64_store_release(&thread_heap_newest, (uintptr_t)heap);
    return heap;
}

/* Heaps on a list may be BUSY by whoever helps them (remote.c), and are left to him. The last that
   came is the first. */
static struct heap *take_parked(enum parked_kind kind, enum heap_state state) {
    ASSERT(space_lock_is_held());
    init_parked();
    struct link *list = &thread_heap_state.parked[kind];
    for (struct link *at = list->next; at != list; at = at->next) {
        struct heap *heap = link_owner(at, struct heap, parked);
        if (!inbox_claim(heap, state)) continue;
        link_remove(at);
        thread_heap_state.parked_count[kind]--;
        return heap;
    }
    return NULL;
}

/* The heap is BUSY, or PARKED where the lists are made anew. */
static void list_parked(struct heap *heap, enum parked_kind kind) {
    ASSERT(space_lock_is_held());
    init_parked();
    link_add_after(&thread_heap_state.parked[kind], &heap->parked);
    thread_heap_state.parked_count[kind]++;
}

/* When the oldest that is not clean yet is to be cleaned. */
static void set_clean_due(void) {
    ASSERT(space_lock_is_held());
    init_parked();
    uint64_t due = 0;
    for (unsigned kind = PARKED_WARM; kind <= PARKED_COOL; kind++) {
        if (link_is_alone(&thread_heap_state.parked[kind])) continue;
        struct heap *oldest = link_owner(thread_heap_state.parked[kind].prev, struct heap, parked);
        uint64_t at = oldest->parked_at + CLEAN_DELAY_MS;
        due = due == 0 || at < due ? at : due;
    }
    atomic_u64_store(&thread_heap_state.clean_due, due);
}

/* For heaps that are to be cold: the commons are there before they have pools to give. */
static void make_commons(void) {
    ASSERT(space_lock_is_held());
    if (remote_commons() != NULL) return;
    struct heap *heap = heap_new();
    if (heap == NULL) return;
    inbox_set_state(heap, HEAP_PARKED);
    remote_set_commons(heap);
}

static struct heap *heap_acquire(void) {
    if (!space_lock()) return NULL;
    init_key();
    struct heap *heap = NULL;
    for (unsigned kind = 0; kind < PARKED_KINDS && heap == NULL && thread_heap_state.has_key;
         kind++)
        heap = take_parked((enum parked_kind)kind, HEAP_IN_USE);
    if (heap == NULL && thread_heap_state.has_key) heap = heap_new();
    if (heap != NULL) heap->owner = lock_self();
    if (heap != NULL) atomic_u64_add(&heaps_in_use, 1);
    space_unlock();
    return heap;
}

/* ---- Beginning and end of a thread ---- */

/* Sees to it that thread_end is called even if the thread ends on the way to its heap, with the
   lock. */
static void announce(void) {
    static __thread bool announced;
    if (announced || !thread_heap_state.has_key) return;
    announced = true;
    pthread_setspecific(thread_heap_state.key, &no_heap);
}

/* pthread_setspecific may call calloc: the heap is usable before. */
struct heap *thread_heap_get(void) {
    if (likely(thread_heap != &no_heap)) return thread_heap;
    if (this_thread.ended || this_thread.own != NULL) return NULL;
    if (unlikely(!thread_heap_state.ready) && thread_heap_before_first != NULL)
        thread_heap_before_first();
    announce();
    struct heap *heap =
        this_thread.own == NULL ? heap_acquire() : this_thread.own; /* made by such a calloc */
    if (heap == NULL) return NULL;
    this_thread.own = thread_heap = heap;
    static struct atomic_u32 watches_forks;
    if (atomic_u32_exchange(&watches_forks, 1) == 0) space_lock_watch_forks();
    pthread_setspecific(thread_heap_state.key, heap);
    return heap;
}

bool thread_heap_is_inside(void) {
    return (this_thread.own != NULL && thread_heap == &no_heap) || lock_is_mine(&shared.lock) ||
           space_lock_is_held();
}

/* Puts a heap on the list of its kind: from now on whoever helps may use it. */
static void retire_heap(struct heap *heap, enum parked_kind kind) {
    ASSERT(space_lock_is_held());
    heap->warm = kind == PARKED_WARM;
    if (!heap->warm) make_commons();
    list_parked(heap, kind);
    atomic_u64_add(&heaps_in_use, (uint64_t)-1);
    set_clean_due();
}

static void end_now(struct heap *heap) {
    this_thread.ended = true;
    thread_heap = &no_heap;
    remote_post(heap);
    remote_drain(heap, ~0u);
    remote_post(heap);
    heap->parked_at = os_clock_ms();
    inbox_set_state(heap, HEAP_BUSY);
    if (space_lock()) {
        retire_heap(heap, thread_heap_state.parked_count[PARKED_WARM] < WARM_HEAPS ? PARKED_WARM
                                                                                   : PARKED_COOL);
        space_unlock();
    }
    this_thread.own = NULL;
    remote_park(heap);
}

static void rebuild_lists(void);

static bool is_in_use(const struct heap *heap) {
    return heap_state(heap) == HEAP_IN_USE || heap_state(heap) == HEAP_ASLEEP;
}

/* What came in stays, for whoever adopts it. */
static void make_own_orphan(struct heap *heap) {
    ASSERT(space_lock_is_held());
    inbox_set_state(heap, HEAP_ORPHAN);
    atomic_u32_add(&thread_heap_state.orphans, 1);
}

/* The thread ends in the middle of the allocator: a signal handler called pthread_exit, or it was
   cancelled. It leaves its heap as a thread that a fork has left behind. */
static void abandon(void) {
    this_thread.ended = true;
    thread_heap = &no_heap;
    this_thread.own = NULL;
    if (space_lock_is_held())
        rebuild_lists();
    else if (!space_lock())
        return;
    pending_abandon();
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (heap->owner != lock_self() || !is_in_use(heap)) continue;
        make_own_orphan(heap);
        atomic_u64_add(&heaps_in_use, (uint64_t)-1);
    }
    if (lock_is_mine(&shared.lock)) {
        if (shared.heap != NULL) make_own_orphan(shared.heap);
        shared.heap = NULL;
        lock_unlock(&shared.lock);
    }
    space_unlock();
}

/* Other keys' destructors may still malloc and free: wait for the round before the last, which is
   left to those (ThreadSanitizer) that go down with what they serve. What comes later still works,
   on the shared heap. In the child of a fork the value may be one of a thread that is gone, and
   that had this one's stack: it says nothing but that there is something to do. */
static void thread_end(void *value) {
    if (thread_heap_is_inside()) abandon();
    if (thread_heap == &no_heap) return;
    if (++this_thread.destructor_rounds < PTHREAD_DESTRUCTOR_ITERATIONS - 1 &&
        pthread_setspecific(thread_heap_state.key, value) == 0)
        return;
    end_now(thread_heap);
}

void thread_heap_end_for_test(void) {
    if (thread_heap == &no_heap) return;
    pthread_setspecific(thread_heap_state.key, NULL);
    end_now(thread_heap);
    this_thread.ended = false;
}

struct heap *thread_heap_enter_shared(void) {
    if (this_thread.own != NULL && thread_heap == &no_heap)
        return NULL; /* a signal has interrupted it */
    return thread_heap_enter_shared_inside();
}

/* False: the lock is out of reach, or the pool was handed to another heap. */
static bool free_watched(uintptr_t address) {
    shared.freed(address);
    space_lock_notice_fork();
    if (!lock_lock(&shared.lock)) return false;
    bool freed = shared.heap != NULL && heap_free(shared.heap, address);
    lock_unlock(&shared.lock);
    return freed;
}

static void make_shared_heap(void) {
    if (!space_lock()) return;
    init_key();
    shared.heap = heap_new();
    space_unlock();
    if (shared.freed != NULL) remote_watch(shared.heap, free_watched); /* it was, before a fork */
}

struct heap *thread_heap_enter_shared_inside(void) {
    space_lock_notice_fork();
    if (!lock_lock(&shared.lock)) return NULL;
    if (shared.heap == NULL) make_shared_heap();
    if (shared.heap != NULL) {
        atomic_u32_store(&shared.holds, 1);
        return shared.heap;
    }
    lock_unlock(&shared.lock);
    return NULL;
}

void thread_heap_leave_shared(void) {
    ASSERT(lock_is_mine(&shared.lock));
    lock_unlock(&shared.lock);
}

bool thread_heap_watch_shared(void (*freed)(uintptr_t address)) {
    struct heap *heap = thread_heap_enter_shared_inside();
    if (heap == NULL) return false;
    shared.freed = freed;
    remote_watch(heap, free_watched);
    thread_heap_leave_shared();
    return true;
}

/* ---- Parked heaps ---- */

bool thread_heap_borrow(struct heap *heap, unsigned class_index) {
    thread_heap_adopt();
    return remote_borrow(heap, class_index);
}

bool thread_heap_clean_is_due(uint64_t now) {
    uint64_t due = atomic_u64_load(&thread_heap_state.clean_due);
    return due != 0 && due <= now;
}

/* The oldest of the kind, if it was parked at `latest` or before, and is not just helped. It is
   BUSY then, and among the cold ones. */
static struct heap *take_oldest(enum parked_kind kind, uint64_t latest) {
    ASSERT(space_lock_is_held());
    init_parked();
    for (struct link *at = thread_heap_state.parked[kind].prev;
         at != &thread_heap_state.parked[kind]; at = at->prev) {
        struct heap *heap = link_owner(at, struct heap, parked);
        if (heap->parked_at > latest) return NULL;
        if (!inbox_claim(heap, HEAP_BUSY)) continue;
        link_remove(at);
        thread_heap_state.parked_count[kind]--;
        heap->warm = false;
        make_commons();
        list_parked(heap, PARKED_COLD);
        return heap;
    }
    return NULL;
}

static bool clean_one(uint64_t latest) {
    if (!space_lock()) return false;
    struct heap *heap = take_oldest(PARKED_COOL, latest);
    if (heap == NULL) heap = take_oldest(PARKED_WARM, latest);
    space_unlock();
    if (heap == NULL) return false;
    heap_shed(heap);
    remote_park(heap);
    return true;
}

/* The lock of the shared heap may be held by the caller, which is just looking for memory there, or
   by another thread, which will not wait for it long. */
static void clean_shared(void) {
    space_lock_notice_fork();
    if (!lock_try_lock(&shared.lock)) return;
    if (shared.heap != NULL) {
        remote_post(shared.heap);
        remote_drain(shared.heap, ~0u);
        heap_flush(shared.heap);
        message_give_all(shared.heap);
    }
    atomic_u32_store(&shared.holds, 0);
    lock_unlock(&shared.lock);
}

/* Cold heaps have nothing at hand, and what comes in for them is given back by whoever sends it. */
bool thread_heap_parked_hold(void) {
    return atomic_u64_load(&thread_heap_state.clean_due) != 0 ||
           atomic_u32_load(&shared.holds) != 0 || atomic_u32_load(&thread_heap_state.orphans) != 0;
}

/* The commons are PARKED where nobody is at them. */
static void clean_commons(void) {
    struct heap *heap = remote_commons();
    if (heap != NULL && inbox_claim(heap, HEAP_BUSY)) remote_park(heap);
}

void thread_heap_clean_parked(bool all) {
    uint64_t latest = all ? UINT64_MAX : os_clock_ms() - CLEAN_DELAY_MS;
    unsigned most = all ? UINT_MAX : CLEAN_AT_ONCE;
    while (most-- > 0 && clean_one(latest)) continue;
    if (all) {
        clean_shared();
        clean_commons();
    }
    if (!space_lock()) return;
    set_clean_due();
    space_unlock();
}

void thread_heap_sweep(struct heap *sweeper) {
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next)
        if (heap != sweeper) remote_sweep(sweeper, heap);
}

COLD void thread_heap_sweep_old(struct heap *sweeper) {
    if (!inbox_begin_look()) return;
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next)
        if (heap != sweeper && inbox_has_waited(heap)) remote_sweep(sweeper, heap);
}

COLD void thread_heap_sweep_slow(struct heap *sweeper) {
    sweeper->sent_bytes = 0;
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next)
        if (heap != sweeper && inbox_is_slow(heap)) remote_sweep(sweeper, heap);
}

/* ---- Heaps whose threads are gone ---- */

bool thread_heap_adopt_is_due(void) {
    return atomic_u32_load(&thread_heap_state.orphans) != 0 &&
           remote_orphan_messages() - thread_heap_state.orphan_messages >= ORPHAN_MESSAGES;
}

static void adopt_arena(const struct arena *arena) {
    union record *record = window_record_at(arena->base);
    for (unsigned i = 0; i < ARENA_POOLS; i++) {
        struct pool *pool = &record[i].pool;
        uintptr_t base = arena->base + (uintptr_t)i * POOL_SIZE;
        uint64_t tag = atomic_u64_load(&pool->tag);
        if ((arena->free >> i & 1) || tag == 0 || tag_kind(tag, base) != TAG_HEAP) continue;
        struct heap *heap = tag_heap(tag, base);
        if (heap_state(heap) == HEAP_ADOPTED) pending_adopt(heap, pool);
    }
}

/* What orphans have is known by the records; see heap_forget and heap_adopt. */
static void adopt_pools(void) {
    ASSERT(space_lock_is_held());
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (heap_state(heap) != HEAP_ORPHAN) continue;
        heap_forget(heap);
        inbox_set_state(heap, HEAP_ADOPTED);
    }
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            const struct arena *arena = &window->arena[i];
            if (arena->kind != ARENA_NONE) adopt_arena(arena);
        }
    atomic_u32_store(&thread_heap_state.orphans, 0);
}

/* What was on its way arrives, and the heaps are cold ones that are parked. */
void thread_heap_adopt(void) {
    space_lock_notice_fork();
    if (atomic_u32_load(&thread_heap_state.orphans) == 0 || !space_lock()) return;
    struct heap *first = NULL;
    adopt_pools();
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (heap_state(heap) != HEAP_ADOPTED) continue;
        inbox_set_state(heap, HEAP_BUSY);
        heap->warm = false;
        list_parked(heap, PARKED_COLD);
        heap->next_held = first;
        first = heap;
    }
    make_commons();
    space_unlock();
    while (first != NULL) {
        struct heap *heap = first;
        first = heap->next_held;
        remote_post(heap);
        remote_park(heap);
    }
}

/* ---- Forks ---- */

static void make_orphan(struct heap *heap) {
    ASSERT(space_lock_is_held());
    pending_make_orphan(heap);
    atomic_u32_add(&thread_heap_state.orphans, 1);
    if (heap == remote_commons()) remote_set_commons(NULL);
}

/* Lists the parked heaps by their own words, where the lists are in doubt. Those of the child's own
   are not BUSY. */
static void relist_parked(void) {
    ASSERT(space_lock_is_held());
    for (unsigned kind = 0; kind < PARKED_KINDS; kind++) {
        link_init(&thread_heap_state.parked[kind]);
        thread_heap_state.parked_count[kind] = 0;
    }
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        link_init(&heap->parked);
        if (heap_state(heap) == HEAP_PARKED && heap != remote_commons())
            list_parked(heap, heap->warm               ? PARKED_WARM
                              : heap->rounds_used != 0 ? PARKED_COOL
                                                       : PARKED_COLD);
    }
    set_clean_due();
}

/* Takes off the lists the parked heaps that a thread which is gone was just helping. */
static void drop_helped(void) {
    ASSERT(space_lock_is_held());
    init_parked();
    for (unsigned kind = 0; kind < PARKED_KINDS; kind++) {
        for (struct link *at = thread_heap_state.parked[kind].next, *next;
             at != &thread_heap_state.parked[kind]; at = next) {
            next = at->next;
            if (heap_state(link_owner(at, struct heap, parked)) == HEAP_PARKED) continue;
            link_remove(at);
            thread_heap_state.parked_count[kind]--;
        }
    }
}

static void rebuild_lists(void) {
    ASSERT(space_lock_is_held());
    space_rebuild();
    arena_rebuild();
    direct_rebuild();
    message_rebuild();
    thread_heap_state.fresh = thread_heap_state.fresh_end = 0;
    relist_parked();
}

/* The other threads are gone. What they had in hand, a message, a run or a few pools each, stays
   taken; their heaps wait to be adopted. */
static void mend_heaps(bool in_doubt, uint32_t survivor) {
    ASSERT(space_lock_is_held());
    pending_after_fork();
    if (in_doubt)
        rebuild_lists();
    else
        drop_helped();
    if (lock_mend(&shared.lock, survivor)) {
        shared.heap = NULL;
        remote_watch(NULL, NULL);
    }
    sample_after_fork(survivor);
    guard_after_fork(survivor);
    uint32_t owned = 0;
    atomic_u32_store(&thread_heap_state.orphans, 0);
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        bool is_owned = heap->owner == survivor && is_in_use(heap);
        owned += is_owned;
        if (is_owned || heap == shared.heap)
            pending_keep_inbox(heap);
        else if (heap_state(heap) != HEAP_PARKED)
            make_orphan(heap);
    }
    thread_heap_state.orphan_messages = remote_orphan_messages();
    atomic_u64_store(&heaps_in_use, owned);
}
