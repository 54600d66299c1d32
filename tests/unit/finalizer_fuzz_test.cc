// SPDX-License-Identifier: MIT
// A random program whose finalizers and callbacks of weak references are random programs, too: they
// make objects, drop, collect, freeze, bring themselves and others back. No second implementation
// can follow that in every order; what must hold in any is checked:
//   - what the program's references lead to is whole, at every moment;
//   - each object is finalized at most once, before it is dropped, and dropped once;
//   - once finalizers are silent and all is collected, the objects that live are exactly those that
//     references lead to, each with as many references as there are, and weak references agree.
// ORACLE_STEPS sets the length, STRESS_SEED repeats a failure.
#include <memory>

#include "object/object.h"
#include "support/object_fixture.h"

namespace {

enum Kind { PAIR, SILENT_PAIR, TRIPLE, ROW, FAR, LEAF, KINDS };
enum { ROOTS = 24, WEAKS = 12, SLOTS_MAX = 3, CHAIN_MAX = 3 * DEPTH_MAX };

struct Thing {
    poolobj base;
    uint64_t id;
    poolobj *slot[];
};

struct Far {
    poolobj base;
    uint64_t id;
    poolobj **slot;
};

struct Record {
    Thing *object;
    Kind kind;
    bool cuts; // the finalizer begins by clearing the first slot
    bool finalized, dropped;
};

struct Weak {
    poolobj_weakref *weakref;
    uint64_t id;
    bool has_callback, called;
};

class FinalizerFuzzTest : public ObjectTest {
  protected:
    void SetUp() override {
        ObjectTest::SetUp();
        self_ = this;
    }
    void live_and_close(size_t steps);

  private:
    size_t below(size_t limit) { return size_t(rng_below(&random_, limit)); }
    bool one_in(size_t n) { return below(n) == 0; }

    void make_types();
    poolobj_type *add_type(Kind kind, const char *name, size_t size, const size_t *refs,
                           void (*change)(poolobj_typespec *spec));
    Thing *make_thing(Kind kind);
    poolobj **slots(const Thing *thing);
    size_t slot_count(const Thing *thing) const;

    void set_root(size_t index, Thing *thing) { poolobj_set(&roots_[index], thing); }
    void set_slot(Thing *from, Thing *to);
    void make_chain();
    void act();
    void act_on_weak();
    void act_on_collector();
    void act_on_self(Thing *self);
    void react(Thing *self);
    void finalize(Thing *thing);
    void cut(Thing *thing);
    void drop(Thing *thing);
    void call_back(Weak *weak, poolobj_weakref *weakref);

    std::vector<long> find_reachable();
    void settle();
    void check_settled();

    static FinalizerFuzzTest *self_;
    struct rng random_ = {test_seed()};
    poolobj_type *types_[KINDS];
    std::vector<Record> records_;
    std::vector<Thing *> roots_;
    std::vector<std::unique_ptr<Weak>> weaks_;
    unsigned depth_ = 0; // of finalizers and callbacks
    bool silent_ = false;
};

FinalizerFuzzTest *FinalizerFuzzTest::self_;

// ---- Objects ----

poolobj_type *FinalizerFuzzTest::add_type(Kind kind, const char *name, size_t size,
                                          const size_t *refs,
                                          void (*change)(poolobj_typespec *spec)) {
    poolobj_typespec spec = {};
    spec.name = name;
    spec.size = size;
    spec.refs = refs;
    spec.drop = [](poolobj *object) { self_->drop(reinterpret_cast<Thing *>(object)); };
    spec.finalize = [](poolobj *object) { self_->finalize(reinterpret_cast<Thing *>(object)); };
    change(&spec);
    return types_[kind] = type_of(spec);
}

void FinalizerFuzzTest::make_types() {
    static const size_t refs[] = {16, 24, 32, POOLOBJ_END}, pair[] = {16, 24, POOLOBJ_END};
    auto as_it_is = [](poolobj_typespec *) {};
    add_type(PAIR, "pair", 32, pair, as_it_is);
    add_type(SILENT_PAIR, "silent pair", 32, pair,
             [](poolobj_typespec *spec) { spec->finalize = nullptr; });
    add_type(TRIPLE, "triple", 40, refs, [](poolobj_typespec *spec) { spec->free_list = 15; });
    add_type(ROW, "row", 16, nullptr, [](poolobj_typespec *spec) {
        spec->flags = POOLOBJ_ITEMS_ARE_REFS;
        spec->free_list = 5;
        spec->free_items = 100;
    });
    add_type(FAR, "far", sizeof(Far), nullptr, [](poolobj_typespec *spec) {
        spec->traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
            poolobj **slot = reinterpret_cast<Far *>(object)->slot;
            if (slot != nullptr) visit(slot, SLOTS_MAX, arg);
        };
    });
    add_type(LEAF, "leaf", 32, pair, [](poolobj_typespec *spec) { spec->flags = POOLOBJ_ACYCLIC; });
}

Thing *FinalizerFuzzTest::make_thing(Kind kind) {
    size_t items = one_in(50) ? 600 : one_in(10) ? 100 : SLOTS_MAX;
    void *object = kind == ROW ? poolobj_new_items(types_[ROW], items) : poolobj_new(types_[kind]);
    Thing *thing = static_cast<Thing *>(object);
    for (size_t i = 0; i < poolobj_sizeof(thing) / 8 - 2; i++)
        EXPECT_EQ(thing->slot[i], nullptr) << "not zeroed";
    if (kind == FAR) reinterpret_cast<Far *>(thing)->slot = new poolobj *[SLOTS_MAX]();
    thing->id = records_.size();
    records_.push_back(Record{thing, kind, false, false, false});
    return thing;
}

poolobj **FinalizerFuzzTest::slots(const Thing *thing) {
    if (records_[thing->id].kind == FAR) return reinterpret_cast<const Far *>(thing)->slot;
    return const_cast<Thing *>(thing)->slot;
}

size_t FinalizerFuzzTest::slot_count(const Thing *thing) const {
    Kind kind = records_[thing->id].kind;
    return kind == PAIR || kind == SILENT_PAIR || kind == LEAF ? 2 : SLOTS_MAX;
}

// Leaves, which promised to be in no cycle, refer to older leaves alone.
void FinalizerFuzzTest::set_slot(Thing *from, Thing *to) {
    if (to != nullptr && records_[from->id].kind == LEAF &&
        (records_[to->id].kind != LEAF || to->id >= from->id))
        return;
    poolobj_set(&slots(from)[below(slot_count(from))], to);
}

// Deaths nest as deep as it is long, or are put off.
void FinalizerFuzzTest::make_chain() {
    size_t length = below(CHAIN_MAX), root = below(ROOTS);
    bool ring = one_in(2);
    set_root(root, nullptr);
    Thing *last = nullptr, *first = nullptr;
    for (size_t i = 0; i < length; i++) {
        Thing *thing = make_thing(one_in(10) ? PAIR : TRIPLE);
        records_[thing->id].cuts = true;
        if (last != nullptr) slots(last)[0] = &thing->base; // with the reference
        if (last == nullptr) first = thing;
        last = thing;
    }
    if (last == nullptr) return;
    if (ring) poolobj_set(&slots(last)[0], first);
    if (one_in(2)) set_root(root, first);
    poolobj_decref(first);
}

// ---- What the program does ----

void FinalizerFuzzTest::act() {
    size_t a = below(ROOTS), b = below(ROOTS), dice = below(100);
    if (dice < 35) {
        Thing *thing = make_thing(Kind(below(KINDS)));
        if (roots_[b] != nullptr) set_slot(thing, roots_[b]);
        set_root(a, thing);
        poolobj_decref(thing);
    } else if (dice < 60) {
        if (roots_[a] != nullptr) set_slot(roots_[a], one_in(8) ? nullptr : roots_[b]);
    } else if (dice < 72) {
        if (roots_[a] == nullptr) return;
        set_root(b, reinterpret_cast<Thing *>(slots(roots_[a])[below(slot_count(roots_[a]))]));
    } else if (dice < 88) {
        set_root(a, nullptr);
    } else if (dice < 97) {
        act_on_weak();
    } else {
        act_on_collector();
    }
}

void FinalizerFuzzTest::act_on_weak() {
    size_t index = below(WEAKS), root = below(ROOTS);
    Weak *weak = weaks_[index].get();
    if (weak == nullptr) {
        Thing *thing = roots_[root];
        if (thing == nullptr) return;
        weak = new Weak{nullptr, thing->id, one_in(2), false};
        weaks_[index].reset(weak);
        void (*callback)(poolobj_weakref *, void *) = [](poolobj_weakref *weakref, void *arg) {
            self_->call_back(static_cast<Weak *>(arg), weakref);
        };
        weak->weakref = poolobj_weakref_new(thing, weak->has_callback ? callback : nullptr, weak);
    } else if (one_in(3)) {
        poolobj_weakref_free(weak->weakref);
        weaks_[index].reset();
    } else if (Thing *thing = static_cast<Thing *>(poolobj_weakref_get(weak->weakref))) {
        EXPECT_EQ(thing->id, weak->id);
        set_root(root, thing);
        poolobj_decref(thing);
    }
}

void FinalizerFuzzTest::act_on_collector() {
    switch (below(12)) {
    case 0:
        return poolobj_gc_freeze(heap_);
    case 1:
        return poolobj_gc_unfreeze(heap_);
    case 2:
        return poolobj_gc_set_debug(heap_, unsigned(below(4)) << 1);
    case 3:
        return poolobj_gc_garbage_release(heap_);
    case 4:
        return one_in(2) ? poolobj_gc_enable(heap_) : poolobj_gc_disable(heap_);
    case 5:
        return poolobj_gc_set_threshold(heap_, int(below(60)), int(below(4)), int(below(4)));
    case 6:
        return poolobj_heap_check(heap_);
    case 7:
        return make_chain();
    default:
        poolobj_gc_collect(heap_, int(below(3)));
    }
}

// ---- What its finalizers and callbacks do ----

void FinalizerFuzzTest::act_on_self(Thing *self) {
    size_t root = below(ROOTS);
    switch (below(5)) {
    case 0:
        return set_root(root, self);
    case 1:
        return set_slot(self, nullptr);
    case 2:
        return set_slot(self, roots_[root]);
    case 3: // another may come back by it
        return set_root(root, reinterpret_cast<Thing *>(slots(self)[below(slot_count(self))]));
    default:
        if (roots_[root] != nullptr) set_slot(roots_[root], self);
    }
}

void FinalizerFuzzTest::react(Thing *self) {
    if (silent_) return;
    size_t actions = depth_ < 4 ? below(3) : one_in(10);
    depth_++;
    for (size_t i = 0; i < actions; i++)
        if (self != nullptr && one_in(2))
            act_on_self(self);
        else
            act();
    depth_--;
}

void FinalizerFuzzTest::finalize(Thing *thing) {
    Record *record = &records_[thing->id];
    ASSERT_FALSE(record->finalized);
    ASSERT_FALSE(record->dropped);
    record->finalized = true;
    if (record->cuts && !silent_) cut(thing);
    react(thing);
}

// At the end of a chain, a collection where deaths may be put off.
void FinalizerFuzzTest::cut(Thing *thing) {
    if (slots(thing)[0] != nullptr) return poolobj_clear(&slots(thing)[0]);
    if (one_in(4)) make_chain();
    poolobj_gc_collect(heap_, int(below(3)));
}

void FinalizerFuzzTest::drop(Thing *thing) {
    Record *record = &records_[thing->id];
    ASSERT_FALSE(record->dropped);
    ASSERT_EQ(record->object, thing);
    ASSERT_TRUE(record->finalized || record->kind == SILENT_PAIR);
    record->dropped = true;
    if (record->kind == FAR) delete[] reinterpret_cast<Far *>(thing)->slot;
}

void FinalizerFuzzTest::call_back(Weak *weak, poolobj_weakref *weakref) {
    ASSERT_EQ(weak->weakref, weakref);
    ASSERT_FALSE(weak->called);
    ASSERT_EQ(poolobj_weakref_get(weakref), nullptr);
    weak->called = true;
    react(nullptr);
}

// ---- Checks ----

// How many references there are to each object that the program can reach.
std::vector<long> FinalizerFuzzTest::find_reachable() {
    std::vector<long> references(records_.size());
    std::vector<Thing *> waiting;
    auto visit = [&](void *to) {
        Thing *thing = static_cast<Thing *>(to);
        if (thing == nullptr) return;
        ASSERT_LT(thing->id, records_.size());
        ASSERT_EQ(records_[thing->id].object, thing);
        ASSERT_FALSE(records_[thing->id].dropped);
        if (references[thing->id]++ == 0) waiting.push_back(thing);
    };
    for (Thing *root : roots_) visit(root);
    while (!waiting.empty() && !HasFatalFailure()) {
        Thing *thing = waiting.back();
        waiting.pop_back();
        for (size_t i = 0; i < slot_count(thing); i++) visit(slots(thing)[i]);
    }
    return references;
}

// Nothing is left to be found. What a finalizer kept is collected once more: it may have been found
// in a cycle that is a chain by now.
void FinalizerFuzzTest::settle() {
    silent_ = true;
    poolobj_gc_unfreeze(heap_);
    poolobj_gc_set_debug(heap_, 0);
    poolobj_gc_garbage_release(heap_);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    silent_ = false;
}

void FinalizerFuzzTest::check_settled() {
    settle();
    std::vector<long> references = find_reachable();
    size_t live = 0;
    for (size_t id = 0; id < records_.size() && !HasFatalFailure(); id++) {
        ASSERT_EQ(records_[id].dropped, references[id] == 0) << id;
        if (records_[id].dropped) continue;
        ASSERT_EQ(poolobj_refcount(records_[id].object), references[id]) << id;
        live++;
    }
    for (poolobj_type *type : types_) live -= poolobj_count(type);
    ASSERT_EQ(live, 0u);
    for (const auto &weak : weaks_) {
        if (weak == nullptr) continue;
        void *object = poolobj_weakref_get(weak->weakref);
        if (weak->has_callback) {
            ASSERT_EQ(object == nullptr, weak->called);
        } else {
            ASSERT_EQ(object == nullptr, records_[weak->id].dropped);
        }
        if (object != nullptr) poolobj_decref(object);
    }
}

// ---- The whole life of a heap ----

void FinalizerFuzzTest::live_and_close(size_t steps) {
    make_types();
    roots_.assign(ROOTS, nullptr);
    if (one_in(2))
        for (Thing *&root : roots_) poolobj_gc_root_add(heap_, &root);
    weaks_.resize(WEAKS);
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 40, 2, 2);
    for (size_t i = 0; i < steps && !HasFatalFailure(); i++) {
        act();
        if (i % 64 == 0) find_reachable();
        if (i % 256 == 0) poolobj_heap_check(heap_);
        if (i % 1024 == 0) check_settled();
    }
    poolobj_heap_check(heap_);
    poolobj_heap_close(heap_); // the finalizers that are left act, too
    roots_.clear();
    weaks_.clear();
    for (size_t id = 0; id < records_.size(); id++) ASSERT_TRUE(records_[id].dropped) << id;
    records_.clear();
    heap_ = poolobj_heap_new();
}

TEST_F(FinalizerFuzzTest, HeapsLive) {
    enum { LIFE = 10000 };
    size_t steps = size_t(env_number("ORACLE_STEPS", 300000));
    for (size_t life = 0; life <= steps / LIFE && !HasFatalFailure(); life++) live_and_close(LIFE);
}

} // namespace
