/* SPDX-License-Identifier: MIT */
/* forms.h - which form of operator new or delete was reached, one letter each. */
#ifndef POOLALLOC_TEST_FORMS_H
#define POOLALLOC_TEST_FORMS_H

extern "C" void reached(char form);

#endif
