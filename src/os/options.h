/* SPDX-License-Identifier: MIT */
/*
 * options.h - POOLALLOC_OPTIONS=key=value,key=value: read once at start-up, and not at all in
 * set-uid programs. A bad key or value gets one line on standard error; the program runs on with
 * the default. One table (options.c) holds key, default and meaning: help and errors come from it.
 */
#ifndef POOLALLOC_OPTIONS_H
#define POOLALLOC_OPTIONS_H

#include "base/base.h"
#include "base/text.h"
#include "os/word.h"

#define PURGE_NEVER UINT64_MAX
#define PURGE_STANDARD 1000

#define PERTURB_ON 0x100

#define GUARD_MEMORY (1024 * KIB)
#define GUARD_MEMORY_LEAST (40 * KIB)
#define GUARD_MEMORY_MOST (64 * MIB)

/* There is a place for a block in quarantine for so many bytes of it. */
#define QUARANTINE_BLOCK ((size_t)128)
#define QUARANTINE_LEAST (64 * KIB)
#define QUARANTINE_DEBUG (32 * MIB)
#define QUARANTINE_MOST ((size_t)16 << 30)

enum report_format { REPORT_TEXT, REPORT_XML, REPORT_JSON };
enum mode { MODE_OFF, MODE_HARDENED, MODE_DEBUG };
enum huge_pages { HUGE_PAGES_ON, HUGE_PAGES_OFF, HUGE_PAGES_EARLY };
enum deepbind { DEEPBIND_JOIN, DEEPBIND_STRIP, DEEPBIND_KEEP };

struct options {
    uint64_t purge_delay;     /* milliseconds, or PURGE_NEVER */
    uint64_t purge_keep;      /* nothing is purged while no more bytes than this are free */
    uint64_t purge_thread;    /* 0 or 1 */
    uint64_t huge_pages;      /* enum huge_pages */
    uint64_t large_direct;    /* 0 or 1 */
    uint64_t deepbind;        /* enum deepbind */
    uint64_t perturb;         /* PERTURB_ON | the byte that freed blocks are filled with, or 0 */
    uint64_t keep_alone;      /* 0 or 1: inherit=off */
    uint64_t report_exit;     /* 0 or 1: to standard error */
    uint64_t map_names;       /* 0 or 1 */
    uint64_t backtrace_off;   /* 0 or 1 */
    uint64_t limit;           /* bytes, or 0 */
    uint64_t limit_share;     /* or this part of the control group's, in percent */
    uint64_t sample;          /* bytes per sampled block, on average; 1: all; 0: none */
    uint64_t sample_signal;   /* a number, or 0 */
    uint64_t guard_sample;    /* one block in so many is guarded; 0: none */
    uint64_t guard_memory;    /* bytes */
    uint64_t mode;            /* enum mode: what it stands for is in other fields */
    uint64_t zero_freed;      /* 0 or 1 */
    uint64_t canaries;        /* 0 or 1 */
    uint64_t exact_frees;     /* 0 or 1 */
    uint64_t random_reuse;    /* 0 or 1 */
    uint64_t quarantine;      /* bytes, or 0 */
    uint64_t sized_deletes;   /* 0 or 1 */
    uint64_t guard_pages;     /* 0 or 1 */
    uint64_t random_places;   /* 0 or 1: random_addresses */
    uint64_t report_format;   /* enum report_format */
    uint64_t report_signal;   /* a number, or 0 */
    uint64_t report_interval; /* milliseconds, or 0 */
    uint64_t report_growth;   /* bytes, or 0 */
    uint64_t report_least;    /* blocks */
    char sample_path[256];    /* "": see profile.c; no longer than report_path */
    char leaks_path[108];     /* of the socket of poolalloc leaks, or "" */
    char report_if[64];       /* a pattern, or "" */
    char report_path[256];    /* or to this file; copied, as programs overwrite their environment */
};

/* Written by options_read before the program starts threads, and by mallopt (parameter.h). */
extern struct options options;

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the environment, speaking up on standard error. */
void options_read(void);
/* Reads the environment without a word: what is wrong there is for the process's malloc to say. */
void options_read_silently(void);
/* The environment; an empty one in set-uid programs. */
char **options_environment(void);
/* True if POOLALLOC_OPTIONS sets this field of `options`: what the operator of a program says there
   outlives everything that the program says itself. */
bool options_is_chosen(const uint64_t *field);
/* Applies one string of options; lines about bad ones go to `errors`. For options_read and tests.
 */
void options_parse(struct options *into, const char *string, struct text *errors);
/* The table with the values in force and where each comes from. */
void options_list(struct text *to);

#ifdef __cplusplus
}
#endif

#endif
