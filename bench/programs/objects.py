# SPDX-License-Identifier: MIT
"""What CPython programs do with memory: JSON, regular expressions, parsing, sorting, objects and
dictionaries. Prints a sum of each part, the same under every allocator."""
import ast
import json
import re


class Node:
    def __init__(self, key, parent):
        self.key, self.parent, self.children = key, parent, []


def texts():
    records = [{"id": i, "name": f"name {i}", "tags": [str(j) for j in range(i % 9)],
                "score": i / 7, "nested": {"left": i, "right": [i, None, True]}}
               for i in range(25000)]
    text = json.dumps(records)
    again = json.loads(text)
    return len(text) + sum(len(record["tags"]) for record in again)


def expressions():
    line = re.compile(r"(\w+)=(\d+);?\s*")
    text = "\n".join(f"key{i}={i * 31}; other{i % 97}={i};" for i in range(40000))
    found = sum(int(match.group(2)) for match in line.finditer(text))
    return found + len(line.sub(r"\2:\1 ", text)) + len(re.split(r"[;=\s]+", text))


def parsing():
    source = "\n".join(f"def f{i}(a, b={i}, *c):\n    if a > b:\n"
                       f"        return [x * {i} for x in c]\n"
                       f"    return {{'k{i}': a + b * {i}, **d}}\n" for i in range(1500))
    tree = ast.parse(source)
    code = compile(tree, "generated", "exec")
    return sum(1 for _ in ast.walk(tree)) + len(code.co_names)


def sorting():
    state, words = 12345, []
    for _ in range(120000):
        state = (state * 1103515245 + 12345) % 2147483648
        words.append((f"{state % 5003:04d}{state % 7}", state))
    words.sort(key=lambda pair: (pair[0], -pair[1]))
    return sum(i * pair[1] for i, pair in enumerate(words)) % 1000003


def objects():
    root = Node(0, None)
    level, key = [root], 1
    for _ in range(16):
        following = []
        for parent in level[:6000]:
            for _ in range(2):
                parent.children.append(Node(key, parent))
                key += 1
            following.extend(parent.children)
        level = following
    return key + sum(node.key for node in level)


def dictionaries():
    counts = {}
    for i in range(400000):
        word = f"w{i * 7919 % 30011}"
        counts[word] = counts.get(word, 0) + i
    inverse = {}
    for word, count in counts.items():
        inverse.setdefault(count % 1009, set()).add(word)
    return len(counts) + max(len(words) for words in inverse.values())


for part in (texts, expressions, parsing, sorting, objects, dictionaries):
    print(part.__name__, part())
