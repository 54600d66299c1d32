/* SPDX-License-Identifier: MIT */
/*
 * delete_check.h - with sized_deletes=on, the size and the alignment that C++ code gives to
 * operator delete are compared with the block. The usual forms know nothing of it: all that the
 * dynamic linker has bound to them is bound to forms that compare and go on to them.
 *
 * Not compared is what does not come here: deletes of libraries that were loaded by dlopen, which
 * are bound to their C++ runtime's forms (cxx_scope.h), and deletes of a process that has operators
 * of its own, whose blocks may have another size than its code asked them for.
 */
#ifndef POOLALLOC_DELETE_CHECK_H
#define POOLALLOC_DELETE_CHECK_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called before the process has a second thread, and after its first block. Not there in the static
   archive, where the linker has bound all forms. */
__attribute__((weak)) void delete_check_begin(void);

#ifdef __cplusplus
}
#endif

#endif
