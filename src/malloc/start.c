/* SPDX-License-Identifier: MIT */
/*
 * start: what happens when the library is loaded and when the process ends. malloc works before and
 * after: everything here is in addition.
 */
#include "heap/allocate.h"
#include "heap/guard.h"
#include "heap/purge.h"
#include "heap/remote.h"
#include "heap/space.h"
#include "heap/thread_heap.h"
#include "heap/treat.h"
#include "malloc/culprit.h"
#include "malloc/delete_check.h"
#include "malloc/guard_report.h"
#include "malloc/main_start.h"
#include "malloc/occasion.h"
#include "malloc/parameter.h"
#include "malloc/purge_thread.h"
#include "malloc/serving.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/preload.h"

static bool is_passive(void) { return serving_process != NULL && !serving_process(); }

static COLD void say_limit_is_unknown(void) {
    struct text text;
    text_begin(&text, 2);
    text_add(&text, "poolalloc: a share as limit= in POOLALLOC_OPTIONS has no effect: no control "
                    "group has a memory limit\n");
    text_flush(&text);
}

/* The process's own limit, given that of its control group. */
static size_t own_limit(size_t group) {
    if (options.limit_share == 0) return options.limit != 0 ? options.limit : SIZE_MAX;
    if (group != SIZE_MAX) return group / 100 * options.limit_share;
    say_limit_is_unknown();
    return SIZE_MAX;
}

/* Names the mappings that came before the options were read. */
static void name_mappings(void) {
    if (options.map_names == 0 || !space_lock()) return;
    space_name();
    space_unlock();
}

static void close_space(void) {
    if (!options.guard_pages || !space_lock()) return;
    space_close();
    space_unlock();
}

static void read_limits(void) {
    size_t group = purge_read_limit(), own = own_limit(group);
    if (own == SIZE_MAX || !space_lock()) return;
    purge_set_limit(size_min(own, group));
    space_set_limit(own);
    space_unlock();
}

static uint32_t chosen_measures(void) {
    uint32_t measures = 0;
    if (options.zero_freed) measures |= TREAT_ZERO;
    if (options.canaries) measures |= TREAT_SEAL;
    if (options.exact_frees) measures |= TREAT_EXACT;
    if (options.random_reuse) measures |= TREAT_RANDOM;
    if (options.quarantine) measures |= TREAT_WAIT;
    return measures;
}

/* Blocks that a library's constructor, run before this one, has handed to a thread of its own would
   not be treated. It comes before samples are taken, which need a heap of their own. */
static void begin_treat(void) {
    uint32_t measures = chosen_measures();
    if (measures == 0) return;
    if (occasion_counts_blocks()) thread_heap_count_blocks(); /* this makes the first heap */
    if (allocate_treat(measures)) return;
    struct text text;
    text_begin(&text, 2);
    text_add(&text,
             "poolalloc: what POOLALLOC_OPTIONS wants done to each block (zero_freed, canaries, "
             "exact_frees, random_reuse, quarantine) is not: a thread was there before the library "
             "could start\n");
    text_flush(&text);
}

/* Runs before other libraries' constructors, so that handlers they register run around ours. */
__attribute__((constructor(101))) static void start_process(void) {
    bool passive = is_passive();
    if (passive)
        options_read_silently();
    else
        options_read();
    if (options.keep_alone && !passive) preload_forget(options_environment());
    culprit_prepare();
    if (!passive)
        guard_begin(options.guard_sample, options.guard_memory); /* samples leave it room */
    if (!passive) begin_treat();
    occasion_prepare(!passive);
    if (occasion_counts_blocks()) thread_heap_count_blocks();
    if (passive) return;
    thread_heap_get();
    if (options.sized_deletes && delete_check_begin != NULL) delete_check_begin();
    parameter_read_environment(options_environment());
    read_limits();
    name_mappings();
    close_space();
    guard_report_prepare();
    if (!options.purge_thread) return;
    if (main_start_call == NULL || !main_start_call(purge_thread_begin)) purge_thread_begin();
}

static void take_all_in(void) {
    struct heap *heap = thread_heap_enter();
    if (heap != NULL) {
        remote_post(heap);
        remote_drain(heap, ~0u);
        heap_end_quarantine(heap);
    }
    thread_heap_clean_parked(true);
    thread_heap_leave(heap);
}

/* A double free whose second half waits in an inbox comes to light here at the latest, and so does
   a write to a block in quarantine. Nothing here waits for a lock, as another thread may hold it
   for good, but for the profile, and that not for long. And the child of a vfork, which shares all
   of this with its parent, may call exit too. */
__attribute__((destructor)) static void end_process(void) {
    if (is_passive() && thread_heap_first() == NULL) return; /* nobody has asked for a block */
    unsigned patience = lock_patience;
    lock_patience = 0;
    if (thread_heap != &no_heap) take_all_in();
    occasion_end();
    lock_patience = patience;
}
