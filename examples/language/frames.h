/* SPDX-License-Identifier: MIT */
/*
 * frames.h - frames of calls, inline for the loop of run.c; and what call.c does for it.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "language.h"

static inline int count_fits(const char *name, int count, int least, int most) {
    if (count >= least && count <= most) return 1;
    return fail(POOLVAL_ERR_TYPE, "%s takes %d arguments, not %d", name,
                count < least ? least : most, count),
           0;
}

/* Numbers in registers become objects where they are. 0: failed. */
static inline int box_all(value *at, int count) {
    for (int i = 0; i < count; i++)
        if (!is_object(at[i]) && (at[i] = of_object(box(at[i]))) == NOTHING) return 0;
    return 1;
}

static inline value *free_stack(void) { return vm.frame->base + vm.frame->code->registers; }

static inline int push_frame(code *of, closure *c, value *base, int ends) {
    if (vm.frame + 1 == vm.frames + FRAMES || base + of->registers > vm.stack + STACK)
        return fail(POOLVAL_ERR_DEPTH, "too many calls in calls"), 0;
    *++vm.frame = (frame){of, c, of->ins, base, NULL, ends};
    return 1;
}

/* 1: a frame was made; 0: it has ended; -1: failed. */
static inline int resume(generator *g, int ends) {
    if (g->state == GENERATOR_ENDED) return 0;
    value *base = free_stack();
    if (g->state == GENERATOR_RUNS)
        return fail(POOLVAL_ERR_VALUE, "a generator does not wait for itself");
    if (!push_frame(g->code, (closure *)g->closure, base, ends)) return -1;
    memcpy(base, g->registers, (size_t)g->code->registers * sizeof *base);
    g->state = GENERATOR_RUNS;
    vm.frame->generator = g;
    vm.frame->pc = g->pc;
    poolobj_incref(g);
    return 1;
}

/* The frame's registers go back to the generator, which waits at `pc`. */
static inline void suspend(const instruction *pc) {
    generator *g = vm.frame->generator;
    value *base = vm.frame->base;
    for (int i = 0; i < g->code->registers; i++) g->registers[i] = base[i], base[i] = NOTHING;
    g->pc = pc;
    g->state = GENERATOR_WAITS;
    vm.frame--;
    poolobj_decref(g);
}

/* The last frame goes, with all that its registers hold. */
static inline void pop_frame(void) {
    frame *f = vm.frame;
    for (value *r = f->base, *end = r + f->code->registers; r < end; r++) replace(r, NOTHING);
    vm.frame--;
    if (f->generator != NULL) {
        f->generator->state = GENERATOR_ENDED;
        poolobj_decref(f->generator);
    }
    if (f->ends == TO_CREATOR) poolobj_decref(f->closure);
}

/* call.c */
value make_generator(closure *c, value *arguments, int count);
frame *unwind(void);
int begin_object(value *at, int count, poolobj **init);
int open_method(value *at, int count);
int begin_loop(value *at);
value make_cell(void);
value make_class(poolobj *name, const value *base); /* NULL: it has none */
/* They take what they are made from over: `count` items, or keys and values in turn. */
value make_list(value *from, int count);
value make_dict(value *from, int count);

#endif
