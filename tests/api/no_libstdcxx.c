/* SPDX-License-Identifier: MIT */
/*
 * A C program without libstdc++ that calls operator new, as a plugin might. Where there is memory
 * it works; where there is none nobody can throw: the library must say so in one line and abort.
 * Run with the argument `fail` for that.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    void *(*operator_new)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
    void (*operator_delete)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "_ZdlPv");
    if (operator_new == NULL || operator_delete == NULL) {
        puts("no operator new in this process");
        return 77;
    }
    void *block = operator_new(100);
    if (block == NULL) return 1;
    memset(block, 1, 100);
    operator_delete(block);
    if (argc > 1 && strcmp(argv[1], "fail") == 0) {
        operator_new(PTRDIFF_MAX);
        puts("operator new returned");
        return 1;
    }
    return 0;
}
