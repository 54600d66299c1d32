/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <string.h>

#include "search.h"
#include "world.h"

enum { PLACES = 1 << 14, CELLS = 1 << 15, NAMES = 32, UNSHARED = -1 };

/* An address that was accessed atomically; found by hash. */
struct place {
    uintptr_t address;
    unsigned size, users, writers; /* sets of threads */
    int word;                      /* its number, once it is known to be shared */
};

/* The last plain accesses of each thread to eight bytes. */
struct cell {
    uintptr_t address;
    unsigned run; /* of another run: nothing is known */
    uint32_t stored[THREADS], loaded[THREADS];
    uint8_t stored_bytes[THREADS], loaded_bytes[THREADS];
};

struct named {
    uintptr_t start, end;
    const char *name;
};

static struct memory {
    struct place place[PLACES];
    struct place *shared[WORDS];
    unsigned shared_count, run;
    struct word word[WORDS];
    struct view view[THREADS];
    struct cell cell[CELLS];
    struct named named[NAMES];
    unsigned named_count;
    const char *broken;
    enum operation broken_operation;
    int broken_to;
    bool let_go[THREADS]; /* a token, with the last store */
} * memory;

static struct memory *known(void) {
    if (memory == NULL) memory = world_outside(sizeof *memory);
    return memory;
}

static unsigned hash(uintptr_t address) { return (unsigned)((address * 0x9e3779b97f4a7c15) >> 40); }

/* ---- Values in memory ---- */

static uint64_t fetch(uintptr_t address, unsigned size) {
    switch (size) {
    case 1:
        return *(volatile uint8_t *)address;
    case 2:
        return *(volatile uint16_t *)address;
    case 4:
        return *(volatile uint32_t *)address;
    default:
        return *(volatile uint64_t *)address;
    }
}

static void put(uintptr_t address, unsigned size, uint64_t value) {
    switch (size) {
    case 1:
        *(volatile uint8_t *)address = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)address = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)address = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)address = value;
        break;
    }
}

uint64_t memory_last(uintptr_t address, unsigned size) { return fetch(address, size); }

static uint64_t result(enum operation operation, uint64_t old, uint64_t operand) {
    switch (operation) {
    case OR:
        return old | operand;
    case AND:
        return old & operand;
    case ADD:
        return old + operand;
    default:
        return operand;
    }
}

/* ---- Names, and what is broken ---- */

void memory_name(const void *start, size_t size, const char *name) {
    if (known()->named_count == NAMES) search_fail("too many names");
    memory->named[memory->named_count++] =
        (struct named){(uintptr_t)start, (uintptr_t)start + size, name};
}

void memory_break(const char *name, enum operation operation, int to) {
    known()->broken = name;
    memory->broken_operation = operation;
    memory->broken_to = to;
}

static bool has_name(uintptr_t address, const char *name) {
    for (unsigned i = 0; i < memory->named_count; i++) {
        const struct named *named = &memory->named[i];
        if (address >= named->start && address < named->end && strcmp(named->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_broken(uintptr_t address, enum operation operation) {
    return memory->broken != NULL && memory->broken_operation == operation &&
           has_name(address, memory->broken);
}

static int order_of(uintptr_t address, enum operation operation, int order) {
    bool weakens = is_broken(address, operation) && memory->broken_to >= 0;
    return weakens && memory->broken_to < order ? memory->broken_to : order;
}

/* The thread has just let go of a token, and is not to see what came meanwhile. */
static bool is_blind(uintptr_t address) {
    return memory->broken_to == MEMORY_LOOKS_NOT_AGAIN && memory->let_go[search_thread()] &&
           is_broken(address, LOAD);
}

static bool is_left_out(uintptr_t address, enum operation operation) {
    return memory->broken_to == MEMORY_STORES_NOT && is_broken(address, operation);
}

static bool acquires(int order) { return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE; }
static bool releases(int order) { return order >= __ATOMIC_RELEASE; }

/* ---- Words ---- */

static struct place *place_of(uintptr_t address, unsigned size) {
    struct place *place;
    for (unsigned at = hash(address);; at++) {
        place = &memory->place[at % PLACES];
        if (place->address == address && place->size == size) return place;
        if (place->address == 0) break;
    }
    *place = (struct place){address, size, 0, 0, UNSHARED};
    return place;
}

static bool is_shared(const struct place *place) {
    return place->writers != 0 && (place->users & (place->users - 1)) != 0;
}

/* NULL: of one thread so far, or nobody stores to it; or a byte: those that two threads use are
   hints, one for each size class, of which any value will do. */
static struct word *word_of(uintptr_t address, unsigned size, bool stores) {
    if (size == 1) return NULL;
    struct place *place = place_of(address, size);
    place->users |= 1u << search_thread();
    if (stores) place->writers |= 1u << search_thread();
    if (place->word != UNSHARED) return &memory->word[place->word];
    if (!is_shared(place)) return NULL;
    if (memory->shared_count == WORDS) search_fail("too many shared words");
    place->word = (int)memory->shared_count;
    memory->shared[memory->shared_count++] = place;
    search_begin_anew();
}

unsigned memory_shared_words(void) { return memory->shared_count; }

void memory_begin_search(void) {
    memset(known()->place, 0, sizeof memory->place);
    memory->shared_count = 0;
}

void memory_begin_run(void) {
    memory->run++;
    memset(memory->view, 0, sizeof memory->view);
    memset(memory->let_go, 0, sizeof memory->let_go);
    for (unsigned t = 0; t < THREADS; t++) memory->view[t].clock[t] = 1;
    for (unsigned i = 0; i < memory->shared_count; i++) {
        struct word *word = &memory->word[i];
        *word = (struct word){.address = memory->shared[i]->address, .count = 1};
        word->value[0] = fetch(word->address, memory->shared[i]->size);
    }
}

/* ---- Views ---- */

static void join(struct view *view, const struct view *other) {
    for (unsigned i = 0; i < memory->shared_count; i++)
        if (view->from[i] < other->from[i]) view->from[i] = other->from[i];
    for (unsigned t = 0; t < THREADS; t++)
        if (view->clock[t] < other->clock[t]) view->clock[t] = other->clock[t];
}

static unsigned number_of(const struct word *word) { return (unsigned)(word - memory->word); }

static unsigned oldest(const struct word *word, int order) {
    unsigned from = memory->view[search_thread()].from[number_of(word)];
    return order == __ATOMIC_SEQ_CST && from < word->ordered_from ? word->ordered_from : from;
}

static uint64_t read_store(struct word *word, unsigned store, int order) {
    struct view *view = &memory->view[search_thread()];
    view->from[number_of(word)] = (uint16_t)store;
    if (acquires(order)) join(view, &word->carried[store]);
    if (order == __ATOMIC_SEQ_CST && word->ordered_from < store) word->ordered_from = store;
    return word->value[store];
}

/* Behind all others; `reads`: it is a read-modify-write of the last one, and carries on its view.
 */
static void add_store(struct word *word, unsigned size, uint64_t value, int order, bool reads) {
    struct view *view = &memory->view[search_thread()];
    if (word->count == STORES) search_fail("a word has too many stores: a loop without end?");
    unsigned store = word->count++;
    struct view *carried = &word->carried[store];
    if (reads)
        *carried = word->carried[store - 1];
    else
        memset(carried, 0, sizeof *carried);
    view->from[number_of(word)] = (uint16_t)store;
    if (releases(order)) {
        join(carried, view);
        view->clock[search_thread()]++;
    }
    if (order == __ATOMIC_SEQ_CST) word->ordered_from = store;
    word->value[store] = value;
    put(word->address, size, value);
}

void memory_know_all(void) {
    struct view *view = &memory->view[search_thread()];
    for (unsigned i = 0; i < memory->shared_count; i++)
        view->from[i] = (uint16_t)(memory->word[i].count - 1);
    for (unsigned t = 0; t < THREADS; t++) view->clock[t] = memory->view[t].clock[t];
}

/* ---- Accesses ---- */

static uint64_t load(struct word *word, int order) {
    search_point(number_of(word), ACCESS_LOAD);
    unsigned last = word->count - 1;
    return read_store(word, last - search_choose(last + 1 - oldest(word, order)), order);
}

static uint64_t modify(struct word *word, unsigned size, enum operation operation, uint64_t operand,
                       int order) {
    search_point(number_of(word), ACCESS_STORE);
    bool reads = operation != STORE;
    uint64_t old = reads ? read_store(word, word->count - 1, order) : 0;
    add_store(word, size, result(operation, old, operand), order, reads);
    return old;
}

uint64_t memory_do(uintptr_t address, unsigned size, enum operation operation, uint64_t operand,
                   int order) {
    bool outside = !search_is_running() || world_is_local(address);
    struct word *word = outside ? NULL : word_of(address, size, operation != LOAD);
    if (word == NULL) {
        uint64_t old = fetch(address, size);
        if (operation != LOAD) put(address, size, result(operation, old, operand));
        return old;
    }
    if (operation == LOAD && is_blind(address)) return 0;
    if (is_left_out(address, operation)) return fetch(address, size);
    if (operation != LOAD)
        memory->let_go[search_thread()] = operation == EXCHANGE && has_name(address, "token");
    order = order_of(address, operation, order);
    return operation == LOAD ? load(word, order) : modify(word, size, operation, operand, order);
}

/* Chooses the store that a replacement reads, and returns its place: the last one, or one before it
   that may be read and differs from what is expected, so that the replacement fails. */
static int choose_store(const struct word *word, uint64_t expected, int failed_order) {
    unsigned last = word->count - 1, count = 0;
    int stores[STORES];
    for (unsigned store = last + 1; store-- > oldest(word, failed_order);)
        if (store == last || word->value[store] != expected) stores[count++] = (int)store;
    return stores[search_choose(count)];
}

bool memory_replace(uintptr_t address, unsigned size, uint64_t *expected, uint64_t value, int order,
                    int failed_order) {
    bool outside = !search_is_running() || world_is_local(address);
    struct word *word = outside ? NULL : word_of(address, size, true);
    uint64_t old;
    if (word == NULL) {
        old = fetch(address, size);
        if (old == *expected) put(address, size, value);
    } else {
        order = order_of(address, REPLACE, order);
        failed_order = order_of(address, REPLACE, failed_order);
        search_point(number_of(word), ACCESS_STORE);
        unsigned store = (unsigned)choose_store(word, *expected, failed_order);
        bool done = word->value[store] == *expected;
        old = read_store(word, store, done ? order : failed_order);
        if (done) add_store(word, size, value, order, true);
    }
    bool done = old == *expected;
    *expected = old;
    return done;
}

void memory_lock(uintptr_t address, uint32_t value) {
    struct word *word = word_of(address, sizeof value, true);
    if (word == NULL) {
        put(address, sizeof value, value);
        return;
    }
    search_point(number_of(word), ACCESS_LOCK);
    read_store(word, word->count - 1, __ATOMIC_ACQUIRE);
    add_store(word, sizeof value, value, __ATOMIC_ACQUIRE, true);
}

bool memory_is_open(unsigned word) {
    return memory->word[word].value[memory->word[word].count - 1] == 0;
}

/* ---- Plain accesses ---- */

static struct cell *cell_of(uintptr_t address) {
    for (unsigned at = hash(address), tries = 0; tries < CELLS; at++, tries++) {
        struct cell *cell = &memory->cell[at % CELLS];
        if (cell->run == memory->run && cell->address == address) return cell;
        if (cell->run == memory->run) continue;
        memset(cell, 0, sizeof *cell);
        cell->address = address;
        cell->run = memory->run;
        return cell;
    }
    search_fail("too much memory is touched");
}

static void check_race(const struct cell *cell, uint8_t bytes, bool stores, uintptr_t site) {
    unsigned self = search_thread();
    const struct view *view = &memory->view[self];
    for (unsigned t = 0; t < THREADS; t++) {
        if (t == self) continue;
        bool stored = (cell->stored_bytes[t] & bytes) && cell->stored[t] > view->clock[t];
        bool loaded = (cell->loaded_bytes[t] & bytes) && cell->loaded[t] > view->clock[t];
        if (stored || (stores && loaded))
            search_fail("race: thread %u %s what thread %u %s, 0x%lx, at 0x%lx", self,
                        stores ? "stores to" : "loads", t, stored ? "stored to" : "loaded",
                        (unsigned long)cell->address, (unsigned long)site);
    }
}

static void touch_cell(uintptr_t address, uint8_t bytes, bool stores, uintptr_t site) {
    struct cell *cell = cell_of(address);
    unsigned self = search_thread();
    check_race(cell, bytes, stores, site);
    uint32_t *clock = stores ? &cell->stored[self] : &cell->loaded[self];
    uint8_t *touched = stores ? &cell->stored_bytes[self] : &cell->loaded_bytes[self];
    if (*clock != memory->view[self].clock[self])
        *touched = 0; /* of those the clock knows no more */
    *clock = memory->view[self].clock[self];
    *touched |= bytes;
}

void memory_touch(uintptr_t address, unsigned size, bool stores, uintptr_t site) {
    if (!search_is_running() || world_is_local(address)) return;
    while (size > 0) {
        unsigned offset = address % 8, part = size < 8 - offset ? size : 8 - offset;
        touch_cell(address - offset, (uint8_t)(((1u << part) - 1) << offset), stores, site);
        address += part;
        size -= part;
    }
}
