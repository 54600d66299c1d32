/* SPDX-License-Identifier: MIT */
#include "malloc/occasion.h"

#include <fnmatch.h>
#include <signal.h>

#include "heap/allocate.h"
#include "heap/purge.h"
#include "heap/sample.h"
#include "malloc/outlet.h"
#include "malloc/profile.h"
#include "malloc/report.h"
#include "os/frozen.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"

static_assert(sizeof options.leaks_path == FROZEN_PATH, "a path is cut off nowhere on its way");

/* At the end of the process there is no later occasion, and another thread may sample just now. */
enum { END_PATIENCE_MS = 100 };

static void write_in_format(struct text *to) {
    if (options.report_format == REPORT_JSON)
        report_write_json(to);
    else if (options.report_format == REPORT_XML)
        report_write_xml(to);
    else
        report_write(to);
}

/* Waits for nobody: the thread may be inside the allocator, and so may a thread that stands still.
   What is counted is then as good as can be. */
static void report_now(void) {
    int descriptor = outlet_open(options.report_path, "report", "report");
    if (descriptor < 0) return;
    unsigned patience = lock_patience;
    lock_patience = 0;
    struct text text;
    text_begin(&text, descriptor);
    write_in_format(&text);
    text_flush(&text);
    lock_patience = patience;
    outlet_close(descriptor);
}

/* ---- Sampling ---- */

/* What a signal asked for and could not have: the next tick sees to it. */
static void wish(struct atomic_u32 *what) {
    atomic_u32_store(what, 1);
    uint32_t none = 0;
    atomic_u32_replace(&allocate_wishes.any, &none, 1);
}

/* Samples of an earlier time may tell of a part of what is live now. */
static void note_live_before(void) {
    struct census census;
    struct sample_totals totals;
    census_make(&census);
    size_t sampled = sample_each(&totals, NULL, NULL) ? (size_t)totals.live_bytes : 0;
    sample_set_live_before(census.used_bytes - size_min(sampled, census.used_bytes));
}

static void start_sampling(void) {
    if (sample_mean() == 0) note_live_before();
    if (!allocate_sample(options.sample != 0 ? options.sample : SAMPLE_STANDARD))
        wish(&allocate_wishes.sampling);
}

static void write_profile(unsigned patience_ms) {
    unsigned patience = lock_patience;
    lock_patience = patience_ms;
    if (!profile_write_file()) wish(&allocate_wishes.profile);
    lock_patience = patience;
}

static void see_to_sampling(void) {
    uint32_t once = 1;
    atomic_u32_replace(&allocate_wishes.any, &once, 0);
    uint32_t sampling = atomic_u32_load(&allocate_wishes.sampling);
    if (unlikely(sampling != 0)) sampling = atomic_u32_exchange(&allocate_wishes.sampling, 0);
    if (unlikely(sampling == SAMPLING_TO_BEGIN)) start_sampling();
    if (unlikely(sampling == SAMPLING_TO_END)) allocate_sample(0);
    if (unlikely(atomic_u32_load(&allocate_wishes.profile) != 0) &&
        atomic_u32_exchange(&allocate_wishes.profile, 0) != 0)
        write_profile(0);
}

static void on_sample_signal(int number) {
    int saved_errno = errno;
    (void)number;
    if (sample_has_begun())
        write_profile(0);
    else
        wish(&allocate_wishes.sampling);
    errno = saved_errno;
}

/* ---- As time passes and memory grows ---- */

static struct {
    struct atomic_u64 next_time, next_bytes; /* at which a report is due */
} occasion_state;

/* True for one caller at each moment that is reached; the next is `step` further on. */
static bool reached(struct atomic_u64 *next, uint64_t now, uint64_t step) {
    uint64_t due = atomic_u64_load(next);
    return unlikely(now >= due) && atomic_u64_replace(next, &due, now + step);
}

static void tick(void) {
    bool due = options.report_interval != 0 &&
               reached(&occasion_state.next_time, os_clock_ms(), options.report_interval);
    due |= options.report_growth != 0 &&
           reached(&occasion_state.next_bytes, purge_in_use() * POOL_SIZE, options.report_growth);
    if (unlikely(due)) report_now();
    see_to_sampling();
}

static void start_ticks(void) {
    if (!options.report_interval && !options.report_growth) return;
    atomic_u64_store(&occasion_state.next_time, os_clock_ms() + options.report_interval);
    atomic_u64_store(&occasion_state.next_bytes, options.report_growth);
    atomic_u32_store(&allocate_wishes.any, 2);
}

/* ---- Signals ---- */

static void on_signal(int number) {
    int saved_errno = errno;
    (void)number;
    report_now();
    errno = saved_errno;
}

/* The default is in force again (SA_RESETHAND) and ends the process when this returns. */
static void on_end(int number) {
    int saved_errno = errno;
    occasion_end();
    raise(number);
    errno = saved_errno;
}

/* Sets a handler where the program, or who started it, has not decided otherwise. */
static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags | SA_RESTART | SA_ONSTACK};
    struct sigaction before;
    sigfillset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

/* ---- The process's beginning and end ---- */

bool occasion_matches(const char *pattern, const char *path) {
    const char *name = strrchr(path, '/');
    if (pattern[0] == '\0') return true;
    if (name == NULL || strchr(pattern, '/') != NULL) name = path;
    return fnmatch(pattern, name == path ? path : name + 1, 0) == 0;
}

static void be_silent(void) {
    options.report_exit = options.report_signal = options.sample = options.sample_signal = 0;
    options.report_interval = options.report_growth = 0;
    options.report_path[0] = options.leaks_path[0] = '\0';
}

static bool reports_at_end(void) { return options.report_exit || options.report_path[0] != '\0'; }

static void serve(bool at_end) {
    start_ticks();
    if (options.report_signal != 0) handle((int)options.report_signal, on_signal, 0);
    if (options.sample_signal != 0) handle((int)options.sample_signal, on_sample_signal, 0);
    if (options.sample != 0) start_sampling();
    if (at_end) handle(SIGTERM, on_end, (int)SA_RESETHAND);
}

void occasion_prepare(bool serving) {
    const char *path = program_invocation_name ? program_invocation_name : "?";
    if (!occasion_matches(options.report_if, path)) be_silent();
    if (!serving) options.leaks_path[0] = '\0';
    if (options.leaks_path[0] != '\0') options.sample = 1;
    allocate_tick = tick; /* also for wishes from outside */
    bool at_end = reports_at_end() || options.sample != 0;
    if (!at_end && !options.report_signal && !options.report_interval && !options.report_growth &&
        !options.sample_signal)
        return;
    int saved_errno = errno;
    outlet_prepare();
    if (serving) serve(at_end);
    errno = saved_errno;
}

bool occasion_counts_blocks(void) { return reports_at_end(); }

static bool served_enough(void) {
    struct census census;
    if (options.report_least == 0) return true;
    census_make(&census);
    return census.served >= options.report_least;
}

/* True if the options ask for a profile. Else somebody attached for a while, or samples are there
   for the lines about mistakes. */
static bool wants_profile(void) {
    if (options.mode == MODE_DEBUG && options.sample_path[0] == '\0') return false;
    return options.sample != 0 || options.sample_signal != 0;
}

void occasion_end(void) {
    if (reports_at_end() && served_enough()) report_now();
    if (options.leaks_path[0] != '\0')
        frozen_hand_over(options.leaks_path);
    else if (sample_has_begun() && wants_profile())
        write_profile(END_PATIENCE_MS);
}
