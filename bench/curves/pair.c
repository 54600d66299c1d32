/* SPDX-License-Identifier: MIT */
/*
 * pair COUNT [SIZE] - COUNT times a malloc of SIZE bytes (64) and its free, for bench/instructions.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t count = size_argument(argc, argv, 1, 1000), size = size_argument(argc, argv, 2, 64);
    while (count-- > 0) free(opaque(malloc(size)));
    return 0;
}
