/* SPDX-License-Identifier: MIT */
/* double_free - ten names are freed, and one of them once more, which most allocators take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 10 };

static char *name_new(int number) {
    char *name = malloc(24);
    if (name == NULL) exit(1);
    snprintf(name, 24, "name %d", number);
    return name;
}

void forget_names(char **names) {
    for (int i = 0; i < NAMES; i++) free(names[i]);
    free(names[NAMES - 2]); /* the mistake */
}

int main(void) {
    char *names[NAMES];
    setvbuf(stdout, NULL, _IONBF, 0); /* no block for it */
    for (int i = 0; i < NAMES; i++) names[i] = name_new(i);
    forget_names(names);
    puts("all names are forgotten");
    return 0;
}
