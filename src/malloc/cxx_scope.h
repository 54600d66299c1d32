/* SPDX-License-Identifier: MIT */
/*
 * cxx_scope.h - who else in this process defines operators new and delete.
 *
 * A C++ runtime (libstdc++, libc++abi, or a program or plugin that has one inside) has the
 * new-handler and bad_alloc; it is recognised by set_new_handler. Its operators give way to ours
 * for speed, and mean the same. Any other library that defines operators replaces them, as
 * [new.delete] allows; its own come first. One that defines malloc too is another allocator, whose
 * place we take.
 *
 * The program's operators need nothing of this: the dynamic linker finds them before ours.
 */
#ifndef POOLALLOC_CXX_SCOPE_H
#define POOLALLOC_CXX_SCOPE_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operator `name` of the runtime that code at `caller` uses; 0: there is none. Of several, the one
   in the global scope, else the one that the caller's library was loaded with: the order of the
   dynamic linker. */
uintptr_t cxx_scope_runtime(const char *name, const void *caller);

/* Operator `name` of the first library that replaces it, 0 if none does. */
uintptr_t cxx_scope_replacement(const char *name);

/* Takes our operators out of sight, so that what is loaded or bound from now on finds those that
   it would find without us: a plugin its own, or its runtime's, whose memory is ours all the same.
   Not where it would find those of an allocator whose place we take, and whose memory is its own.
   One caller at a time; a second time changes nothing. */
void cxx_scope_hide(void);

/* Called before the first block of the process: if the first library behind ours that has operators
   replaces them, hides ours and binds all that was bound to them to what comes behind them. */
void cxx_scope_start(void);
/* True from cxx_scope_start on if a library replaces operators. Written before the process has a
   second thread. */
extern bool cxx_scope_yields;

#ifdef __cplusplus
}
#endif

#endif
