/* SPDX-License-Identifier: MIT */
/*
 * poolval_types.h - types of values read inline, and types of a program's own among them: hooks,
 * and types that extend values. Part of poolval.h, which includes it: what that says of references,
 * errors and threads holds here.
 */
#ifndef POOLVAL_TYPES_H
#define POOLVAL_TYPES_H

#include <poolval.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Inline, for the loops of interpreters ---- */

/* The type of a value, as poolval_type; but ints beyond 64 bits are POOLVAL_LARGE_INT. */
static inline int poolval_kind(const poolval_space *space, const poolobj *value) {
    unsigned kind = value == NULL ? (unsigned)POOLVAL_OTHER
                                  : (unsigned)value->type - *(const uint16_t *)(const void *)space +
                                        (unsigned)POOLVAL_NONE;
    return kind < (unsigned)POOLVAL_TYPES ? (int)kind : POOLVAL_OTHER;
}
/* 1 and the number if the value is an int of 64 bits; 0, and nothing happens, for all else,
   bools too. */
static inline int poolval_int_peek(const poolval_space *space, const poolobj *value,
                                   int64_t *number) {
    if (value == NULL || poolval_kind(space, value) != POOLVAL_INT) return 0;
    memcpy(number, value + 1, sizeof *number);
    return 1;
}
/* 1 and the number if the value is a float; 0, and nothing happens, for all else. */
static inline int poolval_float_peek(const poolval_space *space, const poolobj *value,
                                     double *number) {
    if (value == NULL || poolval_kind(space, value) != POOLVAL_FLOAT) return 0;
    memcpy(number, value + 1, sizeof *number);
    return 1;
}
/* 1 and the items of a list, as poolval_items has them, also of one whose type extends lists; 0,
   and nothing happens, for all else. */
static inline int poolval_list_peek(const poolval_space *space, const poolobj *value,
                                    poolobj *const **items, size_t *count) {
    if (value == NULL || poolval_kind(space, value) != POOLVAL_LIST) return 0;
    memcpy(count, value + 1, sizeof *count);
    memcpy(items, value + 3, sizeof *items);
    return 1;
}

/* ---- Own types ----
 * Objects of the program's types take part in values by hooks, which may do whatever they like:
 * look-ups, walks and copies see to it that what they go through may change meanwhile. */

enum { POOLVAL_NO_ANSWER = 2 };

/* What objects of a type do as values. All members may be 0. Hooks that fail have said why by
   poolval_error_set, or by the failure of a function of this header. */
typedef struct poolval_hooks {
    /* A string: poolval_repr, and the text of the object in containers and formats. */
    poolobj *(*repr)(poolval_space *space, poolobj *object);
    /* For keys: 0 and *hash, or -1. It is asked for once, and kept in the object at offset
       `hash_at`, a field of 64 bits that no one else may write. Objects with `equal` and without
       `hash` are no keys; those with neither are, by their address. */
    int (*hash)(poolval_space *space, poolobj *object, uint64_t *hash);
    size_t hash_at;
    /* Whether the object is equal to another value, of any type: 1, 0, -1, or POOLVAL_NO_ANSWER:
       then the other one's type is asked, at last they are not. What is equal has the same hash. An
       object is equal to itself without being asked. */
    int (*equal)(poolval_space *space, poolobj *object, poolobj *other);
    /* Compares as poolval_compare does: 0 and *order; -1; or POOLVAL_NO_ANSWER: the other one's
       type is asked, at last they have no order. */
    int (*compare)(poolval_space *space, poolobj *object, poolobj *other, int *order);
    /* A new object of the space with the same fields, references to the same objects. Deepcopy and
       copy_to then replace what it reports as references (poolobj_references) by copies, and forget
       its kept hash; where all fails, these are NULL when it goes. What the program or others hold
       besides is taken as it is. For copy_to the space is another than the object's, of another
       heap for one: the new object is of a type of that space (poolval_type_like), references to
       objects of that heap stay, and all others go. Without it deepcopy makes no copies, and the
       object stays in its heap. */
    poolobj *(*copy)(poolval_space *space, poolobj *object);
    /* How many items; less than 0: failed. For poolval_length, _truth. */
    ptrdiff_t (*length)(poolval_space *space, poolobj *object);
    /* Something for poolval_next: for poolval_iterate, _contains. */
    poolobj *(*iterate)(poolval_space *space, poolobj *object);
    /* The next item, as poolval_next: the object is an iterator, also for poolval_iterate. */
    int (*next)(poolval_space *space, poolobj *object, poolobj **item);
    /* What a reference of the object is called in graphs: writes at most `size` bytes, a zero byte
       included, and returns their number as snprintf does; 0: as if there was no hook. `kind`
       and `index` are those of a poolgraph_reference. May make or change nothing. */
    int (*edge)(poolval_space *space, poolobj *object, int kind, size_t index, char *text,
                size_t size);
} poolval_hooks;

/* A type of the space's heap for objects of the program's own, with hooks (NULL: none); `base` is
   POOLVAL_OTHER. Or one that extends lists, dictionaries, sets or byte arrays: `base` says which,
   the struct begins with the part below, and fields of the program follow. Its objects are such
   values in every way, of the same POOLVAL_..., with a finalizer, and fields, but without hooks;
   copies are of the type that was extended. Otherwise as poolobj_type_new, and poolobj_type_free
   ends it. POOLVAL_ERR_VALUE for a specification that is no good. */
poolobj_type *poolval_type_new(poolval_space *space, int base, const poolobj_typespec *spec,
                               const poolval_hooks *hooks);
/* The type of the space that stands for a type of poolval_type_new of another space: of the same
   name, base and hooks. NULL and POOLVAL_ERR_TYPE if there is none. Looks at all types. */
poolobj_type *poolval_type_like(poolval_space *space, const poolobj_type *type);
/* An object of a type of poolval_type_new without items: an empty list, dictionary and so on,
   fields zeroed. Those of types that extend values are made by this alone. */
poolobj *poolval_new(poolval_space *space, poolobj_type *type);
/* What a struct that extends a value begins with. Not for programs but for its size. */
typedef struct poolval_list_part {
    poolobj base;
    uint64_t part[3];
} poolval_list_part, poolval_bytearray_part;
typedef struct poolval_dict_part {
    poolobj base;
    uint64_t part[6];
} poolval_dict_part, poolval_set_part;

/* ---- Classes and instances: attributes by name ----
 * A class has attributes that its instances share, its methods for one, and may have one base,
 * whose attributes are its own where it has none of that name. An instance takes 32 bytes and 8 for
 * each attribute: their names lie in the class, which learns up to 30 of them; others are in a
 * dictionary of the instance. Names are strings. Instances are equal to themselves alone, and keys
 * by their address, unless hooks say otherwise. */

/* `name` is a string; `base` a class, or NULL. */
poolobj *poolval_class_new(poolval_space *space, poolobj *name, poolobj *base);
/* Name and base of a class, borrowed. The base is NULL if there is none. */
poolobj *poolval_class_name(poolval_space *space, const poolobj *class_);
poolobj *poolval_class_base(poolval_space *space, const poolobj *class_);
/* An instance without attributes; its class, borrowed. */
poolobj *poolval_instance_new(poolval_space *space, poolobj *class_);
poolobj *poolval_class_of(poolval_space *space, const poolobj *instance);
/* 1: the value is an instance of the class, or of one that has it for a base, over any number of
 * them; 0; -1. */
int poolval_is_instance(poolval_space *space, const poolobj *value, const poolobj *class_);

/* The attribute of an instance, or else of its class or a base; of a class, or else of a base.
   NULL and POOLVAL_ERR_KEY if there is none. */
poolobj *poolval_attr_get(poolval_space *space, poolobj *object, poolobj *name);
/* Looks for an attribute as poolval_attr_get does: 1 and the value, borrowed; 0 and NULL if there
   is none; -1. */
int poolval_attr_find(poolval_space *space, poolobj *object, poolobj *name, poolobj **value);
/* Looks for an attribute that is to be called, as poolval_attr_find, and says who has it: what the
   class has is to be called with the instance before all arguments, what the object itself has is
   not. */
enum { POOLVAL_OF_OBJECT = 1, POOLVAL_OF_CLASS = 2 };
int poolval_method_find(poolval_space *space, poolobj *object, poolobj *name, poolobj **function);
/* Set and remove an attribute of the object itself. 0, or -1; POOLVAL_ERR_KEY for one to be removed
   that is not there. */
int poolval_attr_set(poolval_space *space, poolobj *object, poolobj *name, poolobj *value);
int poolval_attr_remove(poolval_space *space, poolobj *object, poolobj *name);
/* A new dictionary of the object's own attributes: those of an instance in the order in which its
   class met them. */
poolobj *poolval_attr_dict(poolval_space *space, poolobj *object);

/* Hooks of all instances of the space, which may ask the class for methods; `hash_at` does not
   matter. Without `copy` an instance is copied with its attributes. And the finalizer of those
   whose class has one: set before the first instance. 0, or -1. Either may be NULL. */
int poolval_set_instance_hooks(poolval_space *space, const poolval_hooks *hooks,
                               void (*finalize)(poolval_space *space, poolobj *instance));
/* Whether instances that are made from now on are finalized; a class begins as its base is. */
int poolval_class_finalize(poolval_space *space, poolobj *class_, int finalized);

/* ---- Between threads ---- */

/* Makes all values of the space's heap, which must be immutable ones, immortal and shared
   (poolobj_heap_share): values of other heaps and threads may hold them, and look at them as at
   their own, if their space is the first of its heap and has the same hash_key, as it has by
   default. They are interned no more. Nothing is made in the space any more. 0, or -1;
   POOLVAL_ERR_TYPE if a list, dictionary, set, byte array, iterator, class, instance or other
   object is in the heap; POOLVAL_ERR_VALUE inside of a collection or a finalizer. */
int poolval_share(poolval_space *space);

/* Hands heaps from thread to thread, with all that is in them: nothing is copied. Any number of
   threads send and receive; heaps that nobody received are closed with the channel, which is freed
   when no one uses it any more. NULL and ENOMEM when out of memory. */
typedef struct poolval_channel poolval_channel;
poolval_channel *poolval_channel_new(void);
void poolval_channel_free(poolval_channel *channel); /* NULL is ignored */
/* Gives the space's heap away, and the caller's reference to `root`, an object of it. 0; or -1, and
   all is as it was: POOLVAL_ERR_VALUE if anything else of the heap is held from outside
   (poolobj_heap_held). After it the caller has nothing of the heap, not even the space. */
int poolval_channel_send(poolval_channel *channel, poolval_space *space, poolobj *root);
/* Waits up to so many nanoseconds (less than 0: for ever). 1: the calling thread owns the heap now,
   and the reference; 0: nothing came. */
int poolval_channel_receive(poolval_channel *channel, int64_t nanoseconds, poolval_space **space,
                            poolobj **root);

/* ---- In graphs, as `describe` and `name` of poolgraph_options ----
 * `arg` is a space, or NULL: that of each object. Nothing is made, and no hook called but `edge`.
 */

struct poolgraph_reference;
/* Text of numbers and strings, how many items a container has, the class of an instance. */
int poolval_describe(poolobj *object, char *text, size_t size, void *arg);
/* ['spam'] for the value of a key, .spam for an attribute, what the hook of an own type says. */
int poolval_name(const struct poolgraph_reference *reference, char *text, size_t size, void *arg);

#ifdef __cplusplus
}
#endif

#endif
