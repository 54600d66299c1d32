/* SPDX-License-Identifier: MIT */
/* Says whether the kernel started it in secure mode (set-uid), and whether a block that was never
   used before is filled; linked with the library by the runner, because the loader drops LD_PRELOAD
   in that mode. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

int main(void) {
    char *volatile block = malloc(100000);
    if (block[0] != 0) puts("filled");
    free(block);
    puts(getauxval(AT_SECURE) ? "secure" : "ordinary");
    return 7;
}
