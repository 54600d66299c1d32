/* SPDX-License-Identifier: MIT */
/*
 * frame_rule.h - how a function keeps its frame at one place of its code, learned from unwinding.
 *
 * The unwinder reads tables for each frame, which takes long; where the frame of a caller lies is
 * decided by the place of the call alone, so what one walk found out serves all others. A rule says
 * that the caller's frame begins so many words above the stack pointer, or that it begins behind
 * the two words that the frame pointer leads to, or that there is no caller, as the frame is the
 * outermost one. Where there is a caller it also says in which word the caller's frame pointer is
 * kept, if in any.
 *
 * A rule is what was seen once, and may be wrong where a function's frame changes in a way that one
 * look does not tell, or where other code was loaded at its place. Then it leads to a word that is
 * no return address, for which there is no rule: who follows rules stops there and unwinds anew.
 */
#ifndef POOLALLOC_FRAME_RULE_H
#define POOLALLOC_FRAME_RULE_H

#include "os/trail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* False on processors whose frames are not known here: no rule is ever learned. */
bool frame_rule_works(void);
/* Forgets for tests all that was learned. */
void frame_rule_reset_for_test(void);
/* Remembers that `caller` is the frame around `frame`; NULL: there is none. */
void frame_rule_learn(const struct frame *frame, const struct frame *caller);

enum frame_step { FRAME_UNKNOWN, FRAME_OUTERMOST, FRAME_CALLER };
/* Makes the caller's frame out of a frame, by the rule of its place. `lowest` is where the stack
   was entered; `*known` is the page that was last found to be readable. */
enum frame_step frame_rule_step(struct frame *frame, uintptr_t lowest, uintptr_t *known);

/* Makes caller after caller out of a frame, along the trail where it can, and notes the places of
   those that come after the ones of `own`, `most` at the most. Returns how many; FRAME_CALLER in
   *last: there may be more. */
unsigned frame_rule_follow(struct frame frame, const struct stretch *own, uintptr_t *places,
                           unsigned most, enum frame_step *last);

/* True if the word at an address, a multiple of 4, can be read: the kernel says so. */
bool frame_rule_is_mapped(uintptr_t address);
/* True if the word at an address can be read by a thread whose stack pointer is at `lowest` or
   below. On the first thread's stack, which is there as a whole from the pointer on, without a
   system call. */
bool frame_rule_can_read(uintptr_t address, uintptr_t lowest);

#ifdef __cplusplus
}
#endif

#endif
