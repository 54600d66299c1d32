/* SPDX-License-Identifier: MIT */
/*
 * Code that is made at run time asks for memory, and says its name to perf as node and python do.
 * Holds 40 MiB by it, says "ready", and waits for its input to end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void *call_it(void *(*allocate)(size_t size), size_t size);

/* push %rbp; mov %rsp,%rbp; mov %rdi,%rax; mov %rsi,%rdi; call *%rax; pop %rbp; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8,
                                     0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};

int main(void) {
    char path[64];
    void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return 1;
    memcpy(place, code, sizeof code);
    if (mprotect(place, 4096, PROT_READ | PROT_EXEC) != 0) return 1;
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    FILE *map = fopen(path, "w");
    if (map == NULL) return 1;
    fprintf(map, "%lx %zx made_at_run_time", (unsigned long)place, sizeof code);
    fclose(map);
    call_it *made = (call_it *)place;
    for (int i = 0; i < 40; i++)
        if (made(malloc, 1 << 20) == NULL) return 1;
    puts("ready");
    fflush(stdout);
    getchar();
    unlink(path);
    return 0;
}
