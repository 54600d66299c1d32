/* SPDX-License-Identifier: MIT */
/*
 * price.h - what a page costs on this machine: the time of the first write to one. It is below a
 * microsecond as a rule, and ten times that or more where a host shadows the page tables of its
 * guests. Memory that is given back and asked for again costs so much more there, and programs take
 * longer for what they do.
 */
#ifndef POOLALLOC_PRICE_H
#define POOLALLOC_PRICE_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many times as much as is usual, from 1 to PRICE_MOST; 1 until it was asked for. */
#define PRICE_MOST 8
unsigned price_factor(void);
/* Tries a few first writes, once in a process. */
void price_ask(void);
/* The next call of price_ask tries again. */
void price_forget_for_test(void);

#ifdef __cplusplus
}
#endif

#endif
