/* SPDX-License-Identifier: MIT */
/*
 * frozen.h - hands a frozen copy of the process to who listens at a socket: poolalloc leaks. The
 * copy is a child that does nothing but wait, so that its memory stays as it was at one moment; the
 * process itself goes on as soon as it is there.
 *
 *   here -> there   struct frozen_hello: who asks, and where its stack ends
 *   there -> here   one byte: what is to be seen of the other threads has been seen
 *   here -> there   struct frozen_copy: the copy, which lives until the socket is closed there
 *
 * This takes system calls that the library does without else: socket, connect, sendto, recvfrom,
 * clone, close_range.
 */
#ifndef POOLALLOC_FROZEN_H
#define POOLALLOC_FROZEN_H

#include "base/base.h"

#define FROZEN_MAGIC "poolfrz1" /* without a NUL */
enum { FROZEN_PATH = 108 };     /* room for the path of a socket, with its NUL */

struct frozen_hello {
    char magic[8];
    int32_t process, thread;
    uint64_t stack; /* what lies below is of no call that will return */
    uint64_t local; /* pthread_self() */
};

struct frozen_copy {
    int32_t process;   /* -errno: there is none */
    int32_t padding;   /* 0 */
    uint64_t stall_ns; /* how long the calling thread stood still for it */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Returns when the copy is made. False: nobody listens, or there can be no copy. Calls no handler
   of pthread_atfork, takes no lock and changes no errno. */
bool frozen_hand_over(const char *path);

#ifdef __cplusplus
}
#endif

#endif
