/* SPDX-License-Identifier: MIT */
/*
 * A hash table of 60,000 strings to strings: keys inserted, values replaced by longer or shorter
 * ones, entries removed, at random. Imitates dictionaries, symbol tables, configuration.
 */
#include "../harness.h"

#define KEYS 60000
#define BUCKETS 32768

struct entry {
    struct entry *next;
    char *key, *value;
};

static struct entry *table[BUCKETS];

static struct entry **find(const char *key) {
    uint32_t hash = 2166136261u;
    for (const char *c = key; *c != '\0'; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    struct entry **place = &table[hash % BUCKETS];
    while (*place != NULL && strcmp((*place)->key, key) != 0) place = &(*place)->next;
    return place;
}

/* A value of 1 to 200 characters that begins with a letter made from the key. */
static char *make_value(struct rng *rng, size_t key) {
    char text[256];
    size_t length = rng_between(rng, 1, rng_below(rng, 4) == 0 ? 200 : 40);
    memset(text, 'a' + (int)(key % 26), length);
    text[length] = '\0';
    return strdup(text);
}

static void step(struct rng *rng) {
    size_t key = rng_below(rng, KEYS);
    char name[64];
    snprintf(name, sizeof name, "%.*s%zu", (int)(key % 24), "namespace.of.some.length", key);
    struct entry **place = find(name), *entry = *place;
    if (entry == NULL) {
        *place = entry = malloc(sizeof *entry);
        *entry = (struct entry){NULL, strdup(name), make_value(rng, key)};
        return;
    }
    if (entry->value[0] != 'a' + (char)(key % 26)) die("a value changed");
    free(entry->value);
    if (rng_below(rng, 3) != 0) {
        entry->value = make_value(rng, key);
        return;
    }
    *place = entry->next;
    free(entry->key);
    free(entry);
}

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 2000000);
    struct rng rng = rng_seeded(12);
    while (steps-- > 0) step(&rng);
    return 0;
}
