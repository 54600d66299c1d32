/* SPDX-License-Identifier: MIT */
/*
 * Opens plugins (plugin.cc) one after the other and does with each what programs do with plugins.
 * What it prints must not depend on the malloc. Compiled as C, and as C++ for another runtime in
 * the program. Arguments: letters, then the plugins. The letters are flags of dlopen (n now, g
 * global, d deepbind); x: no function of libc is looked up by a plugin's handle; r: that too, and
 * the plugins are opened by libc's own dlopen, past one that replaces it.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *open_function(const char *file, int flags);
struct table {
    void *(*get)(size_t);
    void (*put)(void *);
};

static int flags_of(const char *letters) {
    int flags = strchr(letters, 'n') ? RTLD_NOW : RTLD_LAZY;
    if (strchr(letters, 'g')) flags |= RTLD_GLOBAL;
    if (strchr(letters, 'd')) flags |= RTLD_DEEPBIND;
    return flags;
}

static void *find(void *plugin, const char *name) {
    void *found = dlsym(plugin, name);
    if (found != NULL) return found;
    printf("no %s\n", name);
    exit(77);
}

static void exchange(void *plugin, int by_name) {
    char *(*gives)(void) = (char *(*)(void))find(plugin, "plugin_gives");
    void (*takes)(char *) = (void (*)(char *))find(plugin, "plugin_takes");
    struct table *table = (struct table *)find(plugin, "plugin_table");
    char *given = (char *)realloc(gives(), 5000);
    puts(given);
    free(given);
    takes((char *)malloc(100));
    takes(strdup("from libc"));
    free(table->get(70));
    table->put(malloc(90000));
    table->put(table->get(3));
    if (by_name) ((void (*)(void *))find(plugin, "free"))(malloc(1000)); /* its libraries' */
}

static void use(void *plugin, int by_name) {
    int (*work)(void) = (int (*)(void))find(plugin, "plugin_work");
    int (*fail)(size_t) = (int (*)(size_t))find(plugin, "plugin_fail");
    int (*quiet)(size_t) = (int (*)(size_t))find(plugin, "plugin_fail_quietly");
    exchange(plugin, by_name);
    printf("work %d\n", work());
    fflush(stdout);
    printf("quiet %d\n", quiet((size_t)1 << 60));
    fflush(stdout);
    printf("fail %d %d\n", fail((size_t)1 << 60), fail(PTRDIFF_MAX - 100));
    fflush(stdout);
}

static open_function *opener(const char *letters) {
    if (!strchr(letters, 'r')) return dlopen;
    open_function *libcs = (open_function *)dlvsym(RTLD_DEFAULT, "dlopen", "GLIBC_2.34");
    return libcs != NULL ? libcs : dlopen;
}

int main(int count, char **arguments) {
    void *plugins[8];
    if (count < 3 || count > 10) return 77;
    for (int i = 2; i < count; i++) {
        plugins[i - 2] = opener(arguments[1])(arguments[i], flags_of(arguments[1]));
        if (plugins[i - 2] == NULL) return puts("dlopen failed"), 77;
        use(plugins[i - 2], strpbrk(arguments[1], "rx") == NULL);
    }
    for (int i = 2; i < count; i++) {
        int (*work)(void) = (int (*)(void))find(plugins[i - 2], "plugin_work");
        printf("again %d\n", work());
    }
#ifdef __cplusplus
    delete new int;
    delete[] new long[100];
#endif
    for (int i = 2; i < count; i++) dlclose(plugins[i - 2]);
    puts("closed");
    return 0;
}
