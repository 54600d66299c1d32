// SPDX-License-Identifier: MIT
// poolgraph.h as a whole: what goes wrong, what must not change, and how long it takes.
#include <poolgraph.h>

#include <ctime>

#include "os/os.h"
#include "support/graph_fixture.h"

namespace {

class PoolgraphTest : public GraphTest {
  protected:
    // Every function that follows references, on one object.
    using Look = std::function<ptrdiff_t(FILE *)>;
    std::vector<std::pair<std::string, Look>> looks(void *object) {
        auto h = [this] { return heap_; };
        return {
            {"counts", [=](FILE *out) { return poolgraph_show_counts(h(), 0, out); }},
            {"why", [=](FILE *out) { return poolgraph_why(h(), object, nullptr, out); }},
            {"refs", [=](FILE *out) { return poolgraph_show_refs(h(), &object, 1, nullptr, out); }},
            {"backrefs",
             [=](FILE *out) { return poolgraph_show_backrefs(h(), &object, 1, nullptr, out); }},
            {"leaks", [=](FILE *out) { return poolgraph_leaks(h(), nullptr, out) < 0 ? -1 : 0; }},
        };
    }
    // A little of everything: held, cycles, what hangs from cycles, an immortal object.
    Node *populate() {
        Node *held = keep(make());
        Node *cycle = ring(node_, 3);
        poolobj_set(&cycle->right, held);
        poolobj_set(&cycle->left->right, make_list({held, cycle}));
        poolobj_decref(cycle->left->right);
        poolobj_decref(cycle);
        poolobj_immortal(make());
        return cycle;
    }
};

TEST_F(PoolgraphTest, WhatIsNoObjectOfTheHeapIsRefused) {
    poolobj_heap *other = poolobj_heap_new();
    poolobj_typespec spec = node_spec();
    poolobj_type *type = poolobj_type_new(other, &spec);
    Node *dead = make();
    poolobj_decref(dead);
    int on_the_stack = 0;
    std::vector<void *> wrong = {nullptr,
                                 poolobj_new(type),
                                 dead,
                                 &on_the_stack,
                                 reinterpret_cast<void *>(UINTPTR_MAX),
                                 at(make(), 8),
                                 heap_};
    keep(poolobj_new(node_));
    for (void *object : wrong) {
        for (const auto &look : looks(object)) {
            if (look.first == "counts" || look.first == "leaks") continue;
            errno = 0;
            EXPECT_EQ(printed(look.second, -1), "") << look.first;
            EXPECT_EQ(errno, EINVAL) << look.first;
        }
        EXPECT_EQ(poolgraph_chain(heap_, object, nullptr, nullptr, 0), -1);
        EXPECT_EQ(errno, EINVAL);
        EXPECT_EQ(poolgraph_show_chain(heap_, object, nullptr, nullptr), -1);
        EXPECT_EQ(poolgraph_outside(heap_, object), INT32_MIN);
    }
    poolobj_heap_close(other);
}

TEST_F(PoolgraphTest, AStreamThatFailsIsTold) {
    Node *object = populate();
    for (const auto &look : looks(object)) {
        FILE *full = fopen("/dev/full", "w"), *read_only = fopen("/dev/null", "r");
        errno = 0;
        EXPECT_EQ(look.second(full), -1) << look.first;
        EXPECT_EQ(errno, ENOSPC) << look.first;
        EXPECT_EQ(look.second(read_only), -1) << look.first;
        EXPECT_EQ(errno, EBADF) << look.first;
        fclose(full);
        fclose(read_only);
    }
}

// Every mapping refused in turn: an error, nothing printed that is wrong, nothing lost.
TEST_F(PoolgraphTest, OutOfMemoryIsToldAndLosesNothing) {
    Node *object = populate();
    auto snapshot = [this](FILE *) {
        poolgraph_snapshot *s = poolgraph_snapshot_new(heap_);
        int result = s == nullptr ? -1 : poolgraph_snapshot_raise(s);
        poolgraph_snapshot_free(s);
        return result;
    };
    auto chain = [=](FILE *) { return poolgraph_chain(heap_, kept_[0], nullptr, nullptr, 0); };
    auto all = looks(object);
    all.emplace_back("snapshot", snapshot);
    all.emplace_back("chain", chain);
    for (const auto &look : all) {
        std::string whole = printed(look.second);
        static uint64_t allowed, maps, unmaps;
        bool refused = true;
        for (allowed = 0; refused; allowed++) {
            char *text = nullptr;
            size_t size = 0;
            FILE *stream = open_memstream(&text, &size);
            maps = unmaps = 0;
            os_fault_for_test = [](enum os_call call) {
                unmaps += call == OS_UNMAP;
                return call == OS_MAP && maps++ == allowed;
            };
            errno = 0;
            ptrdiff_t result = look.second(stream);
            int error = errno;
            os_fault_for_test = nullptr;
            refused = maps > allowed;
            EXPECT_EQ(result, refused ? -1 : 0) << look.first << " " << allowed;
            EXPECT_EQ(error, refused ? ENOMEM : 0) << look.first << " " << allowed;
            // What a look works in is mapped in two steps, and unmapped in one.
            EXPECT_EQ(unmaps, maps / 2) << look.first << " " << allowed;
            fclose(stream);
            EXPECT_EQ(whole.compare(0, size, text, size), 0) << look.first << ":\n" << text;
            std::free(text);
        }
        EXPECT_EQ(printed(look.second), whole);
    }
}

std::string contents(poolobj_heap *heap) {
    std::string bytes;
    poolobj_walk(
        heap, nullptr,
        [](poolobj *object, void *arg) {
            std::string *all = static_cast<std::string *>(arg);
            *all += hex(object);
            all->append(reinterpret_cast<char *>(object), poolobj_sizeof(object));
        },
        &bytes);
    return bytes;
}

// Neither counts nor contents, nor the pools of the heap, nor what the collector knows.
TEST_F(PoolgraphTest, LookingChangesNothing) {
    Node *object = populate();
    poolobj_gc_enable(heap_);
    std::string before = contents(heap_);
    poolobj_memory_figures taken, now;
    poolobj_memory(&taken);
    const Counted tables = counted_now();
    int counts[3], after[3];
    poolobj_gc_get_count(heap_, counts);
    for (const auto &look : looks(object)) {
        printed(look.second);
        EXPECT_EQ(contents(heap_), before) << look.first;
        poolobj_heap_check(heap_);
    }
    poolobj_gc_get_count(heap_, after);
    EXPECT_EQ(std::vector<int>(counts, counts + 3), std::vector<int>(after, after + 3));
    EXPECT_EQ(poolobj_gc_is_enabled(heap_), 1);
    poolobj_memory(&now);
    EXPECT_EQ(now.in_use, taken.in_use);
    EXPECT_EQ(now.mapped, taken.mapped);
    EXPECT_EQ(counted_now().bytes, tables.bytes);
    poolobj_gc_disable(heap_);
    for (const auto &look : looks(object)) printed(look.second);
    EXPECT_EQ(poolobj_gc_is_enabled(heap_), 0);
}

// The first collection of a description's objects would free the garbage that is being shown.
TEST_F(PoolgraphTest, DescriptionsMayMakeObjects) {
    Node *object = populate();
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 1, 0, 0);
    poolgraph_options options = {};
    options.describe = [](poolobj *o, char *text, size_t size, void *arg) {
        for (int i = 0; i < 50; i++) {
            Node *made = static_cast<Node *>(poolobj_new(static_cast<poolobj_type *>(arg)));
            poolobj_set(&made->left, made); // garbage, at that
            poolobj_decref(made);
        }
        return snprintf(text, size, "%d", int(poolobj_refcount(o)));
    };
    options.arg = node_;
    EXPECT_NE(refs({object}, options), "");
    EXPECT_NE(backrefs({object}, options), "");
    EXPECT_NE(why(object, &options), "");
    printed([&](FILE *out) { return poolgraph_leaks(heap_, &options, out) > 0 ? 0 : -1; });
    poolobj_gc_disable(heap_);
    poolobj_heap_check(heap_);
    EXPECT_GT(poolobj_gc_collect(heap_, 2), 50u);
}

// In finalizers by count and by collection, in the collector's callback, in a weak reference's.
TEST_F(PoolgraphTest, WorksWhereverCodeOfTheProgramRuns) {
    static std::function<void(void *)> look; // NULL: at an object of its own
    int looked = 0;
    look = [&](void *object) {
        Node *own = object == nullptr ? make() : nullptr;
        for (const auto &l : looks(own != nullptr ? own : object)) printed(l.second);
        if (own != nullptr) poolobj_decref(own);
        looked++;
    };
    populate();
    poolobj_typespec spec = node_spec("dying");
    spec.finalize = [](poolobj *object) { look(object); };
    poolobj_type *dying = type_of(spec);
    Node *head = make(dying);
    for (int i = 0; i < 5; i++) { // a row: each finalizer sees the dying behind it
        Node *next = make(dying);
        next->left = head;
        head = next;
    }
    poolobj_weakref *weakref = poolobj_weakref_new(
        head, [](poolobj_weakref *, void *) { look(nullptr); }, nullptr);
    poolobj_decref(head);
    EXPECT_EQ(looked, 7);
    poolobj_weakref_free(weakref);
    poolobj_gc_set_callback(
        heap_, [](poolobj_heap *, const poolobj_gc_info *, void *) { look(nullptr); }, nullptr);
    poolobj_decref(ring(dying, 3));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3 + 4u);
    EXPECT_EQ(looked, 7 + 2 + 3);
    poolobj_gc_set_callback(heap_, nullptr, nullptr);
    look = nullptr;
}

// ---- Large heaps ----

class LargeGraphTest : public PoolgraphTest {
  protected:
    // Builds with sanitizers are some thirty times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static const size_t MANY = 100000;
    static constexpr double LIMIT = 10;
#else
    static const size_t MANY = 1000000;
    static constexpr double LIMIT = DEBUG_BUILD ? 20 : 1;
#endif
    std::vector<Node *> make_many() {
        poolobj_typespec spec = node_spec("quiet");
        spec.drop = nullptr;
        poolobj_type *type = type_of(spec);
        std::vector<Node *> nodes;
        for (size_t i = 0; i < MANY; i++) nodes.push_back(make(type));
        return nodes;
    }
    static void drop_all_but_first(const std::vector<Node *> &nodes) {
        for (size_t i = nodes.size(); i-- > 1;) poolobj_decref(nodes[i]);
    }
    // Processor time, the best of three. Builds with checks are slower.
    void answers_in_time(void *object) {
        for (const auto &look : looks(object)) {
            double best = 1e9;
            for (int i = 0; i < 3; i++) {
                clock_t start = clock();
                printed(look.second);
                best = std::min(best, double(clock() - start) / CLOCKS_PER_SEC);
            }
            EXPECT_LT(best, LIMIT) << look.first;
        }
    }
    // Nothing recurses.
    void with_little_stack(std::function<void()> function) {
        auto run = [](void *arg) -> void * {
            (*static_cast<std::function<void()> *>(arg))();
            return nullptr;
        };
        std::function<void()> adopted = [&] {
            poolobj_heap_adopt(heap_);
            function();
        };
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 128 * KIB);
        ASSERT_EQ(pthread_create(&thread, &attributes, run, &adopted), 0);
        pthread_join(thread, nullptr);
        pthread_attr_destroy(&attributes);
        poolobj_heap_adopt(heap_);
    }
};

TEST_F(LargeGraphTest, AChainOfAMillion) {
    std::vector<Node *> nodes = make_many();
    for (size_t i = 0; i + 1 < MANY; i++) poolobj_set(&nodes[i]->left, nodes[i + 1]);
    drop_all_but_first(nodes);
    with_little_stack([&] { answers_in_time(nodes.back()); });
    EXPECT_EQ(poolgraph_chain(heap_, nodes.back(), nullptr, nullptr, 0), ptrdiff_t(MANY) - 1);
    poolobj_decref(nodes[0]);
}

TEST_F(LargeGraphTest, AHubOfAMillion) {
    std::vector<Node *> nodes = make_many();
    for (size_t i = 0; i < MANY; i++) poolobj_set(&nodes[i]->right, nodes.back());
    List *list = keep(make_list({nodes.begin(), nodes.end()}));
    drop_all_but_first(nodes);
    answers_in_time(nodes.back());
    answers_in_time(list);
    poolgraph_options options = {};
    options.max_width = 3;
    std::string more = "\"" + std::to_string(MANY - 2) + " more references\"";
    EXPECT_NE(backrefs({nodes.back()}, options).find(more), std::string::npos);
    EXPECT_EQ(poolgraph_referrers(heap_, nodes.back(), nullptr, nullptr), MANY + 1);
    poolobj_clear(&nodes.back()->right);
    poolobj_decref(nodes[0]);
}

TEST_F(LargeGraphTest, AMillionInRings) {
    for (size_t i = 0; i < MANY / 40; i++) poolobj_decref(ring(node_, 40));
    void *any = nullptr;
    poolobj_walk(
        heap_, nullptr, [](poolobj *object, void *arg) { *static_cast<void **>(arg) = object; },
        &any);
    answers_in_time(any);
}

TEST_F(LargeGraphTest, ARingOfAMillion) {
    std::vector<Node *> nodes = make_many();
    for (size_t i = 0; i < MANY; i++) poolobj_set(&nodes[i]->left, nodes[(i + 1) % MANY]);
    for (Node *node : nodes) poolobj_decref(node);
    with_little_stack([&] { answers_in_time(nodes[5]); });
    EXPECT_NE(why(nodes[5]).find("... " + std::to_string(MANY - 40) + " more objects"),
              std::string::npos);
}

TEST_F(LargeGraphTest, AMillionAtRandom) {
    struct rng rng = {1};
    std::vector<Node *> nodes = make_many();
    for (size_t i = 0; i + 1 < MANY; i++) poolobj_set(&nodes[i]->left, nodes[i + 1]);
    for (Node *node : nodes) poolobj_set(&node->right, nodes[rng_below(&rng, MANY)]);
    drop_all_but_first(nodes);
    answers_in_time(nodes.back());
    poolobj_decref(nodes[0]);
}

} // namespace
