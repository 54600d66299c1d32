/* SPDX-License-Identifier: MIT */
/*
 * object_heap.h - what a heap of objects and its types are made of, for the modules above, each of
 * which writes its own part.
 */
#ifndef POOLALLOC_OBJECT_OBJECT_HEAP_H
#define POOLALLOC_OBJECT_OBJECT_HEAP_H

#include "object/ledger.h"
#include "object/store.h"

enum { RECENT_TYPES = 16, GENERATIONS = 3, OLDEST = GENERATIONS - 1 };

/* Where objects of one type and one size come from. */
struct bin {
    poolobj *free; /* blocks of the current pool, to be handed out */
    struct type_pool *current;
    poolobj_type *type;
    struct link partial; /* pools with free blocks, longest waiting first */
    uint16_t stride, capacity;
    uint32_t reciprocal;
    /* The free list: dead objects whose pools do not have them back yet, latest first. */
    poolobj *listed;
    uint32_t listed_count, listed_max;
};

/* The bins of a type whose objects have items. */
struct item_bins {
    struct bin **bins; /* by class of size, made as needed */
    size_t item_size;
};

/* What few types have, apart from the others. */
struct type_extra {
    void (*finalize)(poolobj *object);
    const char **fields; /* or NULL */
    void (*free_data)(void *data);
    void *upper;            /* what the layer above knows of the type, freed with it; or NULL */
    uint32_t listed_max;    /* of each bin that has a free list */
    uint32_t listed_stride; /* of the largest objects that have one */
};

/* One allocation with what follows it: `refs`, POOLOBJ_END, and the name. A program may make as
   many types as objects of them, so that every word counts. */
struct poolobj_type {
    union {
        struct bin bin;         /* without items */
        struct item_bins items; /* itemized */
    };
    poolobj_heap *heap;
    uint32_t head; /* type and flags of a new object's header: its upper half */
    uint32_t size; /* up to the items */
    uint32_t ref_count;
    uint32_t serial;    /* in the order in which types are made */
    uint16_t pair[2];   /* offsets of a pair */
    bool is_plain;      /* no items and no free list */
    bool is_leaf;       /* no references */
    bool tracked;       /* by the collector: has references and is not ACYCLIC */
    bool itemized : 1;  /* objects have items */
    bool has_items : 1; /* the items are references */
    bool is_pair : 1;   /* two references and nothing else, up to 2 KiB: a path of its own */
    bool freed : 1;     /* ends with its last object; none is made any more */
    uint8_t flags : 4;
    void (*traverse)(poolobj *object, poolobj_visit visit, void *arg);
    void (*drop)(poolobj *object);
    struct link pools;     /* all of the type; frozen ones first */
    struct link of_heap;   /* in the types of the heap, or in those that have ended */
    struct link populated; /* in those with pools, or alone */
    void *data;
    struct type_extra *extra; /* or NULL */
    size_t refs[];
};

static inline const char *object_heap_type_name(const poolobj_type *type) {
    return (const char *)&type->refs[type->ref_count + 1];
}
static inline size_t object_heap_item_size(const poolobj_type *type) {
    return type->itemized ? type->items.item_size : 0;
}
static inline uint32_t object_heap_listed_max(const poolobj_type *type) {
    return type->extra != NULL ? type->extra->listed_max : 0;
}
/* A header of a new object: count 1. */
static inline uint64_t object_heap_type_header(const poolobj_type *type) {
    return (uint64_t)type->head << 32 | 1;
}

/* A table of the weak references to live objects, by object: the first of each ring. */
struct weak_table {
    poolobj_weakref **slot;
    size_t size; /* slots, a power of two or 0 */
    size_t used;
    struct link all; /* every weak reference that was not freed */
};

struct root {
    void *variable;
    size_t times; /* it was added; 0: the place is empty */
};

/* A table of the variables that the program has told of. */
struct roots {
    struct root *root;
    size_t size; /* places, a power of two or 0 */
    size_t used;
    void (*report)(poolobj_visit visit, void *visit_arg, void *arg);
    void *arg;
};

/* Phases of a round (round.h), in their order. */
enum round_phase {
    ROUND_IDLE,
    ROUND_CLEAR,
    ROUND_COUNT,
    ROUND_RESCUE,
    ROUND_LOOK,
    ROUND_QUEUE,
    ROUND_BATCHES,
    ROUND_PIECES,
    ROUND_ASIDE,
    ROUND_GROUP,
    ROUND_DRY,
    ROUND_CHECK,
    ROUND_SIEVE_CLEAR,
    ROUND_SIEVE_COUNT,
    ROUND_DROP,
    ROUND_FREE,
    ROUND_LEAVE,
};

enum { ROUND_QUEUE_MAX = 4096, ROUND_BATCH_MAX = 4096, ROUND_PIECE_MAX = 4096 };

/* Memory of a round's own, taken with the first of a heap. */
struct round_scratch {
    struct type_pool *queue[ROUND_QUEUE_MAX]; /* NULL: it went meanwhile */
    poolobj *piece[ROUND_PIECE_MAX];
};

enum { GROUP_GONE_MAX = 16 };

/* What the pieces have left, group by group (group.h). */
struct group {
    size_t aside;                 /* objects that were put aside */
    size_t members, most;         /* there are in the whole lumps of the group, and may be */
    uint64_t sum, edges;          /* of the members: counts, and references to each other */
    poolobj **lump;               /* what comes back together; NULL: no memory, or none needed */
    size_t lump_count, lump_next; /* objects; the references of those before `next` are followed */
    uint64_t lump_sum, lump_edges;
    uintptr_t gone[GROUP_GONE_MAX]; /* pools that went since the lump began, */
    size_t gone_count;              /* so many; with more the lump is given up */
    unsigned seeds;                 /* objects that a lump begins with */
    bool lump_is_over;              /* it is too much, and goes back; */
    bool lump_is_long;              /* and would be without other members */
    bool is_full;                   /* one was too much beside the members */
    bool is_all;                    /* all that is aside comes back */
    bool is_last;                   /* nothing is aside */
    bool told;                      /* finalizers or callbacks of it were called */
    size_t called;                  /* members that had some, which `left` has */
};

struct gc_round {
    enum round_phase phase;
    /* Where the phase is: the pool that comes next, NULL at its end; the granule of the object that
       comes next, and how many fields of `part`, an object with many, are behind. */
    struct type_pool *pool;
    unsigned granule;
    poolobj *part;
    size_t field;
    bool minor;     /* recent pools alone are in it */
    bool first;     /* of RESCUE: hints have not been looked at */
    bool sieving;   /* RESCUE to QUEUE belong to a sieve */
    bool certified; /* DROP and FREE: whatever is white is garbage */
    bool overflow;  /* more pools than the queue has room for */
    unsigned sieves;
    size_t queue_first, queue_last; /* counted on and on, modulo the size of the queue */
    size_t grey_pools;
    uint64_t sum, edges, candidates; /* of DRY and CHECK */
    uint64_t tried_in_batches, freed_in_batches;
    uint64_t traced, freed_in_pieces;
    struct group group;
    size_t pools;   /* there were at the beginning */
    size_t pending; /* objects that had become old since the last one, at its beginning */
    size_t examined, freed, left; /* objects; left: that finalizers were called for */
    uint64_t work;                /* objects and references looked at, since the step began */
    poolobj *dead;                /* chain of what died of references that were dropped */
    struct round_scratch *scratch;
    size_t births; /* objects made since it began */
    int next;      /* the count of generation 0 that the next automatic step waits for */
    int last;      /* that count after the last one */
};

/* When it is time to collect (pace.h). Above `mark` the next birth finds something due. */
struct pace {
    int64_t outside; /* bytes */
    int64_t young_mark, full_mark, step_mark, mark;
    size_t process_mark;
    bool process_grew; /* above it */
    unsigned share;    /* of garbage among the young lately */
    size_t middle;     /* survivors of the youngest that wait */
    unsigned lasting;  /* times that the young were due and not expected to be garbage */
    bool little;       /* the last full collection found hardly anything */
    bool recent_pays;  /* the next round is a minor one, */
    unsigned minors;   /* after so many since the last major one */
    unsigned forgo;    /* major rounds to come before one is tried again that was in vain */
};

struct poolobj_heap {
    /* Counted by every tracked object that is made or dies; over `trigger`, it is time to collect:
       threshold[0], or INT_MAX while there is to be no automatic collection. */
    int count[GENERATIONS];
    int trigger;
    bool checked;      /* who calls is looked at in every call */
    bool careful;      /* before each death: it is checked, or sliced */
    bool shared;       /* all objects are immortal, and other heaps may refer to them */
    unsigned depth;    /* of deaths inside of finalizers and callbacks */
    poolobj *deferred; /* chain of objects whose death was put off */
    bool sliced;       /* deaths are, of objects whose last reference the program drops */
    poolobj *waiting;  /* chain of the dying that are left to later slices */
    int next_slice;    /* the count of generation 0 that the next one waits for */
    struct link ended; /* types that nobody needs, to be freed */
    struct store store;

    struct link types;     /* all, in the order in which they were made */
    struct link populated; /* those with pools */
    uint32_t serials;
    uint16_t numbers;                   /* given to types of values */
    poolobj_type *recent[RECENT_TYPES]; /* a ring of those made last */
    unsigned recent_next;
    void *upper; /* what the layer above made first */

    /* Pools by the generation of the youngest object they may have: 0, or 1. Those with older
       objects alone are in neither. */
    struct link young, middle;
    int threshold[GENERATIONS];
    bool enabled, collecting, closing;
    size_t long_lived_total;   /* objects that survived the last full collection */
    size_t long_lived_pending; /* objects that survived a collection of generation 1 since */
    bool swept;                /* the last full collection needed sweeps by marks (sweep.h) */
    bool frozen;               /* some pools are, or were until their last object died */

    struct weak_table weak;
    struct roots roots;
    poolobj_gc_figures figures[GENERATIONS];
    struct gc_round round;
    struct pace pace;
    poolobj_gc_step_figures steps;
    unsigned options; /* POOLOBJ_GC_INCREMENTAL and the like */
    void (*callback)(poolobj_heap *heap, const poolobj_gc_info *info, void *arg);
    void *callback_arg;
    void (*close_callback)(poolobj_heap *heap, void *arg);
    void *close_arg;
    unsigned debug;
    uint32_t owner; /* lock_self() of the thread; 0: nobody */
    uintptr_t
        nowhere; /* a pool without objects, whose working counts are for references that are NULL */
};

#ifdef __cplusplus
extern "C" {
#endif

poolobj_heap *object_heap_new(void);
/* Frees what belongs to the heap itself; its types and pools are gone. */
void object_heap_free(poolobj_heap *heap);

/* Ends the process: the calling thread does not own the heap. Only debug builds, and heaps that are
   checked, look who calls. */
void object_heap_fail_owner(const char *function, const poolobj_heap *heap)
    __attribute__((noreturn));
COLD void object_heap_check_owner(const char *function, const poolobj_heap *heap);
static inline void object_heap_require(const char *function, const poolobj_heap *heap) {
    if (DEBUG_BUILD || unlikely(heap->checked)) object_heap_check_owner(function, heap);
}
/* Ends the process if the heap is neither the caller's nor shared: for functions that change
   nothing. */
COLD void object_heap_check_looker(const char *function, const poolobj_heap *heap);

/* Whether any heap of the process is shared: then collections of all look at the marks of
   what they follow first, as where pools are frozen, and write nothing of what is another heap's.
 */
bool object_heap_any_shared(void);
void object_heap_note_shared(void);

/* ---- Types ----
 * NULL: no more. */

static inline poolobj_type *object_heap_first_type(const poolobj_heap *heap) {
    const struct link *first = heap->types.next;
    return first != &heap->types ? link_owner(first, poolobj_type, of_heap) : NULL;
}
static inline poolobj_type *object_heap_next_type(const poolobj_type *type) {
    const struct link *next = type->of_heap.next;
    return next != &type->heap->types ? link_owner(next, poolobj_type, of_heap) : NULL;
}
/* Walks over the types with pools. */
static inline poolobj_type *object_heap_first_populated(const poolobj_heap *heap) {
    const struct link *first = heap->populated.next;
    return first != &heap->populated ? link_owner(first, poolobj_type, populated) : NULL;
}
static inline poolobj_type *object_heap_next_populated(const poolobj_type *type) {
    const struct link *next = type->populated.next;
    return next != &type->heap->populated ? link_owner(next, poolobj_type, populated) : NULL;
}

#ifdef __cplusplus
}
#endif

#endif
