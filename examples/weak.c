/* SPDX-License-Identifier: MIT */
/* weak.c - no cycle in the first place: the way back is a weak reference. */
#include "list.h"

struct person;
struct dog {
    poolobj base;
    poolobj_weakref *master; /* does not keep the person alive */
};
struct person {
    poolobj base;
    struct dog *pet;
};

static void master_gone(poolobj_weakref *weakref, void *arg) {
    (void)weakref;
    printf("  %s has no master any more\n", (const char *)arg);
}

static void dog_drop(poolobj *object) { printf("  the dog goes\n"), (void)object; }
static void person_drop(poolobj *object) { printf("  the person goes\n"), (void)object; }

int main(void) {
    static const size_t refs[] = {offsetof(struct person, pet), POOLOBJ_END};
    poolobj_typespec dogs = {.name = "dog", .size = sizeof(struct dog), .drop = dog_drop};
    poolobj_typespec persons = {
        .name = "person", .size = sizeof(struct person), .refs = refs, .drop = person_drop};
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *dog_type = poolobj_type_new(heap, &dogs);
    poolobj_type *person_type = poolobj_type_new(heap, &persons);

    struct person *person = poolobj_new(person_type);
    struct dog *dog = poolobj_new(dog_type);
    poolobj_set(&person->pet, dog);
    dog->master = poolobj_weakref_new(person, master_gone, "the dog");
    printf("counts: person %d, dog %d\n", (int)poolobj_refcount(person),
           (int)poolobj_refcount(dog));

    struct person *master = poolobj_weakref_get(dog->master); /* a new reference */
    printf("the dog's master is the person: %s\n", master == person ? "yes" : "no");
    poolobj_decref(master);

    printf("del person\n");
    poolobj_decref(person);
    printf("the dog's master: %s\n", poolobj_weakref_get(dog->master) ? "there" : "none");
    poolobj_weakref_free(dog->master);
    printf("del dog\n");
    poolobj_decref(dog);
    poolobj_heap_close(heap);
    return 0;
}
