/* SPDX-License-Identifier: MIT */
#include "malloc/guard_report.h"

#include <setjmp.h>
#include <signal.h>

#include "base/text.h"
#include "heap/allocate.h"
#include "heap/direct.h"
#include "heap/guard.h"
#include "malloc/culprit.h"
#include "os/options.h"
#include "os/stack.h"
#include "os/trap.h"

static struct {
    /* What the handler found. */
    struct sigaction before;
} guard_report_state;
static __thread struct {
    /* Where a fault leads while a report is written; NULL: none is. */
    sigjmp_buf *way_out;
} this_thread;

/* ---- The report ---- */

static void add_access(struct text *to, const struct trap *trap, const struct guard_story *story) {
    static const char *const kinds[] = {"overflow", "underflow", "use after free"};
    static const char *const accesses[] = {"an access to ", "a read of ", "a write to "};
    text_add(to, "poolalloc: ");
    text_add(to, kinds[story->kind]);
    text_add(to, ": ");
    text_add(to, accesses[trap->access]);
    text_add_hex(to, trap->address);
}

/* How far the address lies before the block, in it, or past its end. */
static void add_offset(struct text *to, uintptr_t address, const struct guard_story *story) {
    uintptr_t end = story->block + story->size;
    text_add(to, ", ");
    if (address < story->block)
        text_add_decimal(to, story->block - address);
    else
        text_add_decimal(to, address - (address < end ? story->block : end));
    text_add(to, address < story->block ? " bytes before"
                 : address < end        ? " bytes into"
                                        : " bytes past the end of");
}

static void add_block(struct text *to, const struct guard_story *story) {
    text_add(to, story->is_freed ? " the freed block of " : " the block of ");
    text_add_decimal(to, story->size);
    text_add(to, " bytes ");
    if (story->stride != 0) {
        text_add(to, "(class ");
        text_add_decimal(to, story->stride);
        text_add(to, ") ");
    }
    text_add(to, "at ");
    text_add_hex(to, story->block);
}

/* The frames of handler and signal lie before that of the instruction, whose place is its own and
   not where a call returns to. */
static void find_access(const struct trap *trap, struct stack *stack) {
    unsigned first = 0;
    stack_unwind(stack);
    while (first < stack->depth && stack->callers[first] != trap->code) first++;
    if (first == stack->depth) {
        stack->depth = trap->code != 0 ? 1 : 0;
        first = 0;
    }
    stack->depth -= first;
    memmove(stack->callers, stack->callers + first, stack->depth * sizeof stack->callers[0]);
    stack->callers[0] = trap->code + 1;
}

static void write_trap_report(const struct trap *trap) {
    struct guard_story story;
    struct stack access;
    struct text text;
    if (!guard_tell(trap->address, &story) && !direct_tell(trap->address, &story)) return;
    text_begin(&text, 2);
    add_access(&text, trap, &story);
    add_offset(&text, trap->address, &story);
    add_block(&text, &story);
    culprit_add_process(&text);
    text_add(&text, "\n");
    text_flush(&text);
    if (options.backtrace_off) return;
    find_access(trap, &access);
    culprit_write_stack(&text, "", &access);
    culprit_write_stack(&text, "poolalloc:   the block was asked for\n", &story.asked);
    culprit_write_stack(&text, "poolalloc:   and freed\n", &story.freed);
    text_flush(&text);
}

/* ---- The handler ---- */

/* The system's own answer comes when the instruction is tried again; a signal that was sent does
   not come again by itself. */
static void leave_to_system(int number, const siginfo_t *info) {
    bool is_sent = info->si_code <= 0;
    if (is_sent && guard_report_state.before.sa_handler == SIG_IGN) return;
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, NULL);
    if (is_sent) raise(number);
}

/* The handler that was there before is called as the kernel would call it. What the mask was is set
   again when our own handler returns. */
static void call_before(int number, siginfo_t *info, void *context) {
    struct sigaction to = guard_report_state.before;
    sigset_t mask = to.sa_mask;
    if (!(to.sa_flags & SA_NODEFER)) sigaddset(&mask, number);
    if (to.sa_flags & (int)SA_RESETHAND) guard_report_state.before.sa_handler = SIG_DFL;
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    if (to.sa_flags & SA_SIGINFO)
        to.sa_sigaction(number, info, context);
    else
        to.sa_handler(number);
}

static void pass_on(int number, siginfo_t *info, void *context) {
    bool is_handler = guard_report_state.before.sa_handler != SIG_DFL &&
                      guard_report_state.before.sa_handler != SIG_IGN;
    if (is_handler)
        call_before(number, info, context);
    else
        leave_to_system(number, info);
}

/* A stack that was overwritten may lead anywhere: a fault on the way ends the report, no more. */
static void try_report(const struct trap *trap) {
    sigjmp_buf here;
    if (sigsetjmp(here, 1) == 0) {
        this_thread.way_out = &here;
        write_trap_report(trap);
    }
    this_thread.way_out = NULL;
}

static void on_fault(int number, siginfo_t *info, void *context) {
    int saved_errno = errno;
    struct trap trap;
    trap_read(info, context, &trap);
    if (this_thread.way_out != NULL && trap.address != 0) siglongjmp(*this_thread.way_out, 1);
    if (guard_has(trap.address) || direct_refuses(trap.address)) try_report(&trap);
    errno = saved_errno;
    pass_on(number, info, context);
}

void guard_report_prepare(void) {
    if (options.guard_sample == 0 && !direct_has_guards()) return;
    int saved_errno = errno;
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, NULL, &guard_report_state.before) == 0)
        sigaction(SIGSEGV, &action, NULL);
    if (options.guard_sample != 0) allocate_guard(options.guard_sample, options.guard_memory);
    errno = saved_errno;
}
