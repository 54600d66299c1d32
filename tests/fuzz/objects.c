/* SPDX-License-Identifier: MIT */
/*
 * Objects of poolobj.h under libFuzzer: each input is a program that makes objects, moves
 * references with and without a change of counts, collects at once and in steps, freezes, and has
 * finalizers and weak references that go on with the program. What its variables lead to must live;
 * what was garbage when a collection in steps began must be gone at its end; and once finalizers
 * are silent and all is collected, each object has as many references as there are. `make fuzz`.
 */
#include <poolobj.h>
#include <stdlib.h>

#include "expect.h"
#include "object/collect.h"
#include "object/round.h"
#include "os/os.h"

enum kind { PAIR, FINALIZED, WIDE, ROW, FAR, LEAF, KINDS };
enum { VARIABLES = 16, WEAKS = 8, OBJECTS = 1 << 14, DEPTH = 3, SHORT_ROW = 3, LONG_ROW = 600 };

/* The slots of a far object are in other memory. */
struct thing {
    poolobj base;
    uint64_t id;
    poolobj *slot[];
};
struct far_thing {
    poolobj base;
    uint64_t id;
    poolobj **slot;
};

static struct entry {
    struct thing *object;
    enum kind kind;
    size_t slots, references;
    bool finalized, dropped, owed; /* owed: garbage when a collection in steps began */
} entries[OBJECTS];
static size_t entry_count;

static struct weak {
    poolobj_weakref *weakref;
    uint64_t id;
    bool has_callback, called;
} weaks[WEAKS];

static poolobj_heap *heap;
static poolobj_type *types[KINDS];
static struct thing *variables[VARIABLES];
static bool silent; /* finalizers do nothing */
/* Something may have come back: since garbage was noted, and at any time. */
static bool meddled, ever_meddled;
static unsigned depth; /* of finalizers and callbacks */

static const uint8_t *input, *input_end;
static uint64_t clock_reads;
static uint8_t faults; /* bit n: the n-th mapping from now fails */

static uint8_t take_byte(void) { return input < input_end ? *input++ : 0; }
static uint64_t read_clock(void) { return clock_reads++ / 64; }
static bool refuse(enum os_call call) {
    bool fails = call == OS_MAP && (faults & 1);
    if (call == OS_MAP) faults >>= 1;
    return fails;
}
static void meddle(void) { meddled = ever_meddled = true; }

/* ---- Objects ---- */

static struct entry *entry_of(const struct thing *thing) {
    EXPECT(thing->id < entry_count && entries[thing->id].object == thing);
    EXPECT(!entries[thing->id].dropped);
    return &entries[thing->id];
}

static poolobj **slots_of(struct thing *thing) {
    if (entry_of(thing)->kind != FAR) return thing->slot;
    return ((struct far_thing *)thing)->slot;
}

static poolobj **take_slot(struct thing *thing) {
    return &slots_of(thing)[take_byte() % entry_of(thing)->slots];
}

static struct thing **take_variable(void) { return &variables[take_byte() % VARIABLES]; }

static void traverse_far(poolobj *object, poolobj_visit visit, void *arg) {
    struct far_thing *thing = (struct far_thing *)object;
    if (thing->slot != NULL) visit(thing->slot, SHORT_ROW, arg);
}

static void drop(poolobj *object) {
    struct thing *thing = (struct thing *)object;
    struct entry *entry = entry_of(thing);
    EXPECT(entry->finalized || entry->kind != FINALIZED);
    entry->dropped = true;
    if (entry->kind != FAR) return;
    free(((struct far_thing *)thing)->slot);
    poolobj_gc_pressure(heap, -1000);
}

static struct thing *make(enum kind kind) {
    size_t items = take_byte() < 8 ? LONG_ROW : SHORT_ROW;
    if (entry_count >= OBJECTS - DEPTH)
        return NULL; /* poolobj_new runs finalizers that make some */
    void *object = kind == ROW ? poolobj_new_items(types[ROW], items) : poolobj_new(types[kind]);
    if (object == NULL) return NULL;
    struct thing *thing = object;
    for (size_t i = 0; i < poolobj_sizeof(object) / sizeof(poolobj *) - 2; i++)
        EXPECT(thing->slot[i] == NULL);
    thing->id = entry_count++;
    entries[thing->id] = (struct entry){
        .object = thing,
        .kind = kind,
        .slots = kind == ROW   ? items
                 : kind == FAR ? SHORT_ROW
                               : 2,
    };
    if (kind == FAR) {
        ((struct far_thing *)thing)->slot = calloc(SHORT_ROW, sizeof(poolobj *));
        poolobj_gc_pressure(heap, 1000);
    }
    return thing;
}

/* Leaves promised to be in no cycle: they refer to older leaves alone. */
static bool may_hold(const struct thing *from, const struct thing *to) {
    if (to == NULL || entry_of(from)->kind != LEAF) return true;
    return entry_of(to)->kind == LEAF && to->id < from->id;
}

static void set_slot(struct thing *from, struct thing *to) {
    if (from != NULL && may_hold(from, to)) poolobj_set(take_slot(from), to);
}

/* ---- What must hold ---- */

static void meet(poolobj *object, struct thing **grey, size_t *count) {
    if (object == NULL) return;
    struct entry *entry = entry_of((struct thing *)object);
    if (entry->references++ == 0) grey[(*count)++] = entry->object;
}

/* Counts the references to each object that the program's variables lead to. */
static void look(void) {
    static struct thing *grey[OBJECTS];
    size_t count = 0;
    for (size_t id = 0; id < entry_count; id++) entries[id].references = 0;
    for (size_t i = 0; i < VARIABLES; i++) meet((poolobj *)variables[i], grey, &count);
    while (count > 0) {
        struct thing *thing = grey[--count];
        for (size_t i = 0; i < entry_of(thing)->slots; i++) meet(slots_of(thing)[i], grey, &count);
    }
    for (size_t id = 0; id < entry_count; id++)
        if (entries[id].references > 0)
            EXPECT((size_t)poolobj_refcount(entries[id].object) >= entries[id].references);
}

static void look_at_weak(struct weak *weak) {
    if (weak->weakref == NULL) return;
    void *object = poolobj_weakref_get(weak->weakref);
    if (object == NULL) {
        EXPECT(entries[weak->id].references == 0 || ever_meddled);
        EXPECT(weak->called == weak->has_callback);
        return;
    }
    EXPECT(entries[weak->id].object == object && !entries[weak->id].dropped && !weak->called);
    poolobj_decref(object);
}

static bool owes_garbage(void) {
    return poolobj_gc_freeze_count(heap) == 0 && poolobj_gc_garbage(heap, NULL, NULL) == 0 &&
           !(poolobj_gc_get_debug(heap) & POOLOBJ_GC_SAVEALL) &&
           !(poolobj_gc_get_options(heap) & POOLOBJ_GC_SLICED);
}

static void note_garbage(void) {
    look();
    meddled = !owes_garbage();
    for (size_t id = 0; id < entry_count; id++)
        entries[id].owed = !entries[id].dropped && entries[id].references == 0;
}

static void step(uint64_t work) {
    poolobj_gc_step_figures figures;
    poolobj_gc_step_stats(heap, &figures);
    if (depth > 0) meddle();
    if (depth == 0 && !figures.under_way) note_garbage();
    if (collect_step(heap, UINT64_MAX, work) || meddled) return;
    for (size_t id = 0; id < entry_count; id++) EXPECT(entries[id].dropped || !entries[id].owed);
}

/* A minor round, as heaps that are large begin them by themselves. */
static void begin_minor(void) {
    bool whole = poolobj_gc_get_debug(heap) & POOLOBJ_GC_SAVEALL;
    if (depth > 0 || whole || heap->collecting || round_is_active(heap)) return;
    EXPECT(round_begin(heap, true));
}

static void settle(void) {
    size_t live = 0, counted = 0;
    silent = true;
    faults = 0;
    meddle();
    poolobj_gc_unfreeze(heap);
    poolobj_gc_set_debug(heap, 0);
    poolobj_gc_garbage_release(heap);
    poolobj_gc_collect(heap, 2);
    EXPECT(poolobj_gc_collect(heap, 2) == 0);
    silent = false;
    look();
    for (size_t id = 0; id < entry_count; id++) {
        EXPECT(entries[id].dropped == (entries[id].references == 0));
        if (entries[id].dropped) continue;
        EXPECT((size_t)poolobj_refcount(entries[id].object) == entries[id].references);
        live++;
    }
    for (size_t kind = 0; kind < KINDS; kind++) counted += poolobj_count(types[kind]);
    EXPECT(counted == live);
}

/* ---- The program ---- */

static void act(uint8_t what);

static void finalize(poolobj *object) {
    struct thing *self = (struct thing *)object;
    struct entry *entry = entry_of(self);
    EXPECT(!entry->finalized);
    entry->finalized = true;
    if (silent || depth == DEPTH) return;
    meddle();
    depth++;
    switch (take_byte() % 8) {
    case 1:
        poolobj_set(take_variable(), self);
        break;
    case 2:
        set_slot(self, NULL);
        break;
    case 3:
        set_slot(self, *take_variable());
        break;
    case 4: /* another may come back by it */
        poolobj_set(take_variable(), *take_slot(self));
        break;
    case 5:
        set_slot(*take_variable(), self);
        break;
    case 6:
        act(take_byte());
        break;
    default:
        break;
    }
    depth--;
}

static void call_back(poolobj_weakref *weakref, void *arg) {
    struct weak *weak = arg;
    EXPECT(weak->weakref == weakref && !weak->called && poolobj_weakref_get(weakref) == NULL);
    weak->called = true;
    if (silent || depth == DEPTH) return;
    meddle();
    depth++;
    act(take_byte());
    depth--;
}

static void act_on_weak(struct weak *weak) {
    uint8_t what = take_byte();
    struct thing **variable = take_variable();
    if (weak->weakref == NULL) {
        if (*variable == NULL) return;
        *weak = (struct weak){.id = (*variable)->id, .has_callback = what % 2};
        weak->weakref = poolobj_weakref_new(*variable, weak->has_callback ? call_back : NULL, weak);
    } else if (what % 3 == 0) {
        poolobj_weakref_free(weak->weakref);
        weak->weakref = NULL;
    } else {
        struct thing *thing = poolobj_weakref_get(weak->weakref);
        if (thing == NULL) return;
        EXPECT(entry_of(thing)->object->id == weak->id);
        meddle();
        poolobj_set(variable, thing);
        poolobj_decref(thing);
    }
}

static void act_on_collector(void) {
    uint8_t what = take_byte();
    switch (what % 12) {
    case 0:
        poolobj_gc_freeze(heap);
        meddle();
        break;
    case 1:
        poolobj_gc_unfreeze(heap);
        break;
    case 2:
        poolobj_gc_set_debug(heap, take_byte() & (POOLOBJ_GC_SAVEALL | POOLOBJ_GC_VERIFY));
        meddle();
        break;
    case 3:
        poolobj_gc_garbage_release(heap);
        break;
    case 4:
        what & 16 ? poolobj_gc_enable(heap) : poolobj_gc_disable(heap);
        break;
    case 5:
        poolobj_gc_set_threshold(heap, take_byte(), take_byte() % 4, take_byte() % 4);
        break;
    case 6:
        poolobj_gc_set_options(heap, take_byte() % 16);
        meddle();
        break;
    case 7:
        poolobj_gc_poll(heap);
        break;
    case 8:
        if (depth == 0) settle();
        break;
    case 9:
        faults = take_byte();
        break;
    case 10:
        poolobj_gc_step(heap, take_byte());
        break;
    default:
        poolobj_heap_check(heap);
    }
}

/* Deaths nest as deep as a chain is long, or are put off; a ring is one piece of garbage. */
static void make_chain(size_t length) {
    struct thing **variable = take_variable(), *first = NULL, *last = NULL;
    uint8_t what = take_byte();
    for (size_t i = 0; i < length; i++) {
        struct thing *thing = make((what & 4) && i % 8 == 0 ? FINALIZED : PAIR);
        if (thing == NULL) break;
        if (last != NULL)
            last->slot[0] = &thing->base;
        else
            first = thing;
        last = thing;
    }
    if (first == NULL) return;
    if (what & 1) poolobj_set(&last->slot[0], first);
    if (what & 2) poolobj_set(variable, first);
    poolobj_decref(first);
}

/* Puts it where another was, whose reference is dropped. */
static void move_to(void *place, struct thing *thing) {
    poolobj **slot = place, *old = *slot;
    *slot = &thing->base;
    if (old != NULL) poolobj_decref(old);
}

static void exchange(struct thing **variable, struct thing *holder) {
    if (holder == NULL || !may_hold(holder, *variable)) return;
    poolobj **slot = take_slot(holder), *held = *slot;
    *slot = (poolobj *)*variable;
    *variable = (struct thing *)held;
}

static void make_one(void) {
    struct thing *thing = make(take_byte() % KINDS), *holder;
    if (thing == NULL) return;
    holder = *take_variable();
    set_slot(thing, *take_variable());
    if (holder != NULL && holder == *take_variable() && may_hold(holder, thing))
        move_to(take_slot(holder), thing);
    else
        move_to(take_variable(), thing);
}

static void act(uint8_t what) {
    struct thing **variable = take_variable(), *holder = *take_variable();
    switch (what % 16) {
    case 0:
        break;
    case 1:
    case 2:
    case 3:
    case 4:
        make_one();
        break;
    case 5:
    case 6:
        set_slot(holder, *variable);
        break;
    case 7:
        set_slot(holder, NULL);
        break;
    case 8:
        if (holder != NULL) poolobj_set(variable, *take_slot(holder));
        break;
    case 9:
    case 10:
        exchange(variable, holder);
        break;
    case 11:
        poolobj_clear(variable);
        break;
    case 12:
        act_on_weak(&weaks[take_byte() % WEAKS]);
        break;
    case 13:
        poolobj_gc_collect(heap, take_byte() % 64 == 63 ? 2 : take_byte() % 2);
        break;
    case 14:
        if (what & 16) begin_minor();
        step(1 + take_byte());
        break;
    default:
        what & 16 ? act_on_collector() : make_chain(take_byte() * 2);
    }
}

/* ---- The life of a heap ---- */

static void make_types(void) {
    static const size_t refs[] = {16, 24, POOLOBJ_END};
    poolobj_typespec spec = {.name = "pair", .size = 32, .refs = refs, .drop = drop};
    types[PAIR] = poolobj_type_new(heap, &spec);
    spec.finalize = finalize;
    spec.free_list = 15;
    types[FINALIZED] = poolobj_type_new(heap, &spec);
    spec = (poolobj_typespec){.name = "wide", .size = 900, .refs = refs, .drop = drop};
    types[WIDE] = poolobj_type_new(heap, &spec);
    spec.size = 32;
    spec.flags = POOLOBJ_ACYCLIC;
    types[LEAF] = poolobj_type_new(heap, &spec);
    spec = (poolobj_typespec){.name = "row", .size = 16, .drop = drop, .free_list = 5};
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    spec.free_items = 100;
    types[ROW] = poolobj_type_new(heap, &spec);
    spec = (poolobj_typespec){.name = "far", .size = sizeof(struct far_thing), .drop = drop};
    spec.traverse = traverse_far;
    types[FAR] = poolobj_type_new(heap, &spec);
}

static void start(uint8_t what) {
    heap = poolobj_heap_new();
    make_types();
    entry_count = 0;
    meddled = ever_meddled = false;
    if (what & 1)
        for (size_t i = 0; i < VARIABLES; i++) poolobj_gc_root_add(heap, &variables[i]);
    if (what & 2) poolobj_gc_set_threshold(heap, 20, 2, 2);
}

static void end(void) {
    settle();
    for (size_t i = 0; i < WEAKS; i++) look_at_weak(&weaks[i]);
    poolobj_heap_check(heap);
    silent = true; /* variables outlive no heap */
    poolobj_heap_close(heap);
    silent = false;
    for (size_t id = 0; id < entry_count; id++) EXPECT(entries[id].dropped);
    for (size_t i = 0; i < VARIABLES; i++) variables[i] = NULL;
    for (size_t i = 0; i < WEAKS; i++) weaks[i].weakref = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_end = data + size;
    os_fault_for_test = refuse;
    os_clock_for_test = read_clock;
    start(take_byte());
    for (size_t i = 1; input < input_end; i++) {
        act(take_byte());
        if (i % 16 != 0) continue;
        look();
        for (size_t j = 0; j < WEAKS; j++) look_at_weak(&weaks[j]);
    }
    end();
    return 0;
}
