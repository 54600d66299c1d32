/* SPDX-License-Identifier: MIT */
/*
 * mistake CASE - makes one mistake with a guarded block, after it has written to standard output a
 * regular expression for the first line that it expects on standard error; nothing if it expects
 * none. `mistake --list` prints the cases, each with the exit status that is wanted.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/in_thread.h"

enum { SIZE = 100, BY_SEGV = 139, BY_ABORT = 134, HANDLED = 40, PAGE = 4096 };

/* With the alignment of the library under test: also the class of a small block, and where the
   guard page begins behind it. */
static size_t rounded(size_t size) {
    const char *alignment = getenv("POOLALLOC_TEST_ALIGN");
    size_t unit = alignment != NULL ? (size_t)atoi(alignment) : 16;
    return (size + unit - 1) / unit * unit;
}

/* A block that ends at its guard page, but for the alignment. */
static char *block_of(size_t size) {
    char *block;
    do {
        block = hide(malloc(size));
    } while (((uintptr_t)block + rounded(size)) % PAGE != 0);
    EXPECT(malloc_usable_size(block) == size);
    return block;
}

/* Asks until it gets a block that begins behind a guard page. */
static char *block_at_start(size_t size) {
    char *block;
    do {
        block = hide(malloc(size));
    } while ((uintptr_t)block % PAGE != 0);
    return block;
}

static void expect(const char *what, const char *access, char *at, long offset, const char *where,
                   const char *block, size_t size, size_t stride) {
    dprintf(1,
            "^poolalloc: %s: %s %p, %ld bytes %s block of %zu bytes \\(class %zu\\) at %p in .*, "
            "pid %d, thread [0-9]+$\n",
            what, access, (void *)at, offset, where, size, stride, (void *)block, getpid());
}

#if defined(__x86_64__)
#define READ "a read of"
#define WRITE "a write to"
#else
#define READ "an access to"
#define WRITE "an access to"
#endif

/* The first access behind a block of SIZE bytes that faults. */
static char *expect_overflow(const char *access, char *block) {
    char *at = block + rounded(SIZE);
    expect("overflow", access, at, (long)rounded(SIZE) - SIZE, "past the end of the", block, SIZE,
           rounded(SIZE));
    return at;
}

static void read_at(volatile char *at) { hide_size((size_t)*at); }
static void write_at(volatile char *at) { *at = 1; }

/* ---- Mistakes ---- */

static void overflow(void) { read_at(expect_overflow(READ, block_of(SIZE))); }

static void overflow_by_one(void) {
    char *block = block_of(112);
    expect("overflow", WRITE, block + 112, 0, "past the end of the", block, 112, 112);
    write_at(block + 112);
}

static void overflow_medium(void) {
    char *block = block_of(10000);
    expect("overflow", WRITE, block + 10000, 0, "past the end of the", block, 10000, 10240);
    write_at(block + 10000);
}

static void underflow(void) {
    char *block = block_at_start(SIZE);
    expect("underflow", WRITE, block - 1, 1, "before the", block, SIZE, rounded(SIZE));
    write_at(block - 1);
}

static void read_of_no_bytes(void) {
    char *block = hide(malloc(hide_size(0)));
    expect("overflow", READ, block, 0, "past the end of the", block, 0, rounded(1));
    EXPECT(malloc_usable_size(block) == 0);
    read_at(block);
}

static void read_after_free(void) {
    char *block = block_of(SIZE);
    in_thread(free_it, block);
    for (int i = 0; i < 30; i++) free(hide(malloc(SIZE)));
    expect("use after free", READ, block + 9, 9, "into the freed", block, SIZE, rounded(SIZE));
    read_at(block + 9);
}

static void write_after_realloc(void) {
    char *block = block_of(SIZE);
    hide(realloc(hide(block), 2 * SIZE));
    expect("use after free", WRITE, block, 0, "into the freed", block, SIZE, rounded(SIZE));
    write_at(block);
}

static void *fault_in_thread(void *block) {
    write_at((char *)block + rounded(SIZE));
    return NULL;
}

static void overflow_in_thread(void) {
    char *block = block_of(SIZE);
    expect_overflow(WRITE, block);
    in_thread(fault_in_thread, block);
}

static void overflow_of_new(void) {
    void *(*new)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
    char *block = block_of(SIZE);
    if (new == NULL) _exit(77);
    do {
        block = new (112);
    } while ((uintptr_t)(block + 112) % PAGE != 0);
    expect("overflow", READ, block + 112, 0, "past the end of the", block, 112, 112);
    read_at(block + 112);
}

static void overflow_in_child(void) {
    char *block = block_of(SIZE);
    pid_t child = fork();
    int status;
    EXPECT(child >= 0);
    if (child == 0) {
        free(hide(malloc(SIZE)));
        char *at = expect_overflow(WRITE, block);
        write_at(at);
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    free(block);
    raise(WTERMSIG(status));
}

static void small_overflow(void) {
    char *block = block_of(SIZE);
    dprintf(1, "^poolalloc: overflow of the guarded block %p \\(", (void *)block);
    dprintf(1, "bytes behind its end .* a guarded block of 100 bytes was there$\n");
    write_at(block + SIZE);
    free(block);
}

static void double_free(void) {
    char *block = block_of(SIZE);
    free(hide(block));
    dprintf(1, "^poolalloc: double free of %p .* a guarded block of 100 bytes was there$\n",
            (void *)block);
    free(hide(block));
}

static void interior_free(void) {
    char *block = block_of(SIZE);
    dprintf(1,
            "^poolalloc: free of interior pointer %p .* a guarded block of 100 bytes is there$\n",
            (void *)(block + 16));
    free(hide(block + 16));
}

/* ---- Handlers of the program ---- */

static sigjmp_buf back;
static volatile sig_atomic_t handled;
static void *volatile fault_address;
static struct sigaction replaced;

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    handled++;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

static void on_fault_resting(int number) {
    (void)number;
    static const char said[] = "handled\n";
    handled++;
    EXPECT(write(2, said, sizeof said - 1) > 0);
}

static void on_fault_chaining(int number, siginfo_t *info, void *context) {
    handled++;
    replaced.sa_sigaction(number, info, context);
}

/* Before any library's constructor. */
static void set_early(int count, char **arguments, char **environment) {
    (void)environment;
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_fault;
    const char *name = count > 1 ? arguments[1] : "";
    if (strncmp(name, "early_", 6) != 0) return;
    if (strcmp(name, "early_reset") == 0) {
        action.sa_handler = on_fault_resting;
        action.sa_flags = (int)SA_RESETHAND;
    }
    if (strcmp(name, "early_ignored") == 0) {
        action.sa_handler = SIG_IGN;
        action.sa_flags = 0;
    }
    sigaction(SIGSEGV, &action, NULL);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **,
                                                                              char **) = set_early;

static char *closed_page(void) {
    char *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(page != MAP_FAILED);
    return page;
}

/* The program's handler gets what is its own, as often as it comes and with its address, and the
   mask is as it was; then what is ours, after the line. */
static void early_handler(void) {
    char *block = block_of(SIZE), *page = closed_page();
    for (int i = 0; i < 100; i++) {
        if (sigsetjmp(back, 1) == 0) write_at(page + i);
        EXPECT(handled == i + 1 && fault_address == page + i);
    }
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGSEGV));
    char *at = expect_overflow(WRITE, block);
    if (sigsetjmp(back, 1) == 0) write_at(at);
    EXPECT(handled == 101 && fault_address == at);
    _exit(HANDLED);
}

/* Once, and then the system. */
static void early_reset(void) {
    dprintf(1, "^handled$\n");
    write_at(closed_page());
}

/* What a process sends is ignored, what the processor refuses ends the process. */
static void early_ignored(void) {
    char *block = block_of(SIZE);
    kill(getpid(), SIGSEGV);
    char *at = expect_overflow(READ, block);
    read_at(at);
}

/* What is set later takes the place of ours, and sees the bare fault. */
static void late_handler(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, seen;
    char *block = block_of(SIZE);
    EXPECT(sigaction(SIGSEGV, &action, NULL) == 0);
    for (int i = 0; i < 200; i++) free(hide(malloc(SIZE)));
    EXPECT(sigaction(SIGSEGV, NULL, &seen) == 0 && seen.sa_sigaction == on_fault);
    if (sigsetjmp(back, 1) == 0) write_at(block + rounded(SIZE));
    EXPECT(handled == 1 && fault_address == block + rounded(SIZE));
    _exit(HANDLED);
}

static void late_chaining_handler(void) {
    struct sigaction action = {.sa_sigaction = on_fault_chaining, .sa_flags = SA_SIGINFO};
    char *block = block_of(SIZE);
    EXPECT(sigaction(SIGSEGV, &action, &replaced) == 0);
    char *at = expect_overflow(WRITE, block);
    write_at(at);
}

/* ---- Without a line ---- */

static void elsewhere(void) {
    free(block_of(SIZE));
    write_at(closed_page());
}

static void sent(void) {
    free(block_of(SIZE));
    kill(getpid(), SIGSEGV);
    pause();
}

static const struct {
    const char *name;
    void (*run)(void);
    int status;
} cases[] = {
    {"overflow", overflow, BY_SEGV},
    {"overflow_by_one", overflow_by_one, BY_SEGV},
    {"overflow_medium", overflow_medium, BY_SEGV},
    {"overflow_in_thread", overflow_in_thread, BY_SEGV},
    {"overflow_in_child", overflow_in_child, BY_SEGV},
    {"overflow_of_new", overflow_of_new, BY_SEGV},
    {"underflow", underflow, BY_SEGV},
    {"read_of_no_bytes", read_of_no_bytes, BY_SEGV},
    {"read_after_free", read_after_free, BY_SEGV},
    {"write_after_realloc", write_after_realloc, BY_SEGV},
    {"small_overflow", small_overflow, BY_ABORT},
    {"double_free", double_free, BY_ABORT},
    {"interior_free", interior_free, BY_ABORT},
    {"early_handler", early_handler, HANDLED},
    {"early_reset", early_reset, BY_SEGV},
    {"early_ignored", early_ignored, BY_SEGV},
    {"late_handler", late_handler, HANDLED},
    {"late_chaining_handler", late_chaining_handler, BY_SEGV},
    {"elsewhere", elsewhere, BY_SEGV},
    {"sent", sent, BY_SEGV},
};
enum { CASES = sizeof cases / sizeof cases[0] };

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    for (int i = 0; i < CASES; i++) {
        if (strcmp(name, "--list") == 0) printf("%s %d\n", cases[i].name, cases[i].status);
        if (strcmp(name, cases[i].name) != 0) continue;
        alarm(20);
        cases[i].run();
        return 3; /* nothing happened */
    }
    return strcmp(name, "--list") == 0 ? 0 : 2;
}
