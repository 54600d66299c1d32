/* SPDX-License-Identifier: MIT */
#include "scenes.h"

#include "base/check.h"
#include "heap/block.h"
#include "heap/magazine.h"
#include "heap/pending.h"
#include "heap/remote.h"
#include "heap/size_class.h"
#include "heap/space.h"
#include "heap/thread_heap.h"
#include "heap/token.h"
#include "os/lock.h"
#include "os/os.h"

enum { SIZE = 512, BLOCKS = POOL_SIZE / SIZE };
/* The size of a pool's blocks; scenes of spans have another, and as many blocks. */
static size_t size = SIZE;

/* The heap of the first thread, of which all blocks are, and that of the second; and in some scenes
   that of nobody. */
static struct heap *owner, *other, *commons;
static unsigned class_index;
static struct pool *pool;
static uintptr_t block[BLOCKS];

/* ---- Before ---- */

static bool refuse(enum os_call call) {
    (void)call;
    return search_is_running();
}

static uint64_t one_moment(void) { return 1000000; }

static struct heap *make_heap(void) {
    struct heap *heap = os_map_aligned(align_up(HEAP_SIZE, POOL_SIZE), 2 * POOL_SIZE);
    if (heap == NULL) search_fail("no memory for a heap");
    heap_init(heap, false);
    memory_name(&heap->inbox, sizeof heap->inbox, "inbox");
    return heap;
}

static void take_all(void) {
    owner->owner = lock_self();
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *at = magazine_pop(&owner->top[class_index]);
        block[i] = (uintptr_t)(at != NULL ? at : heap_take(owner, class_index));
    }
}
/* With messages at hand: in a run nothing is mapped. */
static void own_other(void) {
    other->owner = lock_self();
    struct message *message = message_take(other);
    if (message == NULL) search_fail("no memory for messages");
    message_give(other, message);
}
static void get_number(void) { (void)lock_self(); }

/* The owner has one pool, all of whose blocks are with the program. */
static void prepare(void) {
    os_fault_for_test = refuse;
    os_clock_for_test = one_moment;
    thread_heap_get();
    class_index = size_class_of(size);
    owner = make_heap();
    other = make_heap();
    search_as(0, take_all);
    search_as(1, own_other);
    search_as(2, get_number);
    pool = pool_first(&window_record_at(block[0])->pool);
    if (pool->state != POOL_FULL) search_fail("the pool is not full");
    memory_name(&token_forks, sizeof token_forks, "forks");
    memory_name(token_of(pool), sizeof(struct atomic_u64), "token");
    memory_name(pool_pending(pool), POOL_WORDS * sizeof(struct atomic_u64), "pending");
}

/* ---- Steps ---- */

/* What the program writes into a block, as long as it has it. */
static void use(uintptr_t address) {
    if (search_is_running()) memory_touch(address, sizeof(uint64_t), true, 0);
}

/* As by a thread without a heap. */
static void deposit(unsigned i) {
    use(block[i]);
    remote_free_slow(NULL, pool_owner(pool), block[i], size);
}
/* In a message of the other heap, which is sent. */
static void send(unsigned i) {
    use(block[i]);
    if (!remote_free(other, pool_owner(pool), block[i], size)) remote_post(other);
}
static void own_free(uintptr_t address) {
    use(address);
    CHECK(heap_free(owner, address));
}
/* The owner hands out each free block of the pool, and gets it back. */
static void reuse(void) {
    uintptr_t taken[BLOCKS];
    unsigned count = 0;
    for (;;) {
        void *at = magazine_pop(&owner->top[class_index]);
        if (at == NULL && heap_partial(owner, class_index) != NULL)
            at = heap_take(owner, class_index);
        if (at == NULL) break;
        taken[count++] = (uintptr_t)at;
        use((uintptr_t)at);
    }
    while (count > 0) own_free(taken[--count]);
}
static void drain(void) {
    remote_drain(owner, ~0u);
    reuse();
}
static void sweep(void) { remote_sweep(other, owner); }
/* As at the end of a thread. */
static void park(void) {
    inbox_set_state(owner, HEAP_BUSY);
    remote_park(owner);
}
/* As at the begin of one; nothing if somebody holds the heap, or uses it. */
static void begin(void) {
    if (!inbox_claim(owner, HEAP_IN_USE)) return;
    owner->owner = lock_self();
    drain();
}

/* What the child of a fork mends at its first step (thread_heap.c), of a heap that is in no list.
 */
static void be_child(void) {
    search_fork();
    CHECK(space_lock());
    pending_after_fork();
    pending_keep_inbox(owner);
    space_unlock();
}

/* ---- After ---- */

static bool is_live(unsigned i) {
    struct block found;
    return block_find(block[i], &found) == BLOCK_LIVE;
}

/* P7, and then the heap's owner looks. */
static void settle_heap(struct heap *heap) {
    if (heap_state(heap) == HEAP_PARKED && !inbox_is_empty(heap))
        search_fail("something waits in the inbox of a parked heap");
    if (heap_state(heap) == HEAP_PARKED) inbox_claim(heap, HEAP_IN_USE);
    if (heap_state(heap) == HEAP_BUSY) search_fail("nobody parks the heap");
    heap->owner = lock_self();
    remote_drain(heap, ~0u);
}

static void settle(void) {
    settle_heap(owner);
    settle_heap(other);
    if (commons != NULL) settle_heap(commons);
}

static void check(struct heap *heap) {
    if (!inbox_is_empty(heap)) search_fail("something stays in the inbox");
    heap_check(heap);
}

/* The blocks from the `from`th to before the `freed`th are freed once the owner has looked, those
   from there to before the `count`th are live, and those before the `from`th may be either. */
static void expect_from(unsigned from, unsigned count, unsigned freed) {
    search_as(0, settle);
    for (unsigned i = from; i < count; i++)
        if (is_live(i) == (i < freed))
            search_fail("block %u is %s", i, i < freed ? "lost" : "gone");
    if (token_is_taken(pool)) search_fail("the token is taken for good");
    for (unsigned w = 0; w < POOL_WORDS; w++)
        if (atomic_u64_load(&pool_pending(pool)[w]) != 0) search_fail("a bit is pending for good");
    check(owner);
    check(other);
    if (commons != NULL) check(commons);
}
static void expect_of(unsigned count, unsigned freed) { expect_from(0, count, freed); }
static void expect(unsigned freed) { expect_of(BLOCKS, freed); }
static void end_first(void) { expect(1); }
static void end_two(void) { expect(2); }
static void end_three(void) { expect(3); }
static void end_all(void) { expect(BLOCKS); }

/* ---- Threads ---- */

static void drain_twice(void) {
    drain();
    drain();
}
static void free_and_drain(void) {
    own_free(block[2]);
    drain();
}
static void deposit_first(void) { deposit(0); }
static void deposit_second(void) { deposit(1); }
static void deposit_two(void) {
    deposit(0);
    deposit(1);
}
static void send_first(void) { send(0); }
static void send_two(void) {
    send(0);
    send(1);
}
static void send_and_sweep(void) {
    send(0);
    sweep();
}
static void deposit_and_sweep(void) {
    deposit(0);
    sweep();
}

/* Six of eight blocks are pending, and the pool lies in the inbox. */
static void deposit_six(void) {
    for (unsigned i = 2; i < BLOCKS; i++) deposit(i);
}
static void prepare_six(void) {
    prepare();
    search_as(1, deposit_six);
}
static void prepare_seven(void) {
    prepare_six();
    search_as(1, deposit_second);
}
static void prepare_warm(void) {
    prepare();
    owner->warm = true;
}

/* The last block is free, so that an owner who is cold gives the pool to the commons. */
static void free_last(void) { own_free(block[BLOCKS - 1]); }
static void make_commons(void) {
    commons = make_heap();
    inbox_set_state(commons, HEAP_PARKED);
    remote_set_commons(commons);
}
static void prepare_partial(void) {
    prepare();
    search_as(0, free_last);
    make_commons();
}
/* The pool is with the commons. */
static void prepare_commons(void) {
    prepare_partial();
    search_as(0, park);
    if (heap_partial(commons, class_index) != pool) search_fail("the commons have no pool");
}
/* All blocks are with the program, and the owner's thread has ended long ago. */
static void prepare_cold(void) {
    prepare();
    make_commons();
    search_as(0, park);
}
static void prepare_span(void) {
    size = 2 * SIZE;
    prepare();
    if (!size_class_is_span(class_index)) search_fail("that is no span");
}
static void prepare_six_of_span(void) {
    prepare_span();
    search_as(1, deposit_six);
}
static void borrow(void) { (void)remote_borrow(other, class_index); }
static void end_seven(void) { expect_of(BLOCKS - 1, 1); }

/* What the thread that is gone had in hand stays taken: its two blocks at the most. Who frees a
   third in the child, without a heap, finds the inbox as it was. */
static void drain_and_fork(void) {
    drain();
    be_child();
    deposit(2);
    drain();
}
static void end_fork(void) { expect_from(2, BLOCKS, 3); }

/* The first thread is the owner, the second has a heap, the third has none. */
const struct scene scenes[] = {
    {"drain", 2, 0, prepare, {drain_twice, deposit_two, NULL}, end_two},
    {"own", 2, 0, prepare, {free_and_drain, deposit_two, NULL}, end_three},
    {"drain3", 3, 1, prepare, {drain, deposit_first, deposit_second}, end_two},
    {"message", 2, 0, prepare, {drain_twice, send_two, NULL}, end_two},
    {"message3", 3, 1, prepare, {drain, send_first, deposit_second}, end_two},
    {"takeover", 2, 0, prepare_six, {deposit_second, deposit_and_sweep, NULL}, end_all},
    {"takeover_owner", 2, 1, prepare_seven, {drain, deposit_and_sweep, NULL}, end_all},
    {"sweep3", 3, 1, prepare, {drain, send_and_sweep, deposit_second}, end_two},
    {"begin3", 3, 1, prepare_warm, {park, send_first, begin}, end_first},
    {"park", 2, 0, prepare_warm, {park, send_two, NULL}, end_two},
    {"park3", 3, 1, prepare_warm, {park, send_first, deposit_second}, end_two},
    {"borrow", 2, 1, prepare_commons, {deposit_first, borrow, NULL}, end_seven},
    {"cold", 2, 0, prepare_cold, {begin, deposit_first, NULL}, end_first},
    {"cold_message", 2, 0, prepare_cold, {begin, send_first, NULL}, end_first},
    {"fork", 2, 0, prepare, {drain_and_fork, deposit_two, NULL}, end_fork},
    {"fork_message", 2, 0, prepare, {drain_and_fork, send_two, NULL}, end_fork},
    {"span", 2, 0, prepare_span, {drain, deposit_first, NULL}, end_first},
    {"span_message", 2, 0, prepare_span, {drain_twice, send_two, NULL}, end_two},
    {"span_six", 2, 0, prepare_six_of_span, {deposit_second, deposit_and_sweep, NULL}, end_all},
};
const unsigned scene_count = sizeof scenes / sizeof scenes[0];
