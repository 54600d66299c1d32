// SPDX-License-Identifier: MIT
#include "object/reach.h"

#include "support/object_fixture.h"

namespace {

class ReachTest : public ObjectTest {
  protected:
    // Finds the unreachable of all generations, as a collection does before it ends any.
    size_t find() {
        chain_ = generation_take(heap_, OLDEST);
        return reach_find(heap_, chain_, OLDEST);
    }
    static bool is_white(Node *node) { return ledger_set_has(&ledger_marks(node)->white, node); }
    // Brings the heap back to the state between collections.
    void leave() {
        generation_sort(heap_, chain_);
        for (struct type_pool *pool = chain_; pool != nullptr; pool = pool->next_work)
            reach_each(
                pool,
                [](poolobj *object, void *) {
                    ledger_marks(object)->white.word[ledger_set_word(object)] &=
                        ~ledger_set_bit(object);
                },
                nullptr);
        generation_let_go(chain_);
    }
    struct type_pool *chain_ = nullptr;
};

// The example of src/object/README.md.
TEST_F(ReachTest, FiveObjectsHaveTheCountsOfTheGuide) {
    Node *a = make(), *b = make(), *c = make(), *d = make(), *e = make();
    poolobj_set(&a->left, b);
    poolobj_set(&b->left, a);
    poolobj_set(&c->left, d);
    poolobj_set(&c->right, b);
    poolobj_set(&d->left, c);
    poolobj_set(&d->right, e);
    for (Node *node : {b, c, d, e}) poolobj_decref(node);
    const int counts[] = {2, 2, 1, 1, 1}, working[] = {1, 1, 0, 0, 0};
    Node *const all[] = {a, b, c, d, e};
    EXPECT_EQ(find(), 5u);
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(poolobj_refcount(all[i]), counts[i]) << i;
        EXPECT_EQ(*ledger_count(all[i]), uint32_t(working[i])) << i;
        EXPECT_EQ(is_white(all[i]), i >= 2) << i;
    }
    EXPECT_EQ(reach_count(chain_), 3u);
    leave();
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
    EXPECT_EQ(dropped, (std::vector<long>{3, 4, 5}));
    EXPECT_EQ(poolobj_refcount(b), 1);
    poolobj_decref(a);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

// Who was made reachable by a finalizer takes along what it refers to.
TEST_F(ReachTest, AgainFindsWhatIsHeldFromOutsideOfTheWhite) {
    Node *first = ring(node_, 3), *second = ring(node_, 4);
    poolobj_decref(first);
    poolobj_decref(second);
    EXPECT_EQ(find(), 7u);
    EXPECT_EQ(reach_count(chain_), 7u);
    poolobj_incref(first);
    reach_find_again(heap_, chain_);
    EXPECT_EQ(reach_count(chain_), 4u);
    EXPECT_FALSE(is_white(first));
    EXPECT_TRUE(is_white(second));
    leave();
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 4u);
    poolobj_decref(first);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
}

} // namespace
