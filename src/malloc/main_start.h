/* SPDX-License-Identifier: MIT */
/*
 * main_start.h - when main begins. Constructors run before it, of the program's too, and may count
 * on a process of one thread. The program's first code asks libc to call main, through a word that
 * the dynamic linker has filled by then: this word is changed.
 */
#ifndef POOLALLOC_MAIN_START_H
#define POOLALLOC_MAIN_START_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `begin` is called right before main. False, and it is not: main has begun, or the program does
   not start as glibc's programs do, or the system keeps the word read-only. Not there in the static
   archive. Once, from a constructor. */
__attribute__((weak)) bool main_start_call(void (*begin)(void));

#ifdef __cplusplus
}
#endif

#endif
