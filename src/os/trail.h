/* SPDX-License-Identifier: MIT */
/*
 * trail.h - what walks of a stack found out, for the next one.
 *
 * The frames of the last walk are mostly there still when the next one comes: the stack has changed
 * at its inner end alone. So a walk that comes to a frame of the trail compares the words of the
 * stack that led on from there with what they were; as long as they are the same, the walk before
 * has found out what follows.
 *
 * At their inner end all walks begin with frames of this library's own, whose sizes never change:
 * the ways out of it are few, and one is told from the others by the words of return addresses.
 *
 * There are a few trails, and where a stack lies chooses its own. A walk takes it, and does without
 * when it is taken: by a thread whose stack has the same, or by a walk that a signal interrupted.
 */
#ifndef POOLALLOC_TRAIL_H
#define POOLALLOC_TRAIL_H

#include "base/atomic.h"

/* The state of a thread at a call: where it goes on in a function, and what that one finds in the
   stack pointer and in the frame pointer then. */
struct frame {
    uintptr_t place, stack, pointer;
};

struct footprint {
    struct frame frame;
    uintptr_t kept; /* the address of the word that the frame pointer was read from; 0: of none */
};

enum {
    TRAIL_WALK = 64, /* frames that a walk goes through at the most */
    TRAIL_MOST = 2 * TRAIL_WALK,
    TRAIL_NONE = TRAIL_MOST, /* the number of no footprint */
    TRAIL_WAYS = 16,
    WAY_MOST = 8,
};

/* Addresses side by side. */
struct stretch {
    uintptr_t start, end;
};
static inline bool stretch_has(const struct stretch *stretch, uintptr_t address) {
    return address - stretch->start < stretch->end - stretch->start;
}

/* A way out through the frames of own functions, the innermost first. */
struct way {
    uintptr_t places[WAY_MOST];
    uint16_t sizes[WAY_MOST]; /* of the frames up to and with this one, all together: in words */
    uint16_t kept; /* how far from where they begin the pointer of the frame outside is: in words */
    bool keeps;    /* it is there; else it is the first frame's */
    uint8_t count;
};

struct trail {
    struct atomic_u32 taken;
    unsigned used;                    /* footprints, the last of `old` */
    unsigned at;                      /* what lies before it in `old` is further in than the walk */
    unsigned met;                     /* where the walk, which is on the trail, met it; or NONE */
    unsigned fresh_used;              /* footprints of the walk before that */
    struct footprint old[TRAIL_MOST]; /* outermost last, and so in the order of their stacks */
    struct footprint fresh[TRAIL_WALK];
    struct way ways[TRAIL_WAYS];
    unsigned next_way; /* to be forgotten for another */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The trail of the stack with this address, for a walk that begins; NULL: it is taken. */
struct trail *trail_take(uintptr_t stack);
/* The walk is over. `whole`: what it went through is the trail now; else there is none. */
void trail_give_back(struct trail *trail, bool whole);
/* For trail_meet alone: the walk has left the trail, which it met, behind the footprint `at`. */
void trail_leave(struct trail *trail);

/* Makes the first frame that is not of `own` out of one that is. False: the way is not known. */
bool trail_leave_own(const struct trail *trail, struct frame *frame, const struct stretch *own);
/* Remembers a way that is not known. */
void trail_learn_way(struct trail *trail, const struct way *way);

/* Notes the frame that the walk has come to, whose pointer was read from the word at `kept`. True:
   the trail, too, goes through it, at footprint `at`; and leads on by those behind it whose words
   are as they were, to which the walk then moves `at`. */
static inline bool trail_meet(struct trail *trail, const struct frame *frame, uintptr_t kept) {
    if (unlikely(trail->met != TRAIL_NONE)) trail_leave(trail);
    while (trail->at < TRAIL_MOST && trail->old[trail->at].frame.stack < frame->stack) trail->at++;
    struct footprint *old = &trail->old[trail->at];
    bool meets = trail->at < TRAIL_MOST && old->frame.stack == frame->stack &&
                 old->frame.place == frame->place && old->frame.pointer == frame->pointer;
    if (meets) {
        old->kept = kept;
        trail->met = trail->at;
    } else if (likely(trail->fresh_used < TRAIL_WALK)) {
        trail->fresh[trail->fresh_used++] = (struct footprint){*frame, kept};
    }
    return meets;
}

#ifdef __cplusplus
}
#endif

#endif
