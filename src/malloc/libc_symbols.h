/* SPDX-License-Identifier: MIT */
/*
 * libc_symbols.h - makes libc's own malloc ours for everybody who finds it by name.
 *
 * A library that is opened with RTLD_DEEPBIND finds libc's malloc before ours, and so does
 * dlsym(handle, "free"), by which foreign function interfaces call it. Their blocks would meet
 * ours. Constructors run inside dlopen, so that nothing can be put right afterwards: before, the
 * values of these names in libc's table of dynamic symbols are changed to the addresses of our
 * functions. glibc's own malloc has no such trouble because it is libc's; from then on so is ours.
 */
#ifndef POOLALLOC_LIBC_SYMBOLS_H
#define POOLALLOC_LIBC_SYMBOLS_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* False if libc's names still lead to libc's malloc, because the system refused. Where libc comes
   before us in the order of look-ups, its malloc is the process's, nothing is changed, and that is
   right too. One caller at a time; a second time changes nothing. */
bool libc_symbols_join(void);

#ifdef __cplusplus
}
#endif

#endif
