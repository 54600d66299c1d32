/* SPDX-License-Identifier: MIT */
/* poolalloc.h included first and alone in C11; the prefixed_test calls this. */
#include <poolalloc.h>

#include <string.h>

int header_works_in_c11(void);

int header_works_in_c11(void) {
    struct poolalloc_stats stats = {.size = sizeof stats};
    char *text = poolalloc_calloc(3, 40);
    if (text == NULL || poolalloc_get_stats(&stats) != 0) return 1;
    strcpy(text, poolalloc_version());
    text = poolalloc_realloc(text, 4000);
    int same = text != NULL && strcmp(text, POOLALLOC_VERSION_STRING) == 0;
    poolalloc_free(text);
    return same && stats.used > 0 ? 0 : 2;
}
