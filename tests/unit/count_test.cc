// SPDX-License-Identifier: MIT
#include "graph/count.h"

#include <algorithm>

#include "support/graph_fixture.h"

namespace {

class CountTest : public GraphTest {
  protected:
    using Counts = std::vector<poolgraph_type_count>;
    static std::string text_of(const Counts &counts) {
        std::string text;
        for (const poolgraph_type_count &count : counts)
            text += std::string(poolobj_type_name(count.type)) + " " +
                    std::to_string(count.objects) + "-" + std::to_string(count.before) + " ";
        return text;
    }
    std::string counts(size_t room) {
        Counts counts(room);
        found_ = poolgraph_counts(heap_, counts.data(), room);
        counts.resize(std::min(room, found_));
        return text_of(counts);
    }
    std::string growth(const poolgraph_snapshot *snapshot) {
        Counts counts(100);
        counts.resize(poolgraph_growth(snapshot, counts.data(), counts.size()));
        return text_of(counts);
    }
    void keep_many(poolobj_type *type, int count) {
        for (int i = 0; i < count; i++) keep(poolobj_new(type));
    }
    size_t found_ = 0;
};

TEST_F(CountTest, CountsByName) {
    poolobj_type *same_name = type_of(node_spec());
    keep_many(node_, 3);
    keep_many(same_name, 4);
    poolobj_decref(make()); // the dead do not count
    EXPECT_EQ(poolgraph_count(heap_, "node"), 7u);
    EXPECT_EQ(poolgraph_count(heap_, "list"), 0u);
    EXPECT_EQ(poolgraph_count(heap_, "no such type"), 0u);
}

TEST_F(CountTest, TheMostCommonComeFirst) {
    keep_many(list_, 5);
    keep_many(node_, 7);
    keep_many(tuple_, 5);
    EXPECT_EQ(counts(10), "node 7-0 list 5-0 tuple 5-0 ");
    EXPECT_EQ(counts(2), "node 7-0 list 5-0 ");
    EXPECT_EQ(counts(1), "node 7-0 ");
    EXPECT_EQ(counts(0), "");
    EXPECT_EQ(found_, 3u);
}

// Ranks types by a sort of all of them.
TEST_F(CountTest, TheFirstOfManyTypesAreTheFirst) {
    struct rng rng = {test_seed()};
    std::vector<std::pair<size_t, std::string>> all;
    for (int i = 0; i < 200; i++) {
        std::string name = "type" + std::to_string(i);
        size_t objects = 1 + rng_below(&rng, 30);
        keep_many(type_of(node_spec(name.c_str())), int(objects));
        all.emplace_back(1000 - objects, name);
    }
    std::sort(all.begin(), all.end());
    for (size_t room : {1, 2, 3, 17, 199, 200, 201}) {
        Counts first(room);
        EXPECT_EQ(poolgraph_counts(heap_, first.data(), room), 200u);
        for (size_t i = 0; i < std::min<size_t>(room, 200); i++) {
            EXPECT_EQ(poolobj_type_name(first[i].type), all[i].second);
            EXPECT_EQ(first[i].objects, 1000 - all[i].first);
            EXPECT_EQ(first[i].bytes, first[i].objects * 32);
        }
    }
}

TEST_F(CountTest, GrowthIsWhatIsMoreThanInTheSnapshot) {
    keep_many(node_, 3);
    keep_many(list_, 3);
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    EXPECT_EQ(growth(snapshot), "");
    keep_many(node_, 1);
    keep_many(list_, 2);
    keep_many(type_of(node_spec("later")), 9);
    EXPECT_EQ(growth(snapshot), "later 9-0 list 5-3 node 4-3 ");
    EXPECT_EQ(printed([&](FILE *out) { return poolgraph_show_growth(snapshot, 2, out); }),
              "     objects        more       bytes  type\n"
              "           9           9         288  later\n"
              "           5           2         120  list\n"
              "and 1 more type\n");
    poolgraph_snapshot_free(snapshot);
    poolgraph_snapshot_free(nullptr);
}

TEST_F(CountTest, TypesThatCameAndWentMixUpNoRows) {
    poolobj_type *first = type_of(node_spec("first")), *second = type_of(node_spec("second"));
    Node *node = make(first);
    keep_many(second, 4);
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    poolobj_type_free(first);
    poolobj_decref(node);
    poolobj_type *third = type_of(node_spec("third")); // at the address of the first, perhaps
    keep_many(third, 2);
    EXPECT_EQ(growth(snapshot), "third 2-0 ");
    keep_many(second, 1);
    EXPECT_EQ(poolgraph_snapshot_raise(snapshot), 0);
    keep_many(second, 1);
    EXPECT_EQ(growth(snapshot), "second 6-5 ");
    poolgraph_snapshot_free(snapshot);
}

// A type that goes up and down is no growth after it has been up.
TEST_F(CountTest, ARaisedSnapshotRemembersTheMost) {
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    std::vector<Node *> some = {make(), make(), make()};
    EXPECT_EQ(poolgraph_snapshot_raise(snapshot), 0);
    for (Node *node : some) poolobj_decref(node);
    EXPECT_EQ(poolgraph_snapshot_raise(snapshot), 0);
    keep_many(node_, 3);
    EXPECT_EQ(growth(snapshot), "");
    keep_many(node_, 1);
    EXPECT_EQ(growth(snapshot), "node 4-3 ");
    keep_many(type_of(node_spec("later")), 2);
    EXPECT_EQ(poolgraph_snapshot_raise(snapshot), 0);
    EXPECT_EQ(growth(snapshot), "");
    poolgraph_snapshot_free(snapshot);
}

} // namespace
