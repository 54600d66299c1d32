/* SPDX-License-Identifier: MIT */
/* Linked with a library of ours by a function of its own, it may run on another malloc:
       program          counts on nothing
       program blocks   asks by poolalloc_malloc, too */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <poolalloc.h>

#include "../support/expect.h"
#include "../support/hide.h"

/* Threads of the process, by the kernel. */
static int threads(void) {
    char line[256];
    int count = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        sscanf(line, "Threads: %d", &count);
    if (status != NULL) fclose(status);
    return count;
}

int main(int count, char **arguments) {
    for (int i = 0; i < 1000; i++) free(hide(malloc((size_t)i)));
    void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_DEEPBIND);
    if (library != NULL) dlclose(library);
    EXPECT(strcmp(poolalloc_version(), POOLALLOC_VERSION_STRING) == 0);
    if (count > 1 && strcmp(arguments[1], "blocks") == 0)
        for (int i = 0; i < 1000; i++) poolalloc_free(hide(poolalloc_malloc(100)));
    printf("%d\n", threads());
    return 0;
}
