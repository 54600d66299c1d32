/* SPDX-License-Identifier: MIT */
/* Threads with the smallest stack there may be, and a handler on the smallest alternate stack: the
   slow paths of an allocator must fit there. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { PAGE = 4096, HANDLER_ROOM = 2048 };

static void use_all_paths(void) {
    for (size_t size = 1; size < (size_t)100 << 20; size = size * 2 + 3) {
        char *block = hide(malloc(size));
        EXPECT(block != NULL);
        block[0] = 1;
        block = hide(realloc(block, size * 2));
        EXPECT(block != NULL);
        free(block);
        free(hide(calloc(size, 1)));
        free(hide(aligned_alloc(4096, size)));
    }
    void *blocks[40];
    for (size_t size = 16; size < 3000; size += 112) {
        for (int i = 0; i < 40; i++) blocks[i] = hide(malloc(size));
        for (int i = 0; i < 40; i++) free(blocks[i]);
    }
}

static void *run(void *argument) {
    use_all_paths();
    return argument;
}

static void handle(int number) {
    (void)number;
    use_all_paths();
}

/* The frame that the kernel pushes has the size of the processor's registers. */
static size_t handler_stack(void) {
    size_t frame = getauxval(AT_MINSIGSTKSZ);
    if (frame < 2048) frame = 2048;
    return (frame + 2 * HANDLER_ROOM + PAGE - 1) / PAGE * PAGE;
}

int main(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    alarm(50);
    EXPECT(pthread_attr_init(&attributes) == 0);
    EXPECT(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
    for (int i = 0; i < 20; i++) {
        EXPECT(pthread_create(&thread, &attributes, run, NULL) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
    }
    /* An inaccessible page below the stack catches what does not fit. */
    size_t size = handler_stack();
    char *memory =
        mmap(NULL, PAGE + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED);
    EXPECT(mprotect(memory, PAGE, PROT_NONE) == 0);
    stack_t stack = {.ss_sp = memory + PAGE, .ss_size = size};
    EXPECT(sigaltstack(&stack, NULL) == 0);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
    for (int i = 0; i < 20; i++)
        EXPECT(raise(SIGUSR1) == 0); /* not inside malloc, so the handler may allocate */
    return 0;
}
