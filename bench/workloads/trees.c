/* SPDX-License-Identifier: MIT */
/*
 * Binary trees of depth 4 to 16 built bottom up, walked and dropped while one tree of depth 18
 * stays. Imitates compilers and functional programs; after binary-trees of the Benchmarks Game.
 */
#include "../harness.h"

struct node {
    struct node *left, *right;
    size_t key;
};

static struct node *build(unsigned depth) {
    struct node *node = malloc(sizeof *node);
    if (node == NULL) die("out of memory");
    *node = (struct node){NULL, NULL, depth};
    if (depth > 0) {
        node->left = build(depth - 1);
        node->right = build(depth - 1);
    }
    return node;
}

static size_t count(const struct node *node) {
    return node == NULL ? 0 : 1 + count(node->left) + count(node->right);
}

static void drop(struct node *node) {
    if (node == NULL) return;
    drop(node->left);
    drop(node->right);
    free(node);
}

static void check(const struct node *node, unsigned depth) {
    if (count(node) != ((size_t)2 << depth) - 1) die("a tree lost nodes");
}

int main(int argc, char **argv) {
    size_t nodes_each = size_argument(argc, argv, 1, 4500000);
    struct node *stays = build(18);
    for (unsigned depth = 4; depth <= 16; depth += 2) {
        for (size_t nodes = 0; nodes < nodes_each; nodes += (size_t)2 << depth) {
            struct node *tree = build(depth);
            check(tree, depth);
            drop(tree);
        }
    }
    check(stays, 18);
    drop(stays);
    return 0;
}
