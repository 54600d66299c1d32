/* SPDX-License-Identifier: MIT */
/* finalizers.c - what runs when an object goes: at once, or when the collector has found it. */
#include "list.h"

struct pet {
    poolobj base;
    const char *name;
    struct pet *friend;
};

static struct pet *kept;

static void finalize(poolobj *object) {
    struct pet *pet = (struct pet *)object;
    printf("  %s is finalized\n", pet->name);
    if (pet->name[0] == 'C') poolobj_set(&kept, pet); /* a cat has more than one life */
}

static struct pet *pet_new(poolobj_type *type, const char *name) {
    struct pet *pet = poolobj_new(type);
    if (pet == NULL) abort();
    pet->name = name;
    return pet;
}

int main(void) {
    static const size_t refs[] = {offsetof(struct pet, friend), POOLOBJ_END};
    poolobj_typespec spec = {
        .name = "pet", .size = sizeof(struct pet), .refs = refs, .finalize = finalize};
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = poolobj_type_new(heap, &spec);

    printf("no cycle: del ends them\n");
    poolobj_decref(pet_new(type, "Ant"));
    poolobj_decref(pet_new(type, "Bee"));
    printf("ok\n");

    printf("a cycle: del does not\n");
    struct pet *dog = pet_new(type, "Dog"), *elk = pet_new(type, "Elk");
    poolobj_set(&dog->friend, elk);
    poolobj_set(&elk->friend, dog);
    poolobj_decref(dog);
    poolobj_decref(elk);
    printf("ok\n");
    printf("collect() finds %zu\n", poolobj_gc_collect(heap, 2));

    printf("a finalizer that brings its object back\n");
    struct pet *cat = pet_new(type, "Cat");
    poolobj_set(&cat->friend, cat);
    poolobj_decref(cat);
    printf("collect() finds %zu\n", poolobj_gc_collect(heap, 2));
    printf("%s lives: its count is %d\n", kept->name, (int)poolobj_refcount(kept));
    poolobj_clear(&kept);
    printf("collect() finds %zu: a finalizer runs once\n", poolobj_gc_collect(heap, 2));

    printf("closing the heap ends what is left\n");
    pet_new(type, "Fox");
    poolobj_heap_close(heap);
    return 0;
}
