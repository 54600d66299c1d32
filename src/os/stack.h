/* SPDX-License-Identifier: MIT */
/*
 * stack.h - where a thread is: the return addresses on its stack, and the object and function that
 * an address lies in. Nothing here allocates, takes a lock (given glibc 2.35; else that of
 * dl_iterate_phdr) or changes errno, so that it can be asked in the middle of malloc or of a
 * signal.
 *
 * The unwinder goes by the tables that C++ exceptions need, which all code but hand-written
 * assembler and code made at run time has. What it finds out about a place of the code is kept as a
 * rule (frame_rule.h), so that most stacks need no tables; on other processors than x86-64 frame
 * pointers are followed where they were once found to lead to the same callers. Words of another
 * stack than the first thread's are read once the kernel has said, by futex, that they can be.
 */
#ifndef POOLALLOC_STACK_H
#define POOLALLOC_STACK_H

#include "base/base.h"

enum { STACK_MOST = 64 };

struct stack {
    unsigned depth;
    uintptr_t callers[STACK_MOST]; /* return addresses, innermost first */
};

/* An address in a loaded object, which is not unloaded meanwhile. */
struct place {
    const char *path;   /* of the object; "" for the program itself */
    uintptr_t offset;   /* of the address in the object, as tools that read its file count */
    const char *symbol; /* of the function there, if its name is exported; else NULL */
    uintptr_t symbol_offset;
    uintptr_t start, end; /* of the object */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The callers of the calling thread. Frames of this library's own are left out, where it is an
   object by itself. */
void stack_unwind(struct stack *stack);
/* The calling thread's innermost `most` callers alone. */
void stack_unwind_some(struct stack *stack, unsigned most);
/* A number that equal stacks share; any of its bits will do for a table. */
uint64_t stack_hash(const struct stack *stack);
/* Stacks that needed no tables, so far. */
uint32_t stack_met(void);
/* False: in no object. A look at all exported names of the object. */
bool stack_find_place(uintptr_t address, struct place *place);
/* Finds the place of an address without looking for its symbol. */
bool stack_find_object(uintptr_t address, struct place *place);

#ifdef __cplusplus
}
#endif

#endif
