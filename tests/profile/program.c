/* SPDX-License-Identifier: MIT */
/*
 * Known figures for profiles: holds 20 MB from hold, has freed 200 MB from pass, and had a peak of
 * 40 MB from swell. With an argument it sends itself SIGUSR2 before and after; with one more it has
 * 60 MB before, else 5.
 */
#include <signal.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { HELD = 20000, PASSED = 2000000, SWOLLEN = 4000 };

static void *held[HELD], *early[1000];

__attribute__((noinline)) void hold(int i) { EXPECT((held[i] = hide(malloc(1000))) != NULL); }

__attribute__((noinline)) void pass(void) {
    for (int i = 0; i < PASSED; i++) free(hide(malloc(100)));
}

__attribute__((noinline)) void swell(void) {
    void *blocks[SWOLLEN];
    for (int i = 0; i < SWOLLEN; i++) EXPECT((blocks[i] = hide(malloc(10000))) != NULL);
    for (int i = 0; i < SWOLLEN; i++) free(blocks[i]);
}

int main(int argc, char **argv) {
    (void)argv;
    for (int i = 0; i < 1000; i++) early[i] = hide(malloc(argc > 2 ? 60000 : 5000));
    if (argc > 1) raise(SIGUSR2);
    for (int i = 0; i < 2000; i++) free(hide(malloc(10)));
    for (int i = 0; i < HELD; i++) hold(i);
    pass();
    swell();
    if (argc > 1) raise(SIGUSR2);
    return 0;
}
