/* SPDX-License-Identifier: MIT */
#include "malloc/culprit.h"

#include <signal.h>
#include <stdlib.h>

#include "base/check.h"
#include "heap/block.h"
#include "heap/guard.h"
#include "heap/sample.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"
#include "os/stack.h"

enum { FRAMES_MOST = 32 };

/* Any address will do. */
static void add_kind(struct text *to, uintptr_t address) {
    struct block block;
    struct guard_story guarded;
    if (guard_tell(address, &guarded)) {
        text_add(to, "; a guarded block of ");
        text_add_decimal(to, guarded.size);
        text_add(to, guarded.is_freed ? " bytes was there" : " bytes is there");
        return;
    }
    if (address == 0 || !block_find_pool(align_down(address, ALIGN), &block)) return;
    text_add(to, "; blocks of ");
    text_add_decimal(to, block.usable);
    text_add(to, " bytes are there");
}

void culprit_add_process(struct text *to) {
    text_add(to, " in ");
    text_add(to, program_invocation_name ? program_invocation_name : "?");
    text_add(to, ", pid ");
    text_add_decimal(to, (uint64_t)os_process_id());
    text_add(to, ", thread ");
    text_add_decimal(to, os_thread_number());
}

static void add_context(struct text *to, uintptr_t address) {
    culprit_add_process(to);
    add_kind(to, address);
}

static void add_caller(struct text *to, uintptr_t caller) {
    struct place place;
    text_add(to, "poolalloc:   at ");
    /* The call lies before the address that it returns to, which may be another function's. */
    if (!stack_find_place(caller - 1, &place)) {
        text_add_hex(to, caller);
        text_add(to, "\n");
        return;
    }
    if (place.path[0] == '\0') place.path = program_invocation_name;
    text_add(to, place.path != NULL ? place.path : "?");
    text_add(to, "+");
    text_add_hex(to, place.offset);
    if (place.symbol != NULL) {
        text_add(to, " (");
        text_add(to, place.symbol);
        text_add(to, "+");
        text_add_hex(to, place.symbol_offset);
        text_add(to, ")");
    }
    text_add(to, "\n");
}

/* A stack that was overwritten may lead anywhere: then the process ends as it was to end anyway. */
static void end_here(int unused) {
    (void)unused;
    abort();
}

static void expect_faults(void) {
    struct sigaction action = {.sa_handler = end_here, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigset_t faults;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

void culprit_write_stack(struct text *to, const char *title, const struct stack *stack) {
    if (stack->depth == 0) return;
    text_add(to, title);
    for (unsigned i = 0; i < stack->depth && i < FRAMES_MOST; i++) {
        add_caller(to, stack->callers[i]);
        text_flush(to);
    }
}

/* What is known of a guarded block, or what sampling knows. */
static void write_history(struct text *to, uintptr_t address) {
    struct guard_story guarded;
    struct stack stack, freed;
    size_t size;
    lock_patience = 0;
    if (guard_tell(address, &guarded)) {
        culprit_write_stack(to, "poolalloc:   the block was asked for\n", &guarded.asked);
        culprit_write_stack(to, "poolalloc:   and freed\n", &guarded.freed);
        return;
    }
    address = block_place(address);
    if (sample_find(address, &stack, &size)) {
        culprit_write_stack(to, "poolalloc:   a block was asked for\n", &stack);
    } else if (sample_find_freed(address, &stack, &freed)) {
        culprit_write_stack(to, "poolalloc:   the last block there was asked for\n", &stack);
        culprit_write_stack(to, "poolalloc:   and freed\n", &freed);
    }
}

static void write_callers(struct text *to, uintptr_t address) {
    struct stack stack;
    expect_faults();
    stack_unwind(&stack);
    culprit_write_stack(to, "", &stack);
    write_history(to, address);
}

void culprit_prepare(void) {
    fail_context = add_context;
    if (!options.backtrace_off) fail_callers = write_callers;
}
