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
    size_t size = 0, got;
    char *text = need_memory(malloc(4096));
    if (file == NULL) {
        perror(name);
        exit(2);
    }
    while ((got = fread(text + size, 1, 4095, file)) > 0) {
        size += got;
        text = need_memory(realloc(text, size + 4096));
    }
    text[size] = 0;
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

static poolobj *attribute_text(value of, poolobj *name) {
    poolobj *found = NULL;
    if (kind_of(of) == POOLVAL_INSTANCE) poolval_attr_find(vm.space, object_of(of), name, &found);
    return found == NULL ? NULL : poolval_text(vm.space, found);
}

static const char *utf8_of(poolobj *text) {
    return text == NULL ? "" : poolval_str_utf8(vm.space, text, NULL);
}

static void tell_exception(void) {
    value exception = vm.exception;
    vm.exception = NOTHING;
    SCOPED thrown = box_new(exception);
    SCOPED message = attribute_text(exception, vm.name_message);
    SCOPED kind = attribute_text(exception, vm.name_kind);
    SCOPED repr = message == NULL ? poolval_repr(vm.space, thrown) : NULL;
    fflush(stdout);
    fprintf(stderr, "%s: %s\n%s", message == NULL ? "thrown" : utf8_of(kind),
            utf8_of(message == NULL ? repr : message), vm.trace);
}

static int run_program(const char *text, const char *file) {
    code *program = compile_program(text, file);
    value result = NOTHING;
    if (program != NULL) {
        value main_function = make_closure(program, NULL);
        result = machine_call(main_function, NULL, 0);
        drop(main_function);
    }
    drop(result);
    if (vm.exception == NOTHING) return 0;
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
