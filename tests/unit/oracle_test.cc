// SPDX-License-Identifier: MIT
// Runs one random program on objects of poolobj.h and on those of the literal collector in
// tests/oracle/lists.h: after every step the same objects must live, with the same counts, and the
// same finalizers must have run. ORACLE_STEPS sets the length, STRESS_SEED repeats a failure.
#include <algorithm>
#include <memory>
#include <set>

#include "oracle/lists.h"
#include "support/object_fixture.h"

namespace {

enum Kind { PLAIN, PAIR, FINALIZED, ITEMS, TRAVERSED, ACYCLIC, KINDS };
enum { SLOTS = 3, FRESH_ID = 1 << 28 };

// What a finalizer does follows from the id, so that both sides do the same in any order.
enum Whim { REST, RESURRECT, CLEAR_OWN, MAKE_ONE };
std::vector<Whim> whims;
Whim whim_of(uint32_t id) { return whims[(id * 2654435761u >> 16) % whims.size()]; }

// One implementation as the test sees it. Objects are opaque; roots are counted references.
class Side {
  public:
    virtual ~Side() = default;
    virtual void *make(Kind kind, uint32_t id) = 0;
    virtual void set(void *object, int slot, void *to) = 0;
    virtual void *get(void *object, int slot) = 0;
    virtual void incref(void *object) = 0;
    virtual void decref(void *object) = 0;
    virtual long refcount(void *object) = 0;
    virtual uint32_t id(void *object) = 0;
    virtual size_t collect(int generation) = 0;
    virtual void freeze(bool on) = 0;
    virtual void counts(int counts[3]) = 0;
    virtual void thresholds(int t0, int t1, int t2) = 0;

    void set_root(size_t index, void *object) {
        if (object != nullptr) incref(object);
        adopt_root(index, object);
    }
    void adopt_root(size_t index, void *object) {
        void *old = roots[index];
        roots[index] = object;
        if (old != nullptr) decref(old);
    }
    void finalize(void *object) {
        uint32_t own = id(object);
        finalized.push_back(own);
        switch (whim_of(own)) {
        case RESURRECT:
            incref(object);
            resurrected.push_back(object);
            break;
        case CLEAR_OWN:
            for (int i = 0; i < SLOTS; i++) set(object, i, nullptr);
            break;
        case MAKE_ONE:
            if (own < FRESH_ID) {
                void *fresh = make(FINALIZED, own + FRESH_ID);
                set(fresh, 0, object);
                set(object, 0, fresh);
                decref(fresh);
            }
            break;
        default:
            break;
        }
    }

    std::vector<void *> roots;
    std::vector<void *> resurrected;
    std::vector<uint32_t> finalized;
    std::set<uint32_t> live;
};

Side *current; // for callbacks without an argument

// ---- The objects under test ----

struct Small {
    poolobj base;
    poolobj *slot[SLOTS];
    uint32_t id;
};
struct Row { // the slots are items
    poolobj base;
    uint64_t id;
    poolobj *slot[];
};
struct Far { // the slots are in other memory
    poolobj base;
    poolobj **slot;
    uint32_t id;
};

class Pools : public Side {
  public:
    explicit Pools(poolobj_heap *heap) : heap_(heap) {
        static const size_t refs[] = {offsetof(Small, slot[0]), offsetof(Small, slot[1]),
                                      offsetof(Small, slot[2]), POOLOBJ_END};
        poolobj_typespec spec = {};
        spec.name = "plain";
        spec.size = sizeof(Small);
        spec.refs = refs;
        spec.drop = [](poolobj *o) { gone(reinterpret_cast<Small *>(o)->id); };
        types_[PLAIN] = poolobj_type_new(heap, &spec);
        static const size_t pair[] = {offsetof(Small, slot[0]), offsetof(Small, slot[1]),
                                      POOLOBJ_END};
        spec.refs = pair;
        types_[PAIR] = poolobj_type_new(heap, &spec);
        spec.refs = refs;
        spec.free_list = 20;
        spec.finalize = [](poolobj *o) { current->finalize(o); };
        types_[FINALIZED] = poolobj_type_new(heap, &spec);
        spec.finalize = nullptr;
        spec.flags = POOLOBJ_ACYCLIC;
        types_[ACYCLIC] = poolobj_type_new(heap, &spec);
        spec = {};
        spec.name = "items";
        spec.size = sizeof(Row);
        spec.free_list = 10;
        spec.free_items = SLOTS + 150;
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        spec.drop = [](poolobj *o) { gone(uint32_t(reinterpret_cast<Row *>(o)->id)); };
        types_[ITEMS] = poolobj_type_new(heap, &spec);
        spec = {};
        spec.name = "traversed";
        spec.size = sizeof(Far);
        spec.traverse = [](poolobj *o, poolobj_visit visit, void *arg) {
            Far *far = reinterpret_cast<Far *>(o);
            if (far->slot != nullptr) visit(far->slot, SLOTS, arg);
        };
        spec.drop = [](poolobj *o) {
            Far *far = reinterpret_cast<Far *>(o);
            delete[] far->slot;
            gone(far->id);
        };
        types_[TRAVERSED] = poolobj_type_new(heap, &spec);
    }
    void *make(Kind kind, uint32_t id) override {
        live.insert(id);
        // Some rows are long: several to a pool, and some with a run of their own.
        size_t extra = id % 50 == 0 ? 1000 : id % 10 == 0 ? 150 : 0;
        void *object = kind == ITEMS ? poolobj_new_items(types_[ITEMS], SLOTS + extra)
                                     : poolobj_new(types_[kind]);
        if (kind == ITEMS)
            static_cast<Row *>(object)->id = id;
        else if (kind == TRAVERSED) {
            static_cast<Far *>(object)->id = id;
            static_cast<Far *>(object)->slot = new poolobj *[SLOTS]();
        } else
            static_cast<Small *>(object)->id = id;
        return object;
    }
    void set(void *object, int slot, void *to) override { poolobj_set(at(object, slot), to); }
    void *get(void *object, int slot) override { return *at(object, slot); }
    void incref(void *object) override { poolobj_incref(object); }
    void decref(void *object) override { poolobj_decref(object); }
    long refcount(void *object) override { return poolobj_refcount(object); }
    uint32_t id(void *object) override {
        poolobj_type *type = poolobj_typeof(object);
        if (type == types_[ITEMS]) return uint32_t(static_cast<Row *>(object)->id);
        if (type == types_[TRAVERSED]) return static_cast<Far *>(object)->id;
        return static_cast<Small *>(object)->id;
    }
    size_t collect(int generation) override { return poolobj_gc_collect(heap_, generation); }
    void freeze(bool on) override { on ? poolobj_gc_freeze(heap_) : poolobj_gc_unfreeze(heap_); }
    void counts(int counts[3]) override { poolobj_gc_get_count(heap_, counts); }
    void thresholds(int t0, int t1, int t2) override {
        poolobj_gc_set_threshold(heap_, t0, t1, t2);
    }

  private:
    poolobj **at(void *object, int slot) {
        poolobj_type *type = poolobj_typeof(object);
        if (type == types_[ITEMS]) return &static_cast<Row *>(object)->slot[slot];
        if (type == types_[TRAVERSED]) return &static_cast<Far *>(object)->slot[slot];
        return &static_cast<Small *>(object)->slot[type == types_[PAIR] ? slot % 2 : slot];
    }
    static void gone(uint32_t id) { current->live.erase(id); }
    poolobj_heap *heap_;
    poolobj_type *types_[KINDS];
};

// ---- The oracle ----

class Lists : public Side {
  public:
    Lists() {
        lists_heap_init(&heap_);
        heap_.arg = this;
        heap_.finalize = [](lists_object *o, void *arg) { static_cast<Lists *>(arg)->finalize(o); };
        heap_.died = [](lists_object *o, void *arg) {
            static_cast<Lists *>(arg)->live.erase(o->id);
        };
    }
    void *make(Kind kind, uint32_t id) override {
        live.insert(id);
        lists_object *object = lists_new(&heap_, kind == PAIR ? 2 : SLOTS, kind != ACYCLIC);
        object->finalizes = kind == FINALIZED;
        object->id = id;
        return object;
    }
    void set(void *object, int slot, void *to) override { lists_set(at(object, slot), cast(to)); }
    void *get(void *object, int slot) override { return *at(object, slot); }
    void incref(void *object) override { lists_incref(cast(object)); }
    void decref(void *object) override { lists_decref(cast(object)); }
    long refcount(void *object) override { return long(cast(object)->refcount); }
    uint32_t id(void *object) override { return cast(object)->id; }
    size_t collect(int generation) override { return lists_collect(&heap_, generation); }
    void freeze(bool on) override { on ? lists_freeze(&heap_) : lists_unfreeze(&heap_); }
    void counts(int counts[3]) override {
        for (int g = 0; g < 3; g++) counts[g] = heap_.generation[g].count;
    }
    void thresholds(int t0, int t1, int t2) override {
        heap_.generation[0].threshold = t0;
        heap_.generation[1].threshold = t1;
        heap_.generation[2].threshold = t2;
    }

    void disable() { heap_.enabled = false; }

  private:
    static lists_object *cast(void *object) { return static_cast<lists_object *>(object); }
    static lists_object **at(void *object, int slot) {
        return &cast(object)->slot[slot % cast(object)->slots];
    }
    lists_heap heap_;
};

// ---- The program ----

class OracleTest : public ObjectTest {
  protected:
    void SetUp() override {
        ObjectTest::SetUp();
        poolobj_gc_enable(heap_);
        pools_.reset(new Pools(heap_));
        lists_.reset(new Lists);
    }
    // Does the same on both sides; the results must agree.
    template <typename F> void both(F f) {
        current = lists_.get();
        long expected = long(f(*lists_));
        current = pools_.get();
        ASSERT_EQ(long(f(*pools_)), expected);
    }
    size_t root() { return size_t(rng_below(&random_, roots_)); }
    Kind kind_of(uint32_t id) const { return kinds_[id % kinds_.size()]; }
    void make_object();
    void collect_some();
    void step();
    void drop_resurrected();
    void compare();
    void run(size_t steps, const std::vector<Kind> &kinds);

    std::vector<Kind> kinds_;
    std::unique_ptr<Pools> pools_;
    std::unique_ptr<Lists> lists_;
    struct rng random_ = {test_seed()};
    uint32_t next_ = 1;
    bool compare_counts_ = true;
    size_t roots_ = 40; // few: much dies; many: the heap is large
};

// Most objects hold an old one from birth on.
void OracleTest::make_object() {
    size_t a = root(), b = root();
    int slot = int(rng_below(&random_, SLOTS));
    uint32_t id = next_++;
    Kind kind = kind_of(id);
    both([&](Side &s) {
        s.adopt_root(a, s.make(kind, id));
        if (s.roots[b] != nullptr && kind != ACYCLIC) s.set(s.roots[a], slot, s.roots[b]);
        return 0;
    });
}

void OracleTest::collect_some() {
    int generation = std::max(0, int(rng_below(&random_, 8)) - 5);
    both([&](Side &s) { return s.collect(generation); });
}

void OracleTest::step() {
    size_t a = root(), b = root();
    int slot = int(rng_below(&random_, SLOTS));
    unsigned dice = unsigned(rng_below(&random_, 1000));
    if (dice < 400) {
        make_object();
    } else if (dice < 700) { // an edge; none from what promised to be in no cycle
        both([&](Side &s) {
            if (s.roots[a] == nullptr || kind_of(s.id(s.roots[a])) == ACYCLIC) return 0;
            s.set(s.roots[a], slot, s.roots[b]);
            return 1;
        });
    } else if (dice < 850) { // a root moves along an edge
        both([&](Side &s) {
            if (s.roots[a] == nullptr) return 0L;
            s.set_root(b, s.get(s.roots[a], slot));
            return s.roots[b] != nullptr ? s.refcount(s.roots[b]) : -1;
        });
    } else if (dice < 980) {
        both([&](Side &s) { return s.set_root(a, nullptr), 0; });
    } else if (dice < 999) {
        collect_some();
    } else {
        both([&](Side &s) { return s.freeze(b % 4 == 0), 0; });
    }
}

// In the order of their ids: each side found them in its own.
void OracleTest::drop_resurrected() {
    both([](Side &s) {
        std::vector<void *> objects;
        objects.swap(s.resurrected);
        std::sort(objects.begin(), objects.end(),
                  [&s](void *a, void *b) { return s.id(a) < s.id(b); });
        for (void *object : objects) s.decref(object);
        return objects.size();
    });
}

void OracleTest::compare() {
    ASSERT_EQ(pools_->live, lists_->live);
    for (Side *side : {static_cast<Side *>(pools_.get()), static_cast<Side *>(lists_.get())})
        std::sort(side->finalized.begin(), side->finalized.end());
    ASSERT_EQ(pools_->finalized, lists_->finalized);
    pools_->finalized.clear();
    lists_->finalized.clear();
    if (!compare_counts_) return;
    int counts[2][3];
    pools_->counts(counts[0]);
    lists_->counts(counts[1]);
    for (int g = 0; g < 3; g++) ASSERT_EQ(counts[0][g], counts[1][g]) << g;
}

void OracleTest::run(size_t steps, const std::vector<Kind> &kinds) {
    kinds_ = kinds;
    both([this](Side &s) { return s.roots.resize(roots_), s.thresholds(50, 3, 3), 0; });
    for (size_t i = 0; i < steps && !HasFatalFailure(); i++) {
        step();
        if (i % 16 == 0) drop_resurrected();
        if (i % 64 == 0) compare();
        if (i % 4096 == 0) poolobj_heap_check(heap_);
    }
    both([](Side &s) {
        for (size_t i = 0; i < s.roots.size(); i++) s.set_root(i, nullptr);
        s.freeze(false);
        return s.collect(2);
    });
    // Who comes back, or is made by a finalizer, may lead to the next that does.
    size_t before;
    do {
        before = lists_->finalized.size();
        drop_resurrected();
        both([](Side &s) { return s.collect(2); });
    } while (lists_->finalized.size() > before && !HasFatalFailure());
    compare();
    EXPECT_TRUE(pools_->live.empty());
    poolobj_heap_check(heap_);
}

size_t steps() { return size_t(env_number("ORACLE_STEPS", 1000000)); }

TEST_F(OracleTest, PlainObjects) { run(steps(), {PLAIN}); }
TEST_F(OracleTest, Pairs) { run(steps(), {PAIR}); }
TEST_F(OracleTest, AllShapes) { run(steps(), {PLAIN, ITEMS, TRAVERSED, PAIR, ACYCLIC}); }

TEST_F(OracleTest, ALargeHeap) {
    roots_ = 3000;
    run(steps() / 4, {PLAIN, TRAVERSED, PAIR, PAIR, ITEMS, ACYCLIC});
}

TEST_F(OracleTest, Finalizers) {
    whims = {REST, RESURRECT, CLEAR_OWN};
    run(steps(), {PAIR, FINALIZED, ITEMS});
}

// When finalizers make objects, the counts of the youngest generation depend on their order.
TEST_F(OracleTest, FinalizersThatMakeObjects) {
    whims = {REST, RESURRECT, CLEAR_OWN, MAKE_ONE};
    compare_counts_ = false;
    poolobj_gc_disable(heap_);
    lists_->disable();
    run(steps(), {PLAIN, FINALIZED, TRAVERSED, FINALIZED, ACYCLIC});
}

} // namespace
