/* SPDX-License-Identifier: MIT */
/*
 * mistake CASE SIZE - mistakes with blocks that are treated, as cases.h says.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../support/in_thread.h"
#include "cases.h"

enum { BLOCKS = 2000, POOL_BLOCK_MOST = 65536 };

static int is_zero(const char *block) {
    for (size_t i = 0; i < size; i++)
        if (block[i] != 0) return 0;
    return 1;
}

/* Takes so many blocks that the one of before is among them. */
static void hand_out_again(void) {
    size_t most = size > 4096 ? 64 : BLOCKS;
    for (size_t i = 0; i < most; i++) hide(malloc(size));
}

/* ---- zero_freed ---- */

/* With a live neighbour, so that its pages stay. */
static void free_clears(void) {
    char *block = dirty_block(), *neighbour = dirty_block();
    free(hide(block));
    EXPECT(is_zero(hide(block)));
    free(neighbour);
}

static void free_of_another_clears(void) {
    char *block = dirty_block(), *neighbour = dirty_block();
    in_thread(free_it, block);
    EXPECT(is_zero(hide(block)));
    free(neighbour);
}

static void realloc_clears(void) {
    char *block = dirty_block();
    char *moved = hide(realloc(hide(block), 3 * size + 100));
    EXPECT(moved != NULL && moved[0] == DIRTY && moved[size - 1] == DIRTY);
    if (moved != hide(block)) EXPECT(is_zero(hide(block)));
}

static void new_is_zero(void) {
    for (int round = 0; round < 3; round++) {
        char *blocks[20];
        for (int i = 0; i < 20; i++) {
            blocks[i] = hide(round == 1 ? calloc(1, size) : malloc(size));
            EXPECT(is_zero(blocks[i]));
            memset(blocks[i], DIRTY, size);
        }
        for (int i = 0; i < 20; i++) free(blocks[i]);
    }
}

static void shrunk_is_zero(void) {
    char *block = hide(malloc(4 * size));
    memset(block, DIRTY, 4 * size);
    block = hide(realloc(block, size));
    EXPECT(block[0] == DIRTY && block[size - 1] == DIRTY);
    for (int i = 0; i < 20; i++) EXPECT(is_zero(hide(malloc(size))));
}

static void expect_write_after_free(const char *at) {
    dprintf(1, "^poolalloc: write after free to %p \\(the block there is free; ", (const void *)at);
    dprintf(1, "said when it was to be handed out again\\)");
}

static void write_after_free(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_write_after_free(block + size / 2);
    ((char *)hide(block))[size / 2] = 1;
    hand_out_again();
}

static void last_byte_after_free(void) {
    char *block = dirty_block();
    in_thread(free_it, block);
    expect_write_after_free(block + size - 1);
    ((char *)hide(block))[size - 1] = 1;
    hand_out_again();
}

static void write_after_free_in_child(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_write_after_free(block);
    pid_t child = fork();
    int status;
    if (child == 0) {
        ((char *)hide(block))[0] = 1;
        hand_out_again();
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    hand_out_again();
    raise(WTERMSIG(status));
}

/* ---- canaries ---- */

static void expect_overflow(const char *block) {
    dprintf(1, "^poolalloc: overflow of %p \\(bytes behind its end were written; ",
            (const void *)block);
    dprintf(1, "said when it was freed or checked\\)");
}

/* Another byte than is there. */
static void write_behind(char *block) { ((char *)hide(block))[size] ^= 1; }

static void overflow(void) {
    char *block = dirty_block();
    expect_overflow(block);
    write_behind(block);
    free(block);
}

static void overflow_by_zero(void) {
    char *block = hide(calloc(1, size));
    expect_overflow(block);
    ((char *)hide(block))[size] = 0;
    in_thread(free_it, block);
}

static void overflow_before_realloc(void) {
    char *block = hide(realloc(dirty_block(), size + 1)), *more;
    block = hide(realloc(block, size));
    expect_overflow(block);
    write_behind(block);
    more = hide(realloc(block, 2 * size + 100));
    free(more);
}

static void overflow_before_measuring(void) {
    char *block = hide(aligned_alloc(64, size));
    expect_overflow(block);
    write_behind(block);
    malloc_usable_size(block);
}

static void overflow_before_check(void) {
    int (*check)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "poolalloc_check");
    char *block = dirty_block();
    EXPECT(check != NULL);
    check();
    expect_overflow(block);
    write_behind(block);
    check();
}

static void exact(char *block, size_t wanted) {
    EXPECT(block != NULL && malloc_usable_size(block) == wanted);
    memset(block, DIRTY, wanted);
}

static void usable_size_is_exact(void) {
    void (*free_sized)(void *, size_t) =
        (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    for (size_t end = size + 40; size < end; size++) {
        char *block = hide(malloc(size)), *other = hide(calloc(size, 1));
        exact(block, size);
        exact(other, size);
        for (int i = 0; i < 8; i++) {
            size_t wanted = size * (size_t)(i % 5 + 1) / 2 + (size_t)i + 1;
            block = hide(realloc(block, wanted));
            exact(block, wanted);
        }
        free(block);
        free_sized(other, size);
        EXPECT(posix_memalign((void **)&block, 256, size) == 0);
        exact(block, size);
        in_thread(free_it, block);
    }
}

static void sized_free(void) {
    void (*free_sized)(void *, size_t) =
        (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    char *block = hide(malloc(size));
    dprintf(1, "^poolalloc: free_sized of %p with size %zu ", (void *)block, size - 1);
    free_sized(block, size - 1);
}

static void *free_twice(void *block) {
    free(hide(block));
    free(hide(block));
    return NULL;
}

static void double_free_of_another(void) {
    char *block = dirty_block();
    dprintf(1, "^poolalloc: double free of %p ", (void *)block);
    in_thread(free_twice, block);
}

/* ---- exact_frees ---- */

/* A pool whose last block is freed goes at once. */
static void expect_freed(const char *function, const char *block) {
    dprintf(1, "^poolalloc: (double free of|%s of (freed|unallocated) pointer) %p ", function,
            (const void *)block);
}

static void expect_double_free(const char *block) { expect_freed("free", block); }

static void *free_and_end(void *block) {
    free(hide(block));
    expect_double_free(block);
    free(hide(block));
    _exit(1); /* not by exit, which looks into inboxes */
}

static void double_free_by_another(void) { in_thread(free_and_end, dirty_block()); }

static void double_free_by_two(void) {
    char *block = dirty_block();
    in_thread(free_it, block);
    expect_double_free(block);
    in_thread(free_it, block);
    _exit(1);
}

static void double_free_by_owner(void) {
    char *block = dirty_block();
    in_thread(free_it, block);
    expect_double_free(block);
    free(hide(block));
    _exit(1);
}

static char *of_ended;

static void *ask(void *unused) {
    of_ended = dirty_block();
    return unused;
}

static void double_free_after_the_end(void) {
    in_thread(ask, NULL);
    free(hide(of_ended));
    expect_double_free(of_ended);
    free(hide(of_ended));
    _exit(1);
}

static void realloc_of_freed(void) {
    char *block = dirty_block();
    in_thread(free_it, block);
    expect_freed("realloc", block);
    hide(realloc(block, size + 1));
    _exit(1);
}

static void measuring_of_freed(void) {
    char *block = dirty_block();
    in_thread(free_it, block);
    expect_freed("malloc_usable_size", block);
    _exit(malloc_usable_size(block) == 0);
}

/* All blocks of many pools, in any order, by three threads. */
static void *churn(void *argument) {
    char **blocks = argument;
    for (int i = 0; i + 2 < BLOCKS; i += 3) free(blocks[i]);
    return NULL;
}

static void frees_by_others(void) {
    static char *blocks[BLOCKS];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(size > 4096 ? 4096 : size);
            EXPECT(blocks[i] != NULL);
        }
        for (int i = 0; i < 3; i++)
            if (i <= round % 3)
                in_thread(churn, blocks + i);
            else
                churn(blocks + i);
    }
}

/* ---- random_reuse ---- */

/* Blocks that lie side by side are seldom handed out in the order of their addresses, or in its
   reverse. */
static void order_is_random(void) {
    enum { ASKED = 400 };
    static char *blocks[ASKED];
    int up = 0, next = 0;
    for (int i = 0; i < ASKED; i++) blocks[i] = hide(malloc(size));
    size_t stride = malloc_usable_size(blocks[0]);
    for (int i = 1; i < ASKED; i++) {
        up += blocks[i] > blocks[i - 1];
        next += blocks[i] == blocks[i - 1] + stride;
    }
    EXPECT(next < ASKED / 2);
    EXPECT(up > ASKED / 4 && up < ASKED * 3 / 4);
}

static void freed_waits(void) {
    enum { ROUNDS = 1000 };
    int same = 0;
    char *last = dirty_block();
    for (int i = 0; i < ROUNDS; i++) {
        uintptr_t before = (uintptr_t)last;
        free(last);
        last = dirty_block();
        same += (uintptr_t)last == before;
    }
    EXPECT(same < ROUNDS / 8);
    free(last);
}

static void double_free_of_held(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_double_free(block);
    free(hide(block));
}

/* ---- guard_pages ---- */

/* How far from the block: a number, or a regular expression for one. */
static void expect_access(const char *what, volatile char *at, const char *far) {
    dprintf(1, "^poolalloc: %s %p, %s bytes ", what, (const void *)at, far);
}

static void expect_use(const char *what, char *block, size_t offset) {
    char far[24];
    snprintf(far, sizeof far, "%zu", offset);
    expect_access(what, block + offset, far);
    dprintf(1, "into the freed block of [0-9]+ bytes at %p in ", (const void *)block);
}

static void read_after_free(void) {
    char *block = dirty_block();
    free(hide(block));
    for (int i = 0; i < 100; i++) free(dirty_block());
    expect_use("use after free: a read of", block, size / 2);
    _exit(((volatile char *)hide(block))[size / 2] == 0);
}

static void write_after_realloc(void) {
    char *block = dirty_block();
    hide(realloc(hide(block), 2 * size));
    expect_use("use after free: a write to", block, size - 1);
    ((volatile char *)hide(block))[size - 1] = 1;
}

static void leave(int number) {
    (void)number;
    _exit(0);
}

static void fault_of_handler(void) {
    char *block = dirty_block();
    free(hide(block));
    signal(SIGSEGV, leave);
    _exit(((volatile char *)hide(block))[0] == 0);
}

/* Far from all blocks. */
static void fault_of_others(void) {
    volatile char *mapped = mmap(NULL, 1 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    free(dirty_block());
    _exit(mapped[1 << 29] == 0);
}

enum { PAGE_MOST = 65536 };

/* No byte behind the pages of the block is written, however far. */
static void run_past(void) {
    volatile char *block = dirty_block();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    expect_access("overflow: a write to", block + (size + page - 1) / page * page, "[0-9]+");
    dprintf(1, "past the end of the block of [0-9]+ bytes at %p in ", (const void *)block);
    for (size_t i = size; i < size + PAGE_MOST + 1; i++) block[i] = 1;
}

static void run_before(void) {
    volatile char *block = dirty_block();
    expect_access("underflow: a write to", block - 1, "1");
    dprintf(1, "before the block of [0-9]+ bytes at %p in ", (const void *)block);
    block[-1] = 1;
}

static void double_free_of_retired(void) {
    char *block = dirty_block(), *other = dirty_block();
    free(hide(block));
    free(other);
    expect_double_free(block);
    free(hide(block));
}

static void realloc_of_retired(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_freed("realloc", block);
    hide(realloc(hide(block), size + 1));
}

/* Addresses come back in the end. */
static void retired_are_bounded(void) {
    enum { ROUNDS = 3000, MOST_PAGES = 600000 }; /* of 4 KiB at the least: 2.3 GiB */
    long pages = 0;
    for (int i = 0; i < ROUNDS; i++) free(hide(malloc(size)));
    FILE *statm = fopen("/proc/self/statm", "r");
    EXPECT(statm != NULL && fscanf(statm, "%ld", &pages) == 1);
    EXPECT(pages > 0 && pages < MOST_PAGES);
}

static void read_empty(void) {
    volatile char *block = hide(malloc(0));
    expect_access("overflow: a read of", block, "0");
    _exit(*block == 0);
}

static void write_empty(void) {
    volatile char *block = hide(calloc(0, size));
    expect_access("overflow: a write to", block, "0");
    *block = 1;
}

static void read_freed_empty(void) {
    volatile char *block = hide(malloc(0));
    free(hide((void *)block));
    expect_access("use after free: a read of", block, "0");
    _exit(*block == 0);
}

static void double_free_of_empty(void) {
    char *block = hide(malloc(0));
    free(hide(block));
    expect_double_free(block);
    free(hide(block));
}

/* Far behind all blocks. */
static void run_far(void) {
    volatile char *block = dirty_block();
    for (size_t i = size; i < size + (1 << 20); i++) block[i] = DIRTY;
    _exit(0);
}

/* Each is a block of its own, as long as it lives; with more of them than have such addresses. */
static void empty_are_blocks(void) {
    enum { LIVE = 3000 };
    static char *blocks[LIVE];
    for (int i = 0; i < LIVE; i++) {
        blocks[i] = hide(malloc(0));
        EXPECT(blocks[i] != NULL && (i == 0 || blocks[i] != blocks[i - 1]));
    }
    EXPECT(malloc_usable_size(blocks[0]) == 0);
    for (int i = 0; i < LIVE; i++) {
        blocks[i] = realloc(hide(blocks[i]), size);
        EXPECT(blocks[i] != NULL);
        memset(blocks[i], DIRTY, size);
    }
    for (int i = 0; i < LIVE; i++) {
        EXPECT(blocks[i][0] == DIRTY && blocks[i][size - 1] == DIRTY);
        free(blocks[i]);
    }
}

/* More than may have guards. */
static void many_live(void) {
    enum { LIVE = 17000 };
    static char *blocks[LIVE];
    size_t each = size > PAGE_MOST * 2 ? PAGE_MOST * 2 : size;
    for (int i = 0; i < LIVE; i++) {
        blocks[i] = malloc(each);
        EXPECT(blocks[i] != NULL);
        blocks[i][0] = blocks[i][each - 1] = DIRTY;
    }
    for (int i = 0; i < LIVE; i++) {
        EXPECT(blocks[i][0] == DIRTY && blocks[i][each - 1] == DIRTY);
        free(blocks[i]);
    }
}

/* ---- random_addresses ---- */

/* Blocks of more than a chunk are at places that have nothing to do with each other. */
static void places_are_apart(void) {
    enum { ASKED = 400, EACH = 60000 };
    char *lowest = NULL, *highest = NULL;
    for (int i = 0; i < ASKED; i++) {
        char *block = hide(malloc(EACH));
        if (lowest == NULL || block < lowest) lowest = block;
        if (block > highest) highest = block;
    }
    EXPECT(highest - lowest > 1 << 30);
}

/* ---- All ---- */

enum { POOLED = 1, SPAN = 2, LARGE = 4, SMALL = POOLED | SPAN, ANY = SMALL | LARGE };
static const size_t sizes[] = {1, 16, 24, 100, 512, 600, 4096, 5000, 20000, 65000, 70000, 3000000};

static const struct hardened_case cases[] = {
    {"free_clears", "zero_freed", free_clears, 0, SMALL},
    {"free_of_another_clears", "zero_freed", free_of_another_clears, 0, SMALL},
    {"realloc_clears", "zero_freed", realloc_clears, 0, SMALL},
    {"new_is_zero", "zero_freed", new_is_zero, 0, ANY},
    {"shrunk_is_zero", "zero_freed", shrunk_is_zero, 0, ANY},
    {"write_after_free", "zero_freed", write_after_free, BY_ABORT, SMALL},
    {"last_byte_after_free", "zero_freed", last_byte_after_free, BY_ABORT, SMALL},
    {"write_after_free_in_child", "zero_freed", write_after_free_in_child, BY_ABORT, SMALL},
    {"overflow", "canaries", overflow, BY_ABORT, ANY},
    {"overflow_by_zero", "canaries", overflow_by_zero, BY_ABORT, ANY},
    {"overflow_before_realloc", "canaries", overflow_before_realloc, BY_ABORT, ANY},
    {"overflow_before_measuring", "canaries", overflow_before_measuring, BY_ABORT, ANY},
    {"overflow_before_check", "canaries", overflow_before_check, BY_ABORT, SMALL},
    {"usable_size_is_exact", "canaries", usable_size_is_exact, 0, ANY},
    {"sized_free", "canaries", sized_free, BY_ABORT, ANY},
    {"double_free_of_another", "canaries", double_free_of_another, BY_ABORT, SMALL},
    {"double_free_by_another", "exact_frees", double_free_by_another, BY_ABORT, SMALL},
    {"double_free_by_two", "exact_frees", double_free_by_two, BY_ABORT, SMALL},
    {"double_free_by_owner", "exact_frees", double_free_by_owner, BY_ABORT, SMALL},
    {"double_free_after_the_end", "exact_frees", double_free_after_the_end, BY_ABORT, SMALL},
    {"realloc_of_freed", "exact_frees", realloc_of_freed, BY_ABORT, SMALL},
    {"measuring_of_freed", "exact_frees", measuring_of_freed, BY_ABORT, SMALL},
    {"frees_by_others", "exact_frees", frees_by_others, 0, SMALL},
    {"order_is_random", "random_reuse", order_is_random, 0, POOLED},
    {"freed_waits", "random_reuse", freed_waits, 0, SMALL},
    {"frees_by_others", "random_reuse", frees_by_others, 0, SMALL},
    {"double_free_of_held", "random_reuse", double_free_of_held, BY_ABORT, SMALL},
    {"read_after_free", "guard_pages", read_after_free, BY_FAULT, LARGE},
    {"write_after_realloc", "guard_pages", write_after_realloc, BY_FAULT, LARGE},
    {"fault_of_handler", "guard_pages", fault_of_handler, 0, LARGE},
    {"fault_of_others", "guard_pages", fault_of_others, BY_FAULT, LARGE},
    {"run_past", "guard_pages", run_past, BY_FAULT, LARGE},
    {"run_before", "guard_pages", run_before, BY_FAULT, LARGE},
    {"double_free_of_retired", "guard_pages", double_free_of_retired, BY_ABORT, LARGE},
    {"realloc_of_retired", "guard_pages", realloc_of_retired, BY_ABORT, LARGE},
    {"retired_are_bounded", "guard_pages", retired_are_bounded, 0, LARGE},
    {"many_live", "guard_pages", many_live, 0, LARGE},
    {"read_empty", "guard_pages", read_empty, BY_FAULT, POOLED},
    {"write_empty", "guard_pages", write_empty, BY_FAULT, POOLED},
    {"read_freed_empty", "guard_pages", read_freed_empty, BY_FAULT, POOLED},
    {"double_free_of_empty", "guard_pages", double_free_of_empty, BY_ABORT, POOLED},
    {"places_are_apart", "random_addresses", places_are_apart, 0, SMALL},
    {"run_far", "guard_pages", run_far, BY_FAULT, SMALL},
    {"empty_are_blocks", "guard_pages", empty_are_blocks, 0, SMALL},
};
enum { CASES = sizeof cases / sizeof cases[0], SIZES = sizeof sizes / sizeof sizes[0] };

static int kind_of(size_t wanted) {
    return wanted <= 512 ? POOLED : wanted <= POOL_BLOCK_MOST ? SPAN : LARGE;
}

static void list(void) {
    for (int i = 0; i < CASES; i++)
        for (int j = 0; j < SIZES; j++)
            if (cases[i].sizes & kind_of(sizes[j]))
                printf("%s %zu %d %s\n", cases[i].name, sizes[j], cases[i].status, cases[i].option);
}

int main(int count, char **arguments) { return cases_run(count, arguments, cases, CASES, list); }
