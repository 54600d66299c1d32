/* SPDX-License-Identifier: MIT */
/*
 * poolobj.h - counted objects with a generational cycle collector, in pools of their own.
 *
 *     #include <poolobj.h>                       cc app.c $(pkg-config --cflags --libs poolobj)
 *
 *     struct node { poolobj base; struct node *next; };
 *     static const size_t refs[] = {offsetof(struct node, next), POOLOBJ_END};
 *     poolobj_typespec spec = {.name = "node", .size = sizeof(struct node), .refs = refs};
 *
 *     poolobj_heap *heap = poolobj_heap_new();
 *     poolobj_type *type = poolobj_type_new(heap, &spec);
 *     struct node *a = poolobj_new(type), *b = poolobj_new(type);
 *     poolobj_set(&a->next, b), poolobj_set(&b->next, a);  // each holds the other
 *     poolobj_decref(a), poolobj_decref(b);                // counts fall to 1, never to 0
 *     poolobj_gc_collect(heap, 2);                         // 2: finds and frees both
 *     poolobj_heap_close(heap);
 *
 * An object lives until its last reference is dropped; objects that only hold each other are found
 * by the collector, which decides as CPython's does. docs/objects.md teaches it by examples.
 *
 * References. Functions that return an object return a new reference, which the caller drops with
 * poolobj_decref. Arguments are borrowed: a function that keeps one takes a reference of its own.
 * Every reference that an object holds to another must be counted and lie in a field that its type
 * declares; a field that holds a borrowed pointer is not declared.
 *
 * Memory. Objects lie in memory that libpoolobj maps itself. It replaces no malloc and needs none
 * in particular: tables come from malloc, calloc and realloc of whatever the process has. What is
 * free goes back to the system by amount and by age, as the options purge_delay and huge_pages of
 * POOLALLOC_OPTIONS say.
 *
 * Threads. A heap, its types, objects and weak references are used by one thread at a time, the
 * heap's owner: the thread that made it, or the last to adopt it. Heaps share no objects, but those
 * of poolobj_heap_share. In the child of a fork the thread that forked owns what it owned; it may
 * go on and collect.
 *
 * Where code of the program runs. Finalizers, callbacks of weak references, `drop` functions and
 * the collector's callback run in poolobj_decref, _set, _clear, in collections, which poolobj_new
 * starts by itself at its thresholds, and in poolobj_heap_close. They may use every function of the
 * heap but poolobj_heap_close; `traverse` and `drop` are more limited, see poolobj_typespec. All of
 * them return: none may leave by longjmp or an exception.
 *
 * Misuse. Dropping a reference too many, or use of an object that is gone, ends the process with
 * one line "poolalloc: <what> <address>" on standard error and SIGABRT where it is seen: always
 * when the count shows it, and in every call if the program is compiled with POOLOBJ_CHECKED, which
 * also sees a heap used by another thread than its owner, and objects put into those of other
 * heaps.
 */
#ifndef POOLOBJ_H
#define POOLOBJ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The version of libpoolobj, with poolval.h and poolgraph.h: not that of libpoolalloc. */
#define POOLOBJ_VERSION_MAJOR 0
#define POOLOBJ_VERSION_MINOR 2
#define POOLOBJ_VERSION_PATCH 1
/* Comparable: major * 10000 + minor * 100 + patch. */
#define POOLOBJ_VERSION_NUMBER 201
#define POOLOBJ_VERSION_STRING "0.2.1"

#ifdef __cplusplus
extern "C" {
#endif

/* The first member of every object. Its own members are not for programs. */
typedef struct poolobj {
    int32_t count;
    uint16_t type;
    uint8_t flags;
    uint8_t unused;
} poolobj;

typedef struct poolobj_heap poolobj_heap;
typedef struct poolobj_type poolobj_type;
typedef struct poolobj_weakref poolobj_weakref;

/* ---- Heaps ---- */

/* A heap owned by the calling thread; NULL and ENOMEM when out of memory. Any number per process.
   Close it with poolobj_heap_close. */
poolobj_heap *poolobj_heap_new(void);
/* A heap as of poolobj_heap_new that is checked: each function that takes the heap or what is in it
   ends the process with a line if another thread than the owner calls it, but any thread may look
   at one that is shared; and functions of poolval.h refuse objects of other heaps. Not seen are
   inline functions, but where the last reference is dropped, poolobj_heap_of, and those that give a
   constant which a space has. A program that is compiled with POOLOBJ_CHECKED gets such a heap from
   poolobj_heap_new. */
poolobj_heap *poolobj_heap_new_checked(void);
#ifdef POOLOBJ_CHECKED
#define poolobj_heap_new poolobj_heap_new_checked
#endif

/* Ends a heap: collects garbage, calls the finalizers that have not run and all `drop` functions,
   then frees every object, type and weak reference, whoever still refers to them: none of them may
   be used any more. */
void poolobj_heap_close(poolobj_heap *heap);

/* The calling thread becomes the owner. The old owner must have ended its last call before. */
void poolobj_heap_adopt(poolobj_heap *heap);

/* After a full collection, all objects of the heap become immortal, and nothing may be made or
   changed in it any more: then objects of other heaps may refer to them, and any thread may look at
   them. The heap is closed last, by its owner. Inside of a collection, and of a finalizer or
   callback that a dropped reference runs, nothing happens. For constants that many threads share:
   see also poolval_share. */
void poolobj_heap_share(poolobj_heap *heap);

/* Called once at the beginning of poolobj_heap_close, before its collection, while all is as the
   program left it; NULL: nobody is. One callback per heap. */
void poolobj_heap_set_close_callback(poolobj_heap *heap,
                                     void (*callback)(poolobj_heap *heap, void *arg), void *arg);

/* ---- The memory of all heaps; by any thread ---- */

/* Gives free memory back to the system now, all but `keep` bytes; 1 if any went, else 0. Each heap
   keeps up to 24 pools of 4 KiB for objects to come. */
int poolobj_trim(size_t keep);

/* Memory in bytes, without tables, which come from malloc. */
typedef struct poolobj_memory_figures {
    size_t mapped;   /* address space for objects */
    size_t in_use;   /* of it, that heaps have taken */
    size_t idle;     /* of it, free with memory behind it */
    size_t metadata; /* address space for what is known of objects; a part of it has memory */
} poolobj_memory_figures;
void poolobj_memory(poolobj_memory_figures *figures);

/* The version of the library in use: "0.2.0". */
const char *poolobj_version(void);

/* ---- Types ---- */

/* Ends a list of offsets. */
#define POOLOBJ_END ((size_t)-1)

enum {
    POOLOBJ_ITEMS_ARE_REFS = 1, /* each item is a poolobj *; item_size may be left 0 */
    /* No object of the type can be part of a cycle: the collector leaves all of them out, and what
       they refer to is held until they die. Types without references need not say so. */
    POOLOBJ_ACYCLIC = 2,
    POOLOBJ_BORROWS = 4, /* holds uncounted pointers to objects: POOLOBJ_GC_VERIFY passes it by */
};

/* Reports `count` references side by side, starting at `slots`; those that are NULL are ignored. */
typedef void (*poolobj_visit)(poolobj *const *slots, size_t count, void *arg);

/* What a type is. All members but name and size may be 0; everything is copied. */
typedef struct poolobj_typespec {
    const char *name;
    size_t size;      /* bytes, from the header on, without items */
    size_t item_size; /* bytes of one item; items follow at offset `size` */
    unsigned flags;
    const size_t *refs; /* byte offsets of fields that hold references, then POOLOBJ_END */
    /* Reports the references that offsets can't tell, by calls of visit(slots, count, arg): those
       in memory outside of the object, or in fields that sometimes hold something else. No field
       twice, and none that `refs` has. May not allocate, change a count or touch another object:
       it runs inside collections. What it reports is dropped when the object dies. */
    void (*traverse)(poolobj *object, poolobj_visit visit, void *arg);
    /* Called once, before the object dies, while it and all it refers to is whole; if it makes a
       reference to the object that stays, the object lives on. */
    void (*finalize)(poolobj *object);
    /* Releases what is not an object: memory, descriptors. The references of the object are gone
       or going: it must not look at other objects, and may call no functions of this header but
       poolobj_gc_pressure, poolobj_type_free and those that tell of a type. */
    void (*drop)(poolobj *object);
    const char *const *fields; /* names of the fields in `refs`, in its order, for messages */
    /* Free lists, 0 for none: so many dead objects of each size are kept to be made anew, the
       latest first. For types that come and go: their pools stay, and what was just touched is used
       again. Objects that a collection frees do not join, and each full collection gives all back.
       Objects with more than `free_items` items have no list; those of up to 2 KiB may. */
    size_t free_list, free_items;
    void *data; /* the program's own: poolobj_type_data */
    /* Called with `data` when the type has ended. May not call functions of this header. */
    void (*free_data)(void *data);
} poolobj_typespec;

/* A type of the heap, for its life or until it is freed; as many as there is memory for, about 200
   bytes each without references and objects. NULL and EINVAL for a specification that is no good
   (poolobj_type_fault says why), NULL and ENOMEM when out of memory. */
poolobj_type *poolobj_type_new(poolobj_heap *heap, const poolobj_typespec *spec);

/* Ends a type with its last object, or at once if it has none: for types that a program makes as it
   runs. To make an object of it afterwards, or to free it again, ends the process; the objects that
   there are stay as they are. May be called by finalizers and by `drop`, that of an object which
   stands for the type, say; the type ends when the outermost of them, and a collection, has
   returned. */
void poolobj_type_free(poolobj_type *type);

/* The specification's `data`, and the heap that the type is of. */
void *poolobj_type_data(const poolobj_type *type);
poolobj_heap *poolobj_type_heap(const poolobj_type *type);

/* What is wrong with a specification, in words; NULL if nothing is. */
const char *poolobj_type_fault(const poolobj_typespec *spec);

const char *poolobj_type_name(const poolobj_type *type);

/* The index-th name in the specification's `fields`; NULL if it has no such name. */
const char *poolobj_type_field(const poolobj_type *type, size_t index);

/* The specification's `refs`, then POOLOBJ_END; and its `size`, where items begin. */
const size_t *poolobj_type_refs(const poolobj_type *type);
size_t poolobj_type_size(const poolobj_type *type);

/* ---- Objects ---- */

/* An object, zeroed but for its header, count 1. NULL and ENOMEM when out of memory. May start a
   collection first, so every object that is to survive must be held by a counted reference. */
void *poolobj_new(poolobj_type *type);

/* An object as of poolobj_new, with room for `count` items. Another count than 0 for a type without
   items ends the process. */
void *poolobj_new_items(poolobj_type *type, size_t count);

/* References to the object; of an immortal one INT32_MAX. */
int32_t poolobj_refcount(const void *object);

/* What an object leads to: its type, and its heap. */
poolobj_type *poolobj_typeof(const void *object);
poolobj_heap *poolobj_heap_of(const void *object);

/* Bytes of the object's block, header included: what was asked for, rounded up to a multiple of 8
   and to 16 at least, and of objects with items above 512 bytes up to the next size served. */
size_t poolobj_sizeof(const void *object);

/* Living objects of the type, and those that are dying. Cost: a walk over its pools. */
size_t poolobj_count(const poolobj_type *type);

/* The object lives until its heap is closed and its count no longer changes. */
void poolobj_immortal(void *object);

/* ---- References ---- */

/* The slow halves of the functions below, and the count that makes them do nothing; not for
   programs. */
#define POOLOBJ_IMMORTAL (-1073741824)
void poolobj_incref_slow(poolobj *object);
void poolobj_decref_slow(poolobj *object);
void poolobj_check_use(const poolobj *object);
void poolobj_check_set(const void *slot, const poolobj *object);

/* Takes a reference. One more than 2^31 - 1 of them make the object immortal. */
static inline void poolobj_incref(void *object) {
    poolobj *o = (poolobj *)object;
#ifdef POOLOBJ_CHECKED
    poolobj_check_use(o);
#endif
    int32_t count = (int32_t)((uint32_t)o->count + 1);
    if (__builtin_expect(count > 1, 1))
        o->count = count;
    else if (o->count != POOLOBJ_IMMORTAL)
        poolobj_incref_slow(o);
}

/* Drops a reference. The last one ends the object: its finalizer runs, weak references are
   cleared, and the references it holds are dropped in turn, however many, without recursion. */
static inline void poolobj_decref(void *object) {
    poolobj *o = (poolobj *)object;
#ifdef POOLOBJ_CHECKED
    poolobj_check_use(o);
#endif
    int32_t count = (int32_t)((uint32_t)o->count - 1);
    if (__builtin_expect(count > 0, 1))
        o->count = count;
    else if (o->count != POOLOBJ_IMMORTAL)
        poolobj_decref_slow(o);
}

/* Makes the field at `slot` refer to `object`, or to nothing if NULL: takes the new reference,
   stores it, drops the old one last, when the field is already as it will be. */
static inline void poolobj_set(void *slot, void *object) {
    void *old;
#ifdef POOLOBJ_CHECKED
    poolobj_check_set(slot, (poolobj *)object);
#endif
    if (object != NULL) poolobj_incref(object);
    memcpy(&old, slot, sizeof old);
    memcpy(slot, &object, sizeof object);
    if (old != NULL) poolobj_decref(old);
}

/* Makes the field refer to nothing, then drops what it referred to. */
static inline void poolobj_clear(void *slot) { poolobj_set(slot, NULL); }

/* ---- Weak references ---- */

/* A reference that does not keep the object alive. When the object goes, `callback` (which may be
   NULL) is called once with the weak reference and `arg`, after the object's finalizer, or before
   it if the collector found the object in a cycle; poolobj_weakref_get gives NULL by then. It is
   not called for an object that lives until its heap ends. NULL and ENOMEM when out of memory.
   Release the weak reference with poolobj_weakref_free, in the callback too. */
poolobj_weakref *
poolobj_weakref_new(void *object, void (*callback)(poolobj_weakref *weakref, void *arg), void *arg);

/* A new reference to the object; NULL if it is gone. */
void *poolobj_weakref_get(poolobj_weakref *weakref);

/* Releases a weak reference, whose callback will not be called; NULL is ignored. */
void poolobj_weakref_free(poolobj_weakref *weakref);

/* ---- The collector ----
 * Three generations. A new object is in generation 0 and moves up when it survives a collection.
 * poolobj_new collects by itself: generation 0 when objects made less objects gone exceed t0, with
 * generation 1 when the younger was collected more than t1 times, with generation 2 when 1 was more
 * than t2 times and the objects that wait for it are a quarter of those that survived the last.
 * A collection of generation 2 that begins by itself goes on in steps unless the thresholds were
 * set. Memory that objects hold makes collections due as well: see poolobj_gc_pressure. A
 * collection never allocates and never fails, and writes to no living object's page. */

/* Collects generations 0 to `generation` (0, 1 or 2; another ends the process) now, enabled or not.
   Returns how many unreachable objects it found, without those that a finalizer brought back. 0 at
   once inside of another collection of the heap. */
size_t poolobj_gc_collect(poolobj_heap *heap, int generation);

/* A full collection in steps, between which the program runs on: does a part of one that takes
   about `budget` nanoseconds, and begins one if none is under way. 1: it goes on; 0: it has ended,
   and all that was unreachable when it began is gone, but for what finalizers brought back. A step
   is longer where it must look at more at one instant: about 6 ns for each object of a connected
   piece of garbage, or of pieces that are 200,000 together, and as long as a finalizer takes. Where
   deaths wait (POOLOBJ_GC_SLICED), a step goes on with these alone: 1. Without memory for steps,
   and with POOLOBJ_GC_SAVEALL or POOLOBJ_GC_VERIFY, it collects all at once: 0. 0 at once inside of
   another collection of the heap. A collection of generation 2 and a freeze give up one that is
   under way. */
int poolobj_gc_step(poolobj_heap *heap, uint64_t budget);

typedef struct poolobj_gc_step_figures {
    uint64_t rounds, steps;        /* full collections in steps that ended; steps of all */
    uint64_t longest, nanoseconds; /* of a step; of all */
    uint64_t most_waiting;         /* objects that a full collection found unreachable: the most */
    int under_way;
} poolobj_gc_step_figures;
void poolobj_gc_step_stats(const poolobj_heap *heap, poolobj_gc_step_figures *figures);

enum {
    /* Full collections that begin by themselves go on in steps of up to 1 ms, as objects are made.
     */
    POOLOBJ_GC_INCREMENTAL = 1,
    /* Nothing is collected where objects are made, but when poolobj_gc_poll is called. */
    POOLOBJ_GC_POLLED = 2,
    /* t0 follows what is found. It doubles, up to 8,192 and a small part of all objects, while less
       than 1 in 64 young objects is garbage: then both younger generations are collected together,
       and three times of four not at all but made old. It falls when many are, at last to 700.
       After a full collection that found less than 1 in 64, the next waits for a half instead of a
       quarter. With POOLOBJ_GC_INCREMENTAL, and where most objects that become old are garbage
       soon, up to eight of them in a row look at what became old lately alone, and leave other
       old garbage to the next. Generation 0 is also collected when the memory of the process has
       grown by an eighth, and 8 MiB, since the last collection. */
    POOLOBJ_GC_ADAPTIVE = 4,
    /* What a dropped reference ends is ended for a millisecond, and the rest later: some
       256 with each further death, which comes first, with poolobj_gc_step and _poll, and where
       objects are made, 1,024 others for 64 of them. So what waits takes no more memory than it did
       when the reference was dropped, and less with each object made. Finalizers and callbacks of
       what waits run later, too. All of it is ended by poolobj_gc_collect(heap, 2), a freeze,
       poolobj_heap_share, _held and _close, and when the option is taken off. Inside of finalizers,
       and of an object with many references, deaths are not divided. */
    POOLOBJ_GC_SLICED = 8,
};
/* Options of the collector: POOLOBJ_GC_INCREMENTAL and _ADAPTIVE at first, both of which
   poolobj_gc_set_threshold takes off. */
void poolobj_gc_set_options(poolobj_heap *heap, unsigned options);
unsigned poolobj_gc_get_options(const poolobj_heap *heap);

/* The generation that automatic collection would take up now, 2 also for a step; -1: none is due.
 */
int poolobj_gc_due(const poolobj_heap *heap);
/* Does what is due: 1; or 0 if nothing is. For the safe points of a program that has
   POOLOBJ_GC_POLLED; between them garbage grows as it likes. */
int poolobj_gc_poll(poolobj_heap *heap);

/* Objects of the heap hold so many bytes more outside of the heap, or less: whoever gives an object
   a buffer says so, and `drop`, which may call this, takes it back. Their sum counts together with
   objects above 2 KiB and the tables of values: when it has grown by a sixteenth, and 4 MiB, since
   the last collection, poolobj_new collects generation 0; by a quarter, 8 MiB, and 4 bytes for each
   object, since the last full one, generation 2. Never collects by itself. */
void poolobj_gc_pressure(poolobj_heap *heap, ptrdiff_t bytes);

/* Automatic collection, on at first. */
void poolobj_gc_enable(poolobj_heap *heap);
void poolobj_gc_disable(poolobj_heap *heap);
int poolobj_gc_is_enabled(const poolobj_heap *heap);

/* The thresholds: 700, 10, 10 at first, from where t0 adapts until thresholds are set; t0 of 0
 * turns automatic collection off. Each from 0 to INT_MAX; one below 0 ends the process. */
void poolobj_gc_set_threshold(poolobj_heap *heap, int t0, int t1, int t2);
void poolobj_gc_get_threshold(const poolobj_heap *heap, int thresholds[3]);

/* The counts that are compared with the thresholds. */
void poolobj_gc_get_count(const poolobj_heap *heap, int counts[3]);

/* Sums over the collections of one generation since the heap was made. */
typedef struct poolobj_gc_figures {
    uint64_t collections;
    uint64_t examined;    /* objects looked at */
    uint64_t collected;   /* found unreachable */
    uint64_t resurrected; /* brought back by finalizers */
} poolobj_gc_figures;
void poolobj_gc_stats(const poolobj_heap *heap, int generation, poolobj_gc_figures *figures);

/* All objects there are leave the generations, and are no longer looked at: before a fork, or after
   a start-up that makes objects to stay. Collections take as long as if they were not there, and
   write neither to their pages nor to what is known of them, so that the child of a fork that
   collects shares both with its parent. No object is made among them, also when some die; those
   that only garbage holds stay. Unfreeze puts them into generation 2. Inside of a collection
   neither has an effect. */
void poolobj_gc_freeze(poolobj_heap *heap);
void poolobj_gc_unfreeze(poolobj_heap *heap);
size_t poolobj_gc_freeze_count(const poolobj_heap *heap);

enum { POOLOBJ_GC_START = 0, POOLOBJ_GC_STOP = 1 };
typedef struct poolobj_gc_info {
    int phase;                               /* POOLOBJ_GC_START or POOLOBJ_GC_STOP */
    int generation;                          /* the oldest that is collected */
    size_t examined, collected, resurrected; /* 0 at the start */
    int step;                                /* 1: one of several steps */
} poolobj_gc_info;
/* Called before and after each collection; NULL: nobody is. One callback per heap. */
void poolobj_gc_set_callback(poolobj_heap *heap,
                             void (*callback)(poolobj_heap *heap, const poolobj_gc_info *info,
                                              void *arg),
                             void *arg);

enum {
    POOLOBJ_GC_STATS = 1,   /* a line on standard error for each collection */
    POOLOBJ_GC_SAVEALL = 2, /* unreachable objects are kept, see poolobj_gc_garbage */
    /* Each collection looks through its objects, word by word, for references that their type does
       not report, and for reported ones that lead to no living object of the heap, and ends the
       process with the first: type and offset. Slow; for tests. */
    POOLOBJ_GC_VERIFY = 4,
};
void poolobj_gc_set_debug(poolobj_heap *heap, unsigned flags);
unsigned poolobj_gc_get_debug(const poolobj_heap *heap);

/* Calls `each` (which may be NULL) with the objects kept by POOLOBJ_GC_SAVEALL and returns their
   number. `each` may not make or drop objects. */
size_t poolobj_gc_garbage(poolobj_heap *heap, void (*each)(poolobj *object, void *arg), void *arg);
/* Drops the objects kept by POOLOBJ_GC_SAVEALL: cycles among them are found by the next full
 * collection. */
void poolobj_gc_garbage_release(poolobj_heap *heap);

/* Tells of a variable of the program that holds a counted reference or NULL. No collection needs to
   know it, is quicker for it or comes to another verdict: who is held from outside shows in the
   counts. With POOLOBJ_GC_VERIFY each collection checks that every root holds a living object of
   the heap or NULL, and ends the process with a line if one does not. A variable that was added
   several times is removed as often; both take a constant time. 0, or -1 and ENOMEM. */
int poolobj_gc_root_add(poolobj_heap *heap, void *slot);
void poolobj_gc_root_remove(poolobj_heap *heap, void *slot);
/* A function that tells of many variables at once: each check of the roots calls it, and it reports
   them as `traverse` reports fields. NULL: none. One per heap. */
void poolobj_gc_set_roots(poolobj_heap *heap,
                          void (*roots)(poolobj_visit visit, void *visit_arg, void *arg),
                          void *arg);

/* ---- Inspection ---- */

/* Calls `each` with every type of the heap, in the order in which they were made. */
void poolobj_types(const poolobj_heap *heap, void (*each)(poolobj_type *type, void *arg),
                   void *arg);

/* Calls `each` with every living object of the heap, or of one type (`heap` may be NULL then). It
   may not make or drop objects, nor collect. */
void poolobj_walk(poolobj_heap *heap, const poolobj_type *type,
                  void (*each)(poolobj *object, void *arg), void *arg);

/* Reports the fields of an object that hold references, as its type declares them: each of `refs`
   by a call, in their order, then all items by one, then what `traverse` reports. */
void poolobj_references(void *object, poolobj_visit visit, void *arg);

/* NULL if nothing outside of the heap refers to its objects but one reference to `object` (NULL:
   not even that), so that the heap can be handed to another thread with all that is in it; else an
   object that is held, borrowed. Immortal objects do not matter. Inside of a collection, which
   itself holds objects, some object. Cost: a walk over all references. */
poolobj *poolobj_heap_held(poolobj_heap *heap, const void *object);

/* Checks every invariant of the heap; ends the process with a line if one does not hold. */
void poolobj_heap_check(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
