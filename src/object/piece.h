/* SPDX-License-Identifier: MIT */
/*
 * piece.h - garbage in small pieces: what a white object leads to among the white, up to 4,096
 * objects, is tested and freed at one instant.
 *
 * The test, here and in verdict.h: let K be any set of living objects. For each x of K, count(x) is
 * the number of fields of objects of K that hold x, plus the references from everywhere else. If
 * the sum of the counts of K is the number of references from K to K, nothing else refers to any
 * object of K.
 */
#ifndef POOLALLOC_OBJECT_PIECE_H
#define POOLALLOC_OBJECT_PIECE_H

#include "object/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tries what the white objects of a held pool lead to. False: there is more to do in it. */
bool piece_try_pool(struct gc_round *round, struct type_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
