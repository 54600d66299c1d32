# SPDX-License-Identifier: MIT
"""The lines of a CSV of the bench: words with blanks between, and comments that begin with "# "."""

import re
from statistics import median  # for those who import this module, too

# Ours come first in tables and last in charts, where they lie on top.
TABLE_ORDER = ['poolalloc', 'poolalloc8', 'glibc', 'jemalloc', 'mimalloc', 'tcmalloc', 'tbbmalloc',
               'pymalloc']
CHART_ORDER = ['glibc', 'jemalloc', 'mimalloc', 'tcmalloc', 'tbbmalloc', 'poolalloc8', 'poolalloc']
OURS = {'poolalloc', 'poolalloc8'}
HEAD = re.compile(r'(date|machine|commit|allocator|memory|load|python|CPython|times) ')


class Records:
    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        self.path = path
        self.first = lines[0] if lines else ''
        self.comments = [line[2:] for line in lines if line.startswith('# ')]
        self.rows = [line.split() for line in lines if line and not line.startswith('#')]

    def head(self):
        """What a table begins with: where the figures come from."""
        return [re.sub(r'^allocator \S+ ?', 'allocator ', line) for line in self.comments
                if HEAD.match(line)]

    def failures(self):
        return [line for line in self.comments if line.startswith('failed')]

    def versions(self):
        """The words for each allocator."""
        words = [line.split(' ', 2) for line in self.comments if line.startswith('allocator ')]
        return {word[1]: word[2] for word in words if len(word) == 3}

    def comment(self, start):
        """The rest of the first comment that begins so."""
        for line in self.comments:
            if line.startswith(start):
                return line[len(start):]
        return ''


def distinct(items):
    return list(dict.fromkeys(items))


def in_table_order(names):
    return [name for name in TABLE_ORDER if name in names] + \
        [name for name in names if name not in TABLE_ORDER]


def in_chart_order(names):
    return [name for name in names if name not in CHART_ORDER] + \
        [name for name in CHART_ORDER if name in names]


def groups(rows, key, value):
    """Lists of the values of rows that have the same key."""
    lists = {}
    for row in rows:
        lists.setdefault(key(row), []).append(value(row))
    return lists


def deviation(values):
    """The median absolute deviation."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
