// SPDX-License-Identifier: MIT
// graph_fixture.h - heaps for the tests of poolgraph.h: nodes with two references, tuples whose
// references are items, lists that report theirs by `traverse`, and what the functions print.
#ifndef POOLALLOC_TEST_GRAPH_FIXTURE_H
#define POOLALLOC_TEST_GRAPH_FIXTURE_H

#include <poolgraph.h>

#include "graph/graph.h"
#include "support/object_fixture.h"

struct List {
    poolobj base;
    poolobj **item;
    size_t length;
};

struct Tuple {
    poolobj base;
    poolobj *item[1];
};

class GraphTest : public ObjectTest {
  protected:
    void SetUp() override;

    // What a function prints to the stream it is called with; it must return `result`. errno is
    // as the function left it.
    std::string printed(const std::function<ptrdiff_t(FILE *)> &function, ptrdiff_t result = 0);
    std::string why(const void *object, const poolgraph_options *options = nullptr);
    std::string refs(std::vector<void *> objects, const poolgraph_options &options = {});
    std::string backrefs(std::vector<void *> objects, const poolgraph_options &options = {});
    // Options that show the ids of nodes.
    static poolgraph_options with_ids();

    List *make_list(const std::vector<void *> &items);
    Tuple *make_tuple(const std::vector<void *> &items);
    // References of the test that TearDown drops.
    template <typename Object> Object *keep(Object *object) {
        kept_.push_back(object);
        return object;
    }
    // A row of nodes by `left`, the first held.
    std::vector<Node *> row(size_t length);
    // `count` nodes that refer to each other at random; some are held, most are not.
    std::vector<Node *> random_nodes(struct rng *rng, size_t count);
    void TearDown() override;

    poolobj_type *list_ = nullptr, *tuple_ = nullptr;
    std::vector<void *> kept_;
};

// A graph of the heap, opened and checked.
class OpenGraph {
  public:
    explicit OpenGraph(poolobj_heap *heap) {
        EXPECT_TRUE(graph_open(&graph_, heap));
        graph_check(&graph_);
    }
    ~OpenGraph() { graph_close(&graph_); }
    OpenGraph(const OpenGraph &) = delete;
    OpenGraph &operator=(const OpenGraph &) = delete;
    const struct graph *operator->() const { return &graph_; }
    operator const struct graph *() const { return &graph_; }
    uint32_t number(const void *object) const { return graph_number(&graph_, object); }

  private:
    struct graph graph_;
};

#endif
