// SPDX-License-Identifier: MIT
// Random programs between the steps of full collections: they make objects, move references between
// fields and variables with and without a change of counts, collect the young, freeze, and have
// finalizers and weak references. After every step what the program can reach must live; at the end
// of a round all that was garbage at its beginning must be gone, and at the end of a minor one
// all that only objects of recent pools led to. ORACLE_ROUNDS sets how many rounds, STRESS_SEED
// repeats a failure.
#include <algorithm>
#include <cstdio>
#include <set>
#include <unordered_map>

#include "object/collect.h"
#include "object/group.h"
#include "object/round.h"
#include "support/object_fixture.h"

namespace {

enum Kind { PAIR, WIDE, ROW, FAR, KINDS };
enum { VARIABLES = 8, OBJECTS_MAX = 250, LONG = 9000 };

struct Pair {
    poolobj base;
    poolobj *slot[2];
    uint64_t id;
};
struct Wide { // four to a pool
    poolobj base;
    poolobj *slot[2];
    uint64_t id;
    char rest[900];
};
struct Row {
    poolobj base;
    uint64_t id;
    poolobj *slot[];
};
struct Far { // the slots are in other memory
    poolobj base;
    uint64_t id;
    size_t count;
    poolobj **slot;
};

struct Weak {
    poolobj *object; // as it was when the reference was made; not to be followed
    uint64_t id;
    poolobj_weakref *weakref;
    bool called;
};

class RoundTest : public ObjectTest {
  protected:
    void SetUp() override;
    void TearDown() override;
    void make_types();
    poolobj *make_object();
    static uint64_t &id_of(poolobj *object);
    static poolobj **slots_of(poolobj *object, size_t *count);
    poolobj **any_slot(poolobj *object);

    void set(poolobj **slot, poolobj *to);
    void bring_back(poolobj **slot, poolobj *object);
    poolobj *pick();
    poolobj **variable() { return &variables_[below(VARIABLES)]; }
    size_t below(size_t n) { return size_t(rng_below(&random_, n)); }

    static bool is_outside(poolobj *object); // of minor rounds
    void look(bool minor = false);           // what the program, or what is outside can reach
    void check();                            // all of it lives, and counts are right
    void obliged(bool minor = false);        // notes the garbage there is
    void settled();                          // it is gone
    void mutate();
    void make_walked_ring();
    void walk_ring();
    bool is_ring();
    void mutate_weak();
    void make_garbage_ring(size_t length);
    void collect_all();
    void run_round();
    void run(size_t rounds);
    void finalize(poolobj *object);

    static RoundTest *current;
    struct rng random_ = {test_seed()};
    poolobj *variables_[VARIABLES] = {};
    poolobj_type *types_[2][KINDS] = {}; // without and with finalizer
    std::unordered_map<poolobj *, uint64_t> live_;
    std::unordered_map<poolobj *, size_t> reached_; // with the references to it
    std::set<uint64_t> garbage_;
    std::vector<Weak> weak_;
    poolobj *walker_ = nullptr, *before_walker_ = nullptr;
    uint64_t next_ = 1;
    bool finalizers_ = false, weakrefs_ = false, freezes_ = false, adversary_ = false;
    bool minors_ = false, groups_ = false;
    size_t long_rings_ = 0; // one round in so many
    size_t freed_in_minors_ = 0, steps_ = 0, sieves_ = 0, last_sieves_ = 0, freed_ = 0, aborts_ = 0,
           came_back_ = 0, divided_ = 0;
};
RoundTest *RoundTest::current;

void RoundTest::SetUp() {
    ObjectTest::SetUp();
    current = this;
    make_types();
}

void RoundTest::TearDown() {
    for (Weak &weak : weak_) poolobj_weakref_free(weak.weakref);
    ObjectTest::TearDown();
    group_max = GROUP_MAX;
}

void RoundTest::make_types() {
    static const size_t pair[] = {offsetof(Pair, slot[0]), offsetof(Pair, slot[1]), POOLOBJ_END};
    static const size_t wide[] = {offsetof(Wide, slot[1]), offsetof(Wide, slot[0]), POOLOBJ_END};
    for (int f = 0; f < 2; f++) {
        poolobj_typespec spec = {};
        spec.name = "round";
        if (f == 1) spec.finalize = [](poolobj *o) { current->finalize(o); };
        spec.drop = [](poolobj *o) { current->live_.erase(o); };
        spec.size = sizeof(Pair);
        spec.refs = pair;
        types_[f][PAIR] = type_of(spec);
        spec.size = sizeof(Wide);
        spec.refs = wide;
        spec.traverse = [](poolobj *, poolobj_visit, void *) {}; // no pair
        types_[f][WIDE] = type_of(spec);
        spec.traverse = nullptr;
        spec.refs = nullptr;
        spec.size = sizeof(Row);
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        types_[f][ROW] = type_of(spec);
        spec.flags = 0;
        spec.size = sizeof(Far);
        spec.traverse = [](poolobj *o, poolobj_visit visit, void *arg) {
            Far *far = reinterpret_cast<Far *>(o);
            visit(far->slot, far->count, arg);
        };
        spec.drop = [](poolobj *o) {
            delete[] reinterpret_cast<Far *>(o)->slot;
            current->live_.erase(o);
        };
        types_[f][FAR] = type_of(spec);
    }
}

poolobj *RoundTest::make_object() {
    if (live_.size() > OBJECTS_MAX) return nullptr;
    int f = finalizers_ && below(6) == 0;
    size_t dice = below(100), count = 2 + below(3);
    Kind kind = dice < 50 ? PAIR : dice < 70 ? WIDE : dice < 85 ? ROW : FAR;
    if (below(200) == 0) count = LONG;
    poolobj *object = kind == ROW ? static_cast<poolobj *>(poolobj_new_items(types_[f][ROW], count))
                                  : static_cast<poolobj *>(poolobj_new(types_[f][kind]));
    if (kind == FAR) {
        reinterpret_cast<Far *>(object)->slot = new poolobj *[count]();
        reinterpret_cast<Far *>(object)->count = count;
    }
    id_of(object) = next_;
    live_[object] = next_++;
    return object;
}

uint64_t &RoundTest::id_of(poolobj *object) {
    for (auto &types : current->types_)
        if (poolobj_typeof(object) == types[ROW] || poolobj_typeof(object) == types[FAR])
            return reinterpret_cast<Row *>(object)->id;
    return reinterpret_cast<Pair *>(object)->id;
}

poolobj **RoundTest::slots_of(poolobj *object, size_t *count) {
    *count = 2;
    for (auto &types : current->types_) {
        if (poolobj_typeof(object) == types[ROW]) {
            *count = (poolobj_sizeof(object) - sizeof(Row)) / sizeof(poolobj *);
            return reinterpret_cast<Row *>(object)->slot;
        }
        if (poolobj_typeof(object) == types[FAR]) {
            *count = reinterpret_cast<Far *>(object)->count;
            return reinterpret_cast<Far *>(object)->slot;
        }
    }
    return reinterpret_cast<Pair *>(object)->slot;
}

// Mostly the first few or the last, so that references meet.
poolobj **RoundTest::any_slot(poolobj *object) {
    size_t count;
    poolobj **slots = slots_of(object, &count);
    return &slots[below(2) == 0 ? below(2) : below(2) == 0 ? count - 1 : below(count)];
}

void RoundTest::set(poolobj **slot, poolobj *to) { poolobj_set(slot, to); }

// ---- What is reachable ----

bool RoundTest::is_outside(poolobj *object) {
    const struct type_pool *pool = ledger_pool(object);
    return pool->frozen || pool->recent == 0;
}

void RoundTest::look(bool minor) {
    std::vector<poolobj *> grey;
    reached_.clear();
    auto meet = [&](poolobj *object) {
        if (object != nullptr && reached_[object]++ == 0) grey.push_back(object);
    };
    for (poolobj *object : variables_) meet(object);
    for (auto &entry : live_)
        if (minor && is_outside(entry.first)) meet(entry.first);
    while (!grey.empty()) {
        poolobj *object = grey.back();
        grey.pop_back();
        ASSERT_TRUE(live_.count(object)) << "a reachable object was freed";
        ASSERT_EQ(id_of(object), live_[object]);
        size_t count;
        poolobj **slots = slots_of(object, &count);
        for (size_t i = 0; i < count; i++) meet(slots[i]);
        if (garbage_.erase(live_[object])) came_back_++;
    }
}

void RoundTest::check() {
    look();
    if (HasFatalFailure()) return;
    for (auto &entry : reached_)
        ASSERT_GE(size_t(poolobj_refcount(entry.first)), entry.second) << live_[entry.first];
    for (Weak &weak : weak_)
        if (!weak.called && live_.count(weak.object) && live_[weak.object] == weak.id &&
            reached_.count(weak.object)) {
            void *object = poolobj_weakref_get(weak.weakref);
            // Cleared while it was garbage, if a finalizer brought it back.
            if (!finalizers_) {
                ASSERT_EQ(object, weak.object);
            }
            if (object != nullptr) poolobj_decref(object);
        }
}

void RoundTest::obliged(bool minor) {
    garbage_.clear();
    look(minor);
    for (auto &entry : live_)
        if (!reached_.count(entry.first)) garbage_.insert(entry.second);
    look();
}

void RoundTest::settled() {
    look();
    for (auto &entry : live_)
        ASSERT_FALSE(garbage_.count(entry.second)) << "garbage of the beginning is left";
}

// ---- The program ----

poolobj *RoundTest::pick() {
    look();
    if (reached_.empty()) return nullptr;
    auto at = reached_.begin();
    std::advance(at, long(below(reached_.size())));
    return at->first;
}

// What the old value's end runs may take the object away again, so that is looked at before it.
void RoundTest::bring_back(poolobj **slot, poolobj *object) {
    poolobj *old = *slot;
    poolobj_incref(object);
    *slot = object;
    look();
    if (old != nullptr) poolobj_decref(old);
}

void RoundTest::finalize(poolobj *object) {
    poolobj *other;
    switch (below(6)) {
    case 0:
        bring_back(variable(), object);
        break;
    case 1:
        if ((other = pick()) != nullptr) bring_back(any_slot(other), object);
        break;
    case 2:
        std::swap(*any_slot(object), *any_slot(object));
        break;
    case 3:
        set(any_slot(object), nullptr);
        break;
    case 4:
        set(any_slot(object), object);
        break;
    default:
        break;
    }
    look();
}

void RoundTest::make_garbage_ring(size_t length) {
    poolobj *first = nullptr, *last = nullptr;
    const bool some = groups_ && finalizers_ && below(4) == 0;
    for (size_t i = 0; i < length; i++) {
        poolobj *object = static_cast<poolobj *>(poolobj_new(types_[some && below(8) == 0][PAIR]));
        id_of(object) = next_;
        live_[object] = next_++;
        if (last == nullptr)
            first = object;
        else
            reinterpret_cast<Pair *>(last)->slot[0] = object;
        last = object;
    }
    reinterpret_cast<Pair *>(last)->slot[0] = first;
}

// Every object of a ring has one reference, from the one before it or, where the ring is open, from
// a variable. The open place moves on by plain stores.
void RoundTest::make_walked_ring() {
    size_t length = 10 + below(60);
    poolobj *first = nullptr, *last = nullptr;
    for (size_t i = 0; i < length; i++) {
        poolobj *object = static_cast<poolobj *>(poolobj_new(types_[0][WIDE]));
        id_of(object) = next_;
        live_[object] = next_++;
        last == nullptr ? first = object : reinterpret_cast<Pair *>(last)->slot[0] = object;
        last = object;
    }
    poolobj *old = variables_[0];
    variables_[0] = walker_ = first;
    before_walker_ = last;
    if (old != nullptr) poolobj_decref(old);
}

void RoundTest::walk_ring() {
    if (variables_[0] != walker_ || walker_ == nullptr || !is_ring()) return;
    for (size_t i = below(30); i > 0; i--) {
        poolobj **next = &reinterpret_cast<Pair *>(walker_)->slot[0];
        reinterpret_cast<Pair *>(before_walker_)->slot[0] = walker_;
        before_walker_ = walker_;
        variables_[0] = walker_ = *next;
        *next = nullptr;
    }
}

// Others may have changed it.
bool RoundTest::is_ring() {
    std::set<poolobj *> seen;
    look();
    for (poolobj *at = walker_; at != nullptr; at = reinterpret_cast<Pair *>(at)->slot[0]) {
        if (poolobj_typeof(at) != types_[0][WIDE] || !seen.insert(at).second) return false;
        if (at == before_walker_)
            return reinterpret_cast<Pair *>(at)->slot[0] == nullptr && at != walker_;
    }
    return false;
}

void RoundTest::mutate_weak() {
    if (weak_.size() < 20) {
        poolobj *object = pick();
        if (object == nullptr) return;
        weak_.push_back({object, live_[object], nullptr, false});
        void (*called)(poolobj_weakref *, void *) = [](poolobj_weakref *weakref, void *) {
            for (Weak &weak : current->weak_)
                if (weak.weakref == weakref) weak.called = true;
            EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
        };
        weak_.back().weakref =
            poolobj_weakref_new(object, below(2) == 0 ? called : nullptr, nullptr);
        return;
    }
    size_t i = below(weak_.size());
    void *object = poolobj_weakref_get(weak_[i].weakref);
    if (object != nullptr) { // it may have been garbage until now
        poolobj **to = variable(), *old = *to;
        *to = static_cast<poolobj *>(object);
        look();
        if (old != nullptr) poolobj_decref(old);
    } else {
        poolobj_weakref_free(weak_[i].weakref);
        weak_.erase(weak_.begin() + long(i));
    }
}

void RoundTest::collect_all() {
    obliged();
    poolobj_gc_collect(heap_, 2);
    aborts_++;
    if (!finalizers_) settled();
}

void RoundTest::mutate() {
    poolobj *a = pick(), *b = pick(), **slot = variable(), *object;
    switch (below(40)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        if ((object = make_object()) == nullptr) break;
        std::swap(*slot, object);
        if (object != nullptr) poolobj_decref(object);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        if (a == nullptr || (object = make_object()) == nullptr) break;
        std::swap(*any_slot(a), object); // the reference moves into the field
        if (object != nullptr) poolobj_decref(object);
        break;
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
        if (a != nullptr) set(any_slot(a), b);
        break;
    case 17:
    case 18:
        if (a != nullptr) set(any_slot(a), nullptr);
        break;
    case 19:
    case 20:
    case 21:
    case 22:
        if (a != nullptr) std::swap(*any_slot(a), *any_slot(b));
        break;
    case 23:
    case 24:
    case 25:
        if (a != nullptr) std::swap(*any_slot(a), *slot);
        break;
    case 26:
        std::swap(*slot, *variable());
        break;
    case 27:
    case 28:
        set(slot, a);
        break;
    case 29:
    case 30:
    case 31:
        set(slot, nullptr);
        break;
    case 32:
    case 33:
        poolobj_gc_collect(heap_, 0);
        break;
    case 34:
        if (below(3) == 0) poolobj_gc_collect(heap_, 1);
        break;
    case 35:
    case 36:
    case 37:
        if (weakrefs_) mutate_weak();
        break;
    case 38:
        walk_ring();
        break;
    default:
        break;
    }
}

// ---- Rounds ----

void RoundTest::run_round() {
    size_t most = 1 + below(4) * below(200), between = 1 + below(4);
    for (size_t i = below(80); i > 0; i--) mutate();
    if (long_rings_ > 0 && below(long_rings_) == 0) make_garbage_ring(100 + below(9000));
    if (adversary_ && (variables_[0] != walker_ || walker_ == nullptr || !is_ring()))
        make_walked_ring();
    const bool groups = groups_ && below(4) != 0;
    for (size_t i = groups ? below(30) : 0; i > 0; i--) make_garbage_ring(1 + below(40));
    if (groups_ && heap_->round.phase == ROUND_IDLE) group_max = 20 + below(60);
    const bool minor = minors_ && heap_->round.phase == ROUND_IDLE && below(3) != 0;
    if (minor || (groups && heap_->round.phase == ROUND_IDLE)) {
        ASSERT_TRUE(round_begin(heap_, minor));
        // Batches and pieces that are in vain leave all that is white to groups.
        if (groups) heap_->round.tried_in_batches = heap_->round.traced = 1 << 30;
    }
    obliged(minor);
    bool more = true;
    while (more && !HasFatalFailure()) {
        more = collect_step(heap_, UINT64_MAX, most) && round_is_active(heap_);
        // The last sieve is seldom needed, and so has to be come by.
        if (adversary_ && steps_ % 16 == 0 && heap_->round.sieves < 3) heap_->round.sieves++;
        divided_ += heap_->round.certified && !heap_->round.group.is_last;
        steps_++;
        check();
        if (below(50) == 0) poolobj_heap_check(heap_);
        for (size_t i = more ? below(between + 1) : 0; i > 0; i--)
            adversary_ &&below(4) != 0 ? walk_ring() : mutate();
        if (freezes_ && below(500) == 0) {
            poolobj_gc_freeze(heap_);
            poolobj_heap_check(heap_);
            for (size_t i = below(20); i > 0; i--) mutate();
            poolobj_gc_collect(heap_, int(below(3)));
            check();
            poolobj_heap_check(heap_);
            poolobj_gc_unfreeze(heap_);
            aborts_++;
            return;
        }
        if (below(500) == 0) return collect_all();
    }
    sieves_ += heap_->round.sieves;
    last_sieves_ += heap_->round.sieves > 3;
    freed_ += heap_->round.freed;
    freed_in_minors_ += minor ? heap_->round.freed : 0;
    if (!HasFatalFailure()) settled();
}

void RoundTest::run(size_t rounds) {
    for (size_t i = 0; i < rounds && !HasFatalFailure(); i++) run_round();
    printf("%zu steps, %zu sieves, %zu without slices, %zu freed, %zu came back, %zu given up\n",
           steps_, sieves_, last_sieves_, freed_, came_back_, aborts_);
    for (poolobj *&variable : variables_) set(&variable, nullptr);
    for (int i = 0; i < 30 && !live_.empty(); i++) {
        poolobj_gc_collect(heap_, 2);
        for (poolobj *&variable : variables_) set(&variable, nullptr);
    }
    EXPECT_TRUE(live_.empty());
}

size_t rounds() { return size_t(env_number("ORACLE_ROUNDS", 1500)); }

TEST_F(RoundTest, MovesBetweenSteps) { run(rounds()); }
TEST_F(RoundTest, AVariableThatWalksAlongReferences) {
    adversary_ = true;
    run(rounds());
}
TEST_F(RoundTest, WeakReferences) {
    weakrefs_ = true;
    run(rounds());
}
TEST_F(RoundTest, FinalizersThatBringBack) {
    finalizers_ = true;
    run(rounds());
}
TEST_F(RoundTest, LongRings) {
    long_rings_ = 4;
    run(rounds() / 20);
}
TEST_F(RoundTest, MinorOnes) {
    minors_ = weakrefs_ = adversary_ = true;
    run(rounds());
    EXPECT_GT(freed_in_minors_, 0u);
}
TEST_F(RoundTest, MinorOnesWithFinalizers) {
    minors_ = finalizers_ = freezes_ = true;
    long_rings_ = 100;
    run(rounds());
    EXPECT_GT(freed_in_minors_, 0u);
}
TEST_F(RoundTest, Groups) {
    groups_ = weakrefs_ = adversary_ = true;
    run(rounds());
    EXPECT_GT(divided_, 0u);
}
TEST_F(RoundTest, GroupsWithFinalizers) {
    groups_ = minors_ = finalizers_ = weakrefs_ = freezes_ = true;
    run(rounds());
    EXPECT_GT(divided_, 0u);
}
TEST_F(RoundTest, Everything) {
    finalizers_ = weakrefs_ = freezes_ = true;
    long_rings_ = 100;
    run(rounds());
}

} // namespace
