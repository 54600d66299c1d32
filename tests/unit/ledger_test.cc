// SPDX-License-Identifier: MIT
// Where what is known of an object lies.
#include "object/ledger.h"

#include <set>

#include "support/object_fixture.h"

namespace {

using LedgerTest = ObjectTest;

TEST_F(LedgerTest, EachObjectHasACountAndABitOfItsOwn) {
    std::vector<Node *> nodes(300);
    std::set<const uint32_t *> counts;
    std::set<std::pair<const void *, std::pair<unsigned, uint64_t>>> bits;
    for (Node *&node : nodes) {
        node = make();
        EXPECT_TRUE(ledger_covers(reinterpret_cast<uintptr_t>(node)));
        counts.insert(ledger_count(node));
        bits.insert({ledger_marks(node), {ledger_set_word(node), ledger_set_bit(node)}});
        EXPECT_EQ(ledger_pool(node)->type, node_);
    }
    EXPECT_EQ(counts.size(), nodes.size());
    EXPECT_EQ(bits.size(), nodes.size());
    for (Node *node : nodes) poolobj_decref(node);
}

TEST_F(LedgerTest, OnlyWhatIsWhiteBecomesGrey) {
    struct marks marks = {};
    alignas(4096) static char page[4096];
    const void *white = page + 16 * 70, *other = page + 16 * 71;
    marks.white.word[ledger_set_word(white)] = ledger_set_bit(white);
    ledger_rescue(&marks, other);
    EXPECT_FALSE(ledger_set_any(&marks.grey));
    ledger_rescue(&marks, white);
    EXPECT_TRUE(ledger_set_has(&marks.grey, white));
    EXPECT_EQ(ledger_set_count(&marks.grey), 1u);
    EXPECT_FALSE(ledger_set_any(&marks.white));
}

// Loops over references need no test for NULL.
TEST_F(LedgerTest, NullHasACountAndIsNeverMarked) {
    Node *node = make();
    EXPECT_EQ(*ledger_count(nullptr), 1u);
    EXPECT_FALSE(ledger_set_has(&ledger_marks(nullptr)->white, nullptr));
    EXPECT_FALSE(ledger_covers(0));
    poolobj_decref(node);
}

} // namespace
