// SPDX-License-Identifier: MIT
// plain.c - a program that calls no function of poolalloc's, nor malloc: linked with --as-needed it
// loses the library. Its output says whether it did.
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
    const char *(*version)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "poolalloc_version");
    printf("poolalloc %s\n", version != NULL ? version() : "is not here");
    return version == NULL;
}
