# SPDX-License-Identifier: MIT
# graphs.py - the graphs of graphs.c in CPython: objects with two __slots__, gc.collect().
import gc
import os
import random
import sys
import time

MILLION = 1000000


class Node:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = None
        self.right = None


def tree(depth):
    node = Node()
    if depth:
        node.left = tree(depth - 1)
        node.right = tree(depth - 1)
    return node


def shuffle(nodes):
    order = nodes[1:]
    random.shuffle(order)
    order.insert(0, nodes[0])
    return order


def shuffled_tree(count):
    order = shuffle([Node() for _ in range(count)])
    for i in range(1, count):
        parent = order[(i - 1) // 2]
        if i & 1:
            parent.right = order[i]
        else:
            parent.left = order[i]
    return order[0]


def random_references(count):
    nodes = [Node() for _ in range(count)]
    order = shuffle(nodes)
    for i in range(count - 1):
        order[i].left = order[i + 1]
    for node in nodes:
        node.right = nodes[int(random.random() * count)]
    return nodes[0]


def hub(count):
    nodes = [Node() for _ in range(count)]
    for i in range(count - 2):
        nodes[i].left = nodes[i + 1]
    for i in range(count - 1):
        nodes[i].right = nodes[-1]
    return nodes[0]


def ring(length):
    first = last = Node()
    for _ in range(length - 1):
        last.left = last = Node()
    last.left = first


def rings(count, length):
    for _ in range(count // length):
        ring(length)


def among(depth):
    node = Node()
    if depth % 2 == 0:
        ring(2)
    if depth:
        node.left = among(depth - 1)
        node.right = among(depth - 1)
    return node


def timed():
    start = time.perf_counter()
    found = gc.collect()
    return time.perf_counter() - start, found


def report(graph, objects, seconds):
    print(f"{graph} cpython {objects} {seconds * 1e9 / objects:.2f}", flush=True)


# What gc.collect takes without any of our objects is the interpreter's own, and taken off.
def live(graph, root, objects, own):
    timed()
    seconds = sorted(timed()[0] for _ in range(5))[2]
    report(graph, objects, seconds - own)


def garbage(graph, objects, own):
    report(graph, objects, timed()[0] - own)


def main(graph):
    gc.disable()
    gc.collect()
    own = sorted(timed()[0] for _ in range(5))[2]
    random.seed(1)
    small, large = 2**15 - 1, 2**20 - 1
    if graph == "tree_15":
        live(graph, tree(14), small, own)
    elif graph == "tree_20":
        live(graph, tree(19), large, own)
    elif graph == "shuffled":
        live(graph, shuffled_tree(large), large, own)
    elif graph == "random":
        live(graph, random_references(2 * MILLION), 2 * MILLION, own)
    elif graph == "hub":
        live(graph, hub(MILLION), MILLION, own)
    elif graph.startswith("rings_"):
        rings(MILLION, int(graph[6:]))
        garbage(graph, MILLION, own)
    elif graph == "among":
        root = among(19)
        garbage(graph, large + 2 * (2**21 // 3), own)
    os._exit(0)  # a chain would be taken apart by recursion


main(sys.argv[1])
