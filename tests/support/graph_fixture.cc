// SPDX-License-Identifier: MIT
#include "support/graph_fixture.h"

void GraphTest::SetUp() {
    ObjectTest::SetUp();
    poolobj_typespec spec = {};
    spec.name = "list";
    spec.size = sizeof(List);
    spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
        List *list = reinterpret_cast<List *>(object);
        visit(list->item, list->length, arg);
    };
    spec.drop = [](poolobj *object) { delete[] reinterpret_cast<List *>(object)->item; };
    list_ = type_of(spec);
    spec = poolobj_typespec{};
    spec.name = "tuple";
    spec.size = offsetof(Tuple, item);
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    tuple_ = type_of(spec);
}

void GraphTest::TearDown() {
    for (void *object : kept_) poolobj_decref(object);
    kept_.clear();
    ObjectTest::TearDown();
}

std::string GraphTest::printed(const std::function<ptrdiff_t(FILE *)> &function, ptrdiff_t result) {
    char *text = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    EXPECT_EQ(function(stream), result) << strerror(errno);
    int error = errno;
    fclose(stream);
    std::string string(text, size);
    std::free(text);
    errno = error;
    return string;
}

std::string GraphTest::why(const void *object, const poolgraph_options *options) {
    return printed([&](FILE *out) { return poolgraph_why(heap_, object, options, out); });
}

std::string GraphTest::refs(std::vector<void *> objects, const poolgraph_options &options) {
    return printed([&](FILE *out) {
        return poolgraph_show_refs(heap_, objects.data(), objects.size(), &options, out);
    });
}

std::string GraphTest::backrefs(std::vector<void *> objects, const poolgraph_options &options) {
    return printed([&](FILE *out) {
        return poolgraph_show_backrefs(heap_, objects.data(), objects.size(), &options, out);
    });
}

poolgraph_options GraphTest::with_ids() {
    poolgraph_options options = {};
    options.flags = POOLGRAPH_NO_LEGEND;
    options.describe = [](poolobj *object, char *text, size_t size, void *) {
        if (strcmp(poolobj_type_name(poolobj_typeof(object)), "node") != 0) return 0;
        return snprintf(text, size, "%ld", reinterpret_cast<Node *>(object)->id);
    };
    return options;
}

List *GraphTest::make_list(const std::vector<void *> &items) {
    List *list = static_cast<List *>(poolobj_new(list_));
    list->item = new poolobj *[items.size()]();
    list->length = items.size();
    for (size_t i = 0; i < items.size(); i++) poolobj_set(&list->item[i], items[i]);
    return list;
}

Tuple *GraphTest::make_tuple(const std::vector<void *> &items) {
    Tuple *tuple = static_cast<Tuple *>(poolobj_new_items(tuple_, items.size()));
    for (size_t i = 0; i < items.size(); i++) poolobj_set(&tuple->item[i], items[i]);
    return tuple;
}

std::vector<Node *> GraphTest::row(size_t length) {
    std::vector<Node *> nodes = {keep(make())};
    while (nodes.size() < length) {
        nodes.back()->left = make();
        nodes.push_back(nodes.back()->left);
    }
    return nodes;
}

std::vector<Node *> GraphTest::random_nodes(struct rng *rng, size_t count) {
    std::vector<Node *> nodes;
    for (size_t i = 0; i < count; i++) nodes.push_back(make());
    for (Node *node : nodes) {
        if (rng_below(rng, 10) < 7) poolobj_set(&node->left, nodes[rng_below(rng, count)]);
        if (rng_below(rng, 10) < 4) poolobj_set(&node->right, nodes[rng_below(rng, count)]);
    }
    for (Node *node : nodes)
        if (rng_below(rng, count) < 4) poolobj_incref(keep(node));
    return nodes;
}
