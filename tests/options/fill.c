/* SPDX-License-Identifier: MIT */
/* Prints the byte that blocks of all sizes begin with, which is 0 where no block was before; or
   that they differ. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int byte = -1;
    for (size_t size = 3000; size < (size_t)50 << 20; size *= 3) {
        unsigned char *volatile block = malloc(size);
        if (block == NULL) return 1;
        if (byte == -1) byte = block[size - 1];
        if (block[0] != byte || block[size / 2] != byte || block[size - 1] != byte)
            return puts("differs"), 0;
    }
    printf("%02x\n", (unsigned)byte);
    return 0;
}
