/* SPDX-License-Identifier: MIT */
#include "malloc/main_start.h"

#include "malloc/image.h"
#include "os/libc.h"

typedef int main_function(int argc, char **argv, char **environment);
typedef int start_function(main_function *main, int argc, char **argv, void (*init)(void),
                           void (*fini)(void), void (*end)(void), void *stack_end);

static struct {
    void (*begin)(void);
    main_function *main;
    start_function *start; /* libc's, that the program's first code calls */
} state;

static int begin_and_main(int argc, char **argv, char **environment) {
    state.begin();
    return state.main(argc, argv, environment);
}

static int start_program(main_function *main, int argc, char **argv, void (*init)(void),
                         void (*fini)(void), void (*end)(void), void *stack_end) {
    state.main = main;
    return state.start(begin_and_main, argc, argv, init, fini, end, stack_end);
}

/* libc may have the name in two versions, for programs of different age. */
static bool is_entry(uintptr_t address) {
    Elf64_Sym *symbol = NULL;
    while ((symbol = image_find(&image_libc, "__libc_start_main", symbol)) != NULL)
        if (image_libc.base + symbol->st_value == address) return true;
    return false;
}

static uintptr_t replacement_of(uintptr_t address, void *unused) {
    (void)unused;
    if (state.start != NULL || !is_entry(address)) return address;
    state.start = (start_function *)address;
    return (uintptr_t)start_program;
}

/* The first object is the program. */
static bool rebind_program(const struct image *image, void *unused) {
    image_rebind(image, replacement_of, unused);
    return true;
}

bool main_start_call(void (*begin)(void)) {
    if (!LIBC_STARTS_LIBRARIES_FIRST) return false;
    state.begin = begin;
    image_each(rebind_program, NULL);
    return state.start != NULL;
}
