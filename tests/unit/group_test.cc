// SPDX-License-Identifier: MIT
// What pieces have left, divided into groups: how large they are, and what becomes of what fits
// into none.
#include "object/group.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "object/verdict.h"
#include "support/counted_malloc.h"
#include "support/round_fixture.h"

namespace {

enum { RING = ROUND_PIECE_MAX + 1000, MOST = 2 * RING + 500 }; // more than a piece, two to a group

// A heap of its own, with a round under way.
class OtherRound {
  public:
    OtherRound() : heap_(poolobj_heap_new()) {
        static const size_t refs[] = {offsetof(Node, left), POOLOBJ_END};
        poolobj_typespec spec = {};
        spec.name = "other";
        spec.size = sizeof(Node);
        spec.refs = refs;
        poolobj_type *type = poolobj_type_new(heap_, &spec);
        for (int i = 0; i < 5 * RING; i++) {
            Node *node = static_cast<Node *>(poolobj_new(type));
            poolobj_set(&node->left, node);
            poolobj_decref(node);
            uintptr_t pool = align_down(reinterpret_cast<uintptr_t>(node), POOL_SIZE);
            marks_[pool] = {};
        }
        while (heap_->round.phase != ROUND_BATCHES) collect_step(heap_, UINT64_MAX, 0);
        for (auto &[pool, marks] : marks_) marks = *ledger_round(reinterpret_cast<void *>(pool));
    }
    ~OtherRound() { poolobj_heap_close(heap_); }
    bool has(const void *object) const {
        return marks_.count(align_down(reinterpret_cast<uintptr_t>(object), POOL_SIZE)) != 0;
    }
    bool is_as_before() const {
        for (auto &[pool, marks] : marks_)
            if (memcmp(&marks, ledger_round(reinterpret_cast<void *>(pool)), sizeof marks) != 0)
                return false;
        return true;
    }

  private:
    poolobj_heap *heap_;
    std::map<uintptr_t, struct marks> marks_;
};

class GroupTest : public RoundSteps {
  protected:
    void SetUp() override {
        RoundSteps::SetUp();
        group_max = MOST;
    }
    void TearDown() override {
        RoundSteps::TearDown();
        group_max = GROUP_MAX;
    }
    const struct group &group() const { return heap_->round.group; }
    // Goes through a round, and returns how many objects went at a time.
    std::vector<size_t> condemned() {
        std::vector<size_t> sizes;
        size_t before = 0;
        bool goes = false;
        step_until([&](const gc_round &round) {
            if (goes && !round.certified) sizes.push_back(round.freed - before);
            if (!round.certified) before = round.freed;
            goes = round.certified;
            return false;
        });
        return sizes;
    }
};

TEST_F(GroupTest, FewAreOneGroupThatNoMemoryIsTakenFor) {
    lost_ring(node_, RING);
    ASSERT_TRUE(step_to(ROUND_DRY));
    EXPECT_TRUE(group().is_all);
    EXPECT_EQ(group().lump, nullptr);
    finish();
    EXPECT_EQ(dropped.size(), size_t(RING));
}

TEST_F(GroupTest, WithoutMemoryForALumpAllComesBack) {
    for (int i = 0; i < 5; i++) lost_ring(node_, RING);
    ASSERT_TRUE(step_to(ROUND_ASIDE));
    malloc_fault_for_test = [] { return true; };
    EXPECT_TRUE(step_to(ROUND_DRY));
    malloc_fault_for_test = nullptr;
    EXPECT_TRUE(group().is_all);
    finish();
    EXPECT_EQ(dropped.size(), size_t(5 * RING));
}

TEST_F(GroupTest, EachIsAsManyWholeLumpsAsHaveRoom) {
    for (int i = 0; i < 5; i++) lost_ring(node_, RING);
    EXPECT_EQ(condemned(), (std::vector<size_t>{2 * RING, 2 * RING, RING}));
    EXPECT_EQ(dropped.size(), size_t(5 * RING));
}

// The sums that are taken as the members come are those of the test.
TEST_F(GroupTest, ItsSumsAreThoseOfTheTest) {
    std::vector<Node *> firsts;
    for (int i = 0; i < 4; i++) {
        firsts.push_back(ring(node_, RING));
        poolobj_set(&firsts[i]->right, firsts[i / 2 * 2]);
    }
    for (Node *first : firsts) poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_CHECK));
    const uint64_t sum = group().sum, edges = group().edges;
    EXPECT_EQ(sum, uint64_t(2 * RING + 2));
    EXPECT_EQ(edges, sum);
    bool called = true;
    verdict_check(heap_, &called);
    EXPECT_FALSE(called);
    EXPECT_EQ(heap_->round.sum, sum);
    EXPECT_EQ(heap_->round.edges, edges);
    finish();
    EXPECT_EQ(dropped.size(), size_t(4 * RING));
}

// Pools of the lump go, and another heap has a round under way in their place.
TEST_F(GroupTest, WhatLiesInThePlaceOfALumpThatDiedIsLeftAlone) {
    for (int length : {600, RING - 1}) { // objects in fewer pools than are noted, or in more
        Node *first = ring(node_, 2 * MOST), *rest = first, *last; // more than a lump
        std::vector<Node *> dead;
        for (int i = 0; i < length; i++, rest = rest->left) dead.push_back(rest);
        for (last = rest; last->left != first;) last = last->left;
        poolobj_weakref *weakref = poolobj_weakref_new(rest, nullptr, nullptr);
        poolobj_decref(first);
        ASSERT_TRUE(step_to(ROUND_ASIDE));
        // The heap keeps the last pools at hand that went: those of these nodes, which are not in
        // the round.
        std::vector<Node *> spare(2 * STORE_EMPTY_POOLS * POOL_SIZE / sizeof(Node));
        for (Node *&node : spare) node = make();
        ASSERT_TRUE(step_until([&](const gc_round &round) {
            return round.phase == ROUND_GROUP && round.group.lump_count > RING;
        }));
        ASSERT_TRUE(is_white(first));
        ASSERT_EQ(poolobj_weakref_get(weakref), rest);
        poolobj_set(&last->left, nullptr); // what was before the rest dies
        EXPECT_EQ(heap_->round.group.gone_count > GROUP_GONE_MAX, length != 600);
        for (Node *node : spare) poolobj_decref(node);
        OtherRound other;
        EXPECT_TRUE(std::any_of(dead.begin(), dead.end(), [&](Node *n) { return other.has(n); }));
        finish();
        EXPECT_TRUE(other.is_as_before());
        poolobj_weakref_free(weakref);
        poolobj_decref(rest);
        EXPECT_EQ(dropped.size(), 2 * MOST + spare.size());
        dropped.clear();
    }
}

// Lower addresses come back first.
TEST_F(GroupTest, AGroupThatSomethingAsideRefersToGrows) {
    Node *low = ring(node_, RING), *middle = ring(node_, RING), *high = ring(node_, RING);
    poolobj_set(&high->right, low);
    poolobj_decref(low);
    poolobj_decref(middle);
    poolobj_decref(high);
    EXPECT_EQ(condemned(), (std::vector<size_t>{3 * RING}));
}

TEST_F(GroupTest, WhereOneSeedLeadsToTooManyAllComesBack) {
    lost_ring(node_, MOST + 1);
    lost_ring(node_, RING);
    EXPECT_EQ(condemned(), (std::vector<size_t>{MOST + 1 + RING}));
}

// The references of such an object are followed part by part.
TEST_F(GroupTest, AnObjectWithManyReferencesComesBackWithAllOfThem) {
    enum { PARTS = 2 * SCAN_FIELDS + 100 };
    static std::vector<poolobj *> parts;
    poolobj_typespec spec = node_spec("hub");
    spec.refs = nullptr;
    spec.fields = nullptr;
    spec.traverse = [](poolobj *, poolobj_visit visit, void *arg) {
        visit(parts.data(), parts.size(), arg);
    };
    Node *hub = make(type_of(spec));
    for (int i = 0; i < PARTS; i++) {
        Node *part = make();
        poolobj_set(&part->left, hub);
        parts.push_back(&part->base);
    }
    poolobj_decref(hub);
    lost_ring(node_, RING);
    std::vector<size_t> sizes = condemned();
    std::sort(sizes.begin(), sizes.end());
    EXPECT_EQ(sizes, (std::vector<size_t>{RING, PARTS + 1}));
    parts.clear();
}

// What the program has taken up by a weak reference fails its group, and no other garbage stays.
TEST_F(GroupTest, WhatIsHeldByNowStays) {
    Node *held = ring(node_, RING);
    for (int i = 0; i < 3; i++) lost_ring(node_, RING);
    poolobj_weakref *weakref = poolobj_weakref_new(held->left, nullptr, nullptr);
    poolobj_decref(held);
    ASSERT_TRUE(step_to(ROUND_GROUP));
    Node *taken = static_cast<Node *>(poolobj_weakref_get(weakref));
    ASSERT_NE(taken, nullptr);
    finish();
    EXPECT_EQ(dropped.size(), size_t(3 * RING));
    poolobj_decref(taken);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), size_t(RING));
    poolobj_weakref_free(weakref);
}

} // namespace
