/* SPDX-License-Identifier: MIT */
/*
 * language.c - runs a program of a small language that is made of poolobj.h, poolval.h and
 * poolgraph.h alone. README.md beside it explains both.
 */
#include "language.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct { uint64_t began, longest; } pauses;

static char *read_file(const char *name) {
    FILE *file = fopen(name, "rb");
    size_t room = 1;
    char *text = need_memory(calloc(room, 1));
    if (file == NULL) {
        perror(name);
        exit(2);
    }
    if (getdelim(&text, &room, 0, file) < 0) *text = 0;
    fclose(file);
    return text;
}

static uint64_t processor_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void note_pause(poolobj_heap *heap, const poolobj_gc_info *info, void *arg) {
    (void)heap, (void)arg;
    uint64_t now = processor_time();
    if (info->phase == POOLOBJ_GC_START)
        pauses.began = now;
    else if (now - pauses.began > pauses.longest)
        pauses.longest = now - pauses.began;
}

static void tell_exception(void) {
    poolobj *kind = NULL, *message = NULL, *thrown = vm.exception;
    vm.exception = NULL;
    if (poolval_type(vm.space, thrown) == POOLVAL_INSTANCE) {
        poolval_attr_find(vm.space, thrown, vm.name_kind, &kind);
        poolval_attr_find(vm.space, thrown, vm.name_message, &message);
    }
    SCOPED what = message == NULL ? NULL : poolval_text(vm.space, kind);
    SCOPED why = message == NULL ? poolval_repr(vm.space, thrown) : poolval_text(vm.space, message);
    fflush(stdout);
    fprintf(stderr, "%s: %s\n%s", what == NULL ? "thrown" : poolval_str_utf8(vm.space, what, NULL),
            why == NULL ? "" : poolval_str_utf8(vm.space, why, NULL), vm.trace);
    poolobj_decref(thrown);
}

static int run_program(const char *text, const char *file) {
    code *program = compile_program(text, file);
    if (program != NULL) {
        SCOPED main_function = object_of(make_closure(program, NULL));
        poolobj *result = machine_call(main_function, NULL, 0);
        poolobj_clear(&result);
    }
    if (vm.exception == NULL) return 0;
    tell_exception();
    return 1;
}

int main(int count, char **arguments) {
    int leaks = 0, verify = 0, measured = 0, at = 1, status;
    for (; at < count && arguments[at][0] == '-'; at++) {
        leaks |= strcmp(arguments[at], "--leaks") == 0;
        verify |= strcmp(arguments[at], "--verify") == 0;
        measured |= strcmp(arguments[at], "--pause") == 0;
    }
    if (at + 1 != count) {
        fprintf(stderr, "usage: language [--leaks] [--verify] [--pause] FILE\n");
        return 2;
    }
    char *text = read_file(arguments[at]);
    machine_begin();
    if (verify) poolobj_gc_set_debug(vm.heap, POOLOBJ_GC_VERIFY);
    if (measured) poolobj_gc_set_callback(vm.heap, note_pause, NULL);
    status = run_program(text, arguments[at]);
    free(text);
    poolobj_gc_set_callback(vm.heap, NULL, NULL);
    if (measured) fprintf(stderr, "longest pause: %.3f ms\n", 1e-6 * (double)pauses.longest);
    fflush(stdout);
    return machine_end(leaks) ? 3 : status;
}
