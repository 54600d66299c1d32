/* SPDX-License-Identifier: MIT */
/*
 * search.h - runs the threads of a scene in every order that differs in what is read: one thread
 * goes on from one access to a shared word to the next, then any may. Threads are contexts on
 * stacks of their own, with thread-local variables of their own; depth first, and orders that
 * differ only by accesses which do not touch each other are one (sleep sets).
 */
#ifndef POOLALLOC_TEST_SEARCH_H
#define POOLALLOC_TEST_SEARCH_H

#include "memory.h"

struct scene {
    const char *name;
    unsigned threads;
    unsigned preemptions;          /* of one thread by another, at the most; 0: any number */
    void (*prepare)(void);         /* once, by nobody */
    void (*thread[THREADS])(void); /* what each does */
    void (*end)(void);             /* after each run, by nobody: what must hold */
};

/* All runs of a scene. Ends the process where something does not hold. */
void search_scene(const struct scene *scene);
/* Calls a function as a thread of the scene, where no other one comes in between. */
void search_as(unsigned thread, void (*function)(void));
/* The thread is that of the child of a fork from now on: the others stop where they are, and begin
   anew in search_as. It knows all that they have stored. */
void search_fork(void);
/* What does not hold, as a line. Ends the process. */
void search_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- For memory.c ---- */

/* True while threads run. */
bool search_is_running(void);
unsigned search_thread(void);
/* The thread is about to make an access: others may come first. */
void search_point(unsigned word, enum access_kind kind);
/* One of so many ways to go on, from 0. */
unsigned search_choose(unsigned count);
/* A word that seemed to be of one thread is asked for by a second one: all begins anew. */
void search_begin_anew(void) __attribute__((noreturn));

#endif
