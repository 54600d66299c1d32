/* SPDX-License-Identifier: MIT */
/* Says whether the kernel started it in secure mode (set-uid); linked with the library by the
   runner, because the loader drops LD_PRELOAD in that mode. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

int main(void) {
    void *volatile block = malloc(100);
    free(block);
    puts(getauxval(AT_SECURE) ? "secure" : "ordinary");
    return 7;
}
