/* SPDX-License-Identifier: MIT */
/*
 * descriptor.h - what a reader outside needs to find its way: where things are, how large, and at
 * which place of a structure each field lies, all by name. The command poolalloc(1) and the gdb
 * script read a process, or the core that it left, by this alone: they know no version's structures
 * and take no lock.
 *
 * The names, of which readers ignore those that they do not know:
 *   "at X"       the address of X
 *   "sizeof X"   its size in bytes
 *   "S.F"        where the field F lies in struct S, in bytes
 *   others       a number
 * A name never changes its meaning: if it must, DESCRIPTOR_VERSION goes up, and readers of the old
 * one say that they are too old.
 */
#ifndef POOLALLOC_DESCRIPTOR_H
#define POOLALLOC_DESCRIPTOR_H

#include "base/base.h"

#define DESCRIPTOR_MAGIC "poolallo"

enum { DESCRIPTOR_VERSION = 1, DESCRIPTOR_NAME = 32, DESCRIPTOR_FIELDS = 128 };

struct descriptor_field {
    char name[DESCRIPTOR_NAME]; /* ends with a NUL */
    uint64_t value;
};

struct descriptor {
    char magic[8] NONSTRING;
    uint32_t version;
    uint32_t room;                                     /* fields that there is room for */
    char library[16];                                  /* the version of the library */
    struct descriptor_field fields[DESCRIPTOR_FIELDS]; /* up to the first without a name */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Exported, so that every reader finds it by its name in the dynamic symbols. Never written. */
extern const struct descriptor poolalloc_descriptor;

#ifdef __cplusplus
}
#endif

#endif
