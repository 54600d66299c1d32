/* SPDX-License-Identifier: MIT */
/*
 * weak.c - all scenes as the sources are, then each way to break them, of which every one must be
 * noticed. WEAK_PREEMPTIONS=n is how often one of three threads may come in between another's
 * accesses, 0 any number; WEAK_SCENE=name takes one scene.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenes.h"

/* An order that is too weak, or a look or a store that is left out. */
struct mutation {
    const char *scene, *name;
    enum operation operation;
    int to;
};

static const struct mutation mutations[] = {
    /* Two words, of which each side writes one and then reads the other. */
    {"own", "token", LOAD, __ATOMIC_ACQUIRE},
    {"own", "token", EXCHANGE, __ATOMIC_ACQ_REL},
    {"own", "pending", LOAD, __ATOMIC_ACQUIRE},
    {"own", "pending", OR, __ATOMIC_ACQ_REL},
    {"own", "pending", LOAD, MEMORY_LOOKS_NOT_AGAIN},
    {"borrow", "token", EXCHANGE, __ATOMIC_ACQ_REL},
    {"borrow", "pending", LOAD, __ATOMIC_ACQUIRE},
    /* One word, by which all else is handed over. */
    {"message", "inbox", REPLACE, __ATOMIC_ACQUIRE},
    {"message", "inbox", EXCHANGE, __ATOMIC_RELEASE},
    {"park", "inbox", REPLACE, __ATOMIC_ACQUIRE},
    {"park", "inbox", REPLACE, __ATOMIC_RELEASE},
    {"park", "inbox", AND, __ATOMIC_RELEASE},
    {"cold", "inbox", REPLACE, __ATOMIC_ACQUIRE},
    {"cold_message", "inbox", REPLACE, __ATOMIC_ACQUIRE},
    {"fork_message", "inbox", REPLACE, __ATOMIC_ACQUIRE},
    {"fork_message", "inbox", EXCHANGE, __ATOMIC_RELEASE},
    /* By the count of forks, tokens of threads that are gone are free in the child. */
    {"fork", "forks", ADD, MEMORY_STORES_NOT},
};
static const char *const operation_names[] = {"load", "store", "exchange", "or",
                                              "and",  "add",   "replace"};
static const char *const order_names[] = {"relaxed", "consume", "acquire",
                                          "release", "acq_rel", "seq_cst"};

static unsigned count, failed;

static void tell(bool holds, const char *title, const char *text) {
    printf("%sok %u - %s: %s\n", holds ? "" : "not ", ++count, title, text);
    fflush(stdout);
    if (!holds) failed++;
}

static void run_child(struct scene scene, const struct mutation *mutation, int to) {
    const char *preemptions = getenv("WEAK_PREEMPTIONS");
    if (scene.preemptions != 0 && preemptions != NULL)
        scene.preemptions = (unsigned)atoi(preemptions);
    dup2(to, STDOUT_FILENO);
    dup2(to, STDERR_FILENO);
    if (mutation != NULL) memory_break(mutation->name, mutation->operation, mutation->to);
    search_scene(&scene);
    _exit(0);
}

/* In a process of its own, which what does not hold ends: true if all did. `text` is what it says.
 */
static bool holds(const struct scene *scene, const struct mutation *mutation, char *text,
                  size_t size) {
    int ends[2], status;
    if (pipe(ends) != 0) abort();
    pid_t child = fork();
    if (child == 0) run_child(*scene, mutation, ends[1]);
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    if (child < 0 || said == NULL) abort();
    snprintf(text, size, "it says nothing");
    if (fgets(text, (int)size, said) != NULL) text[strcspn(text, "\n")] = 0;
    fclose(said);
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const struct scene *scene_named(const char *name) {
    for (unsigned i = 0; i < scene_count; i++)
        if (strcmp(scenes[i].name, name) == 0) return &scenes[i];
    fprintf(stderr, "no scene %s\n", name);
    exit(2);
}

static void try_mutation(const struct mutation *mutation) {
    char title[128], text[256];
    const char *as = mutation->to < 0 ? "left out" : order_names[mutation->to];
    snprintf(title, sizeof title, "%s with %s of %s as %s is noticed", mutation->scene,
             operation_names[mutation->operation], mutation->name, as);
    tell(!holds(scene_named(mutation->scene), mutation, text, sizeof text), title, text);
}

static void try_scene(const struct scene *scene) {
    char text[256];
    bool good = holds(scene, NULL, text, sizeof text);
    tell(good, scene->name, text);
}

int main(void) {
    const char *one = getenv("WEAK_SCENE");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < scene_count; i++)
        if (one == NULL || strcmp(scenes[i].name, one) == 0) try_scene(&scenes[i]);
    for (size_t i = 0; one == NULL && i < sizeof mutations / sizeof mutations[0]; i++)
        try_mutation(&mutations[i]);
    printf("1..%u\n", count);
    return failed != 0;
}
