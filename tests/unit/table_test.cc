// SPDX-License-Identifier: MIT
#include "graph/table.h"

#include "support/graph_fixture.h"
#include "support/os_faults.h"

namespace {

class TableTest : public GraphTest {
  protected:
    std::string table(size_t limit, const poolgraph_snapshot *snapshot = nullptr) {
        return printed([&](FILE *out) { return table_show(heap_, snapshot, limit, out); });
    }
    void keep_many(poolobj_type *type, int count) {
        for (int i = 0; i < count; i++) keep(poolobj_new(type));
    }
};

TEST_F(TableTest, IsCutWhereAsked) {
    keep_many(node_, 2);
    keep_many(list_, 1);
    keep_many(type_of(node_spec("two\nlines\x01")), 1);
    EXPECT_EQ(table(1), "     objects       bytes  type\n"
                        "           2          64  node\n"
                        "and 2 more types\n");
    EXPECT_EQ(table(2).substr(62), "           1          24  list\n"
                                   "and 1 more type\n");
    std::string all = "     objects       bytes  type\n"
                      "           2          64  node\n"
                      "           1          24  list\n"
                      "           1          32  two\\nlines\xef\xbf\xbd\n";
    for (size_t limit : {size_t(0), size_t(3), size_t(4), SIZE_MAX}) EXPECT_EQ(table(limit), all);
}

TEST_F(TableTest, OfGrowthHasAColumnMore) {
    keep_many(node_, 1);
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    keep_many(node_, 2);
    EXPECT_EQ(table(0, snapshot), "     objects        more       bytes  type\n"
                                  "           3           2          96  node\n");
    poolgraph_snapshot_free(snapshot);
}

TEST_F(TableTest, OfNothingIsALineOfWords) {
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    EXPECT_EQ(table(0), "no objects\n");
    EXPECT_EQ(table(0, snapshot), "nothing grew\n");
    poolgraph_snapshot_free(snapshot);
}

TEST_F(TableTest, WithoutMemoryNothingIsPrinted) {
    keep_many(node_, 1);
    std::string text = printed(
        [&](FILE *out) {
            OsFaults faults = OsFaults::from(ALL_CALLS, 0);
            return table_show(heap_, nullptr, 0, out);
        },
        -1);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(text, "");
}

} // namespace
