/* SPDX-License-Identifier: MIT */
/*
 * event.h - a call of malloc's family as the recorder (recorder.c) leaves it in its raw file: rows
 * of events in chunks, each chunk of one thread and at its end zeros. They are in order by
 * `number`.
 */
#ifndef POOLALLOC_TOOL_EVENT_H
#define POOLALLOC_TOOL_EVENT_H

#include <stdint.h>

enum {
    EVENT_NONE,
    EVENT_ALLOCATE, /* address, size */
    EVENT_ZEROED,   /* the same, by calloc */
    EVENT_FREE,     /* address */
    EVENT_RESIZE,   /* address before; EVENT_RESIZED follows in the same thread */
    EVENT_RESIZED,  /* address, size; 0: it failed, or was freed */
};

struct event {
    uint64_t number; /* from 1 on, of all threads; 0: none any more in this chunk */
    uint64_t address;
    uint64_t size;
    uint32_t thread; /* from 0 on, in the order of first calls */
    uint8_t kind;
    uint8_t align_shift; /* the alignment is 2^this; 0: malloc's own */
    uint16_t unused;
};

enum { CHUNK_EVENTS = 8192, CHUNK_BYTES = CHUNK_EVENTS * 32 };
#ifdef __cplusplus
static_assert(sizeof(struct event) == 32, "a chunk is whole pages");
#else
_Static_assert(sizeof(struct event) == 32, "a chunk is whole pages");
#endif

#define RECORD_VARIABLE "POOLALLOC_RECORD" /* the raw file's path */

#endif
