# SPDX-License-Identifier: MIT
"""Two builds of the library, `old` and `new`, in one CSV of bench/run: medians of each measure, and the
median of new over old within the rounds."""

import math

from charts.matrix import values_of
from charts.records import deviation, distinct, median
from charts.table import Note, Table

MEASURES = [('cpu', '%.3f'), ('rss', '%.1f'), ('vm', '%.1f'), ('locks', '%.0f')]


def figures_of(records):
    """{(row, name, measure): {round: value}}"""
    figures = {}
    for row in records.rows:
        for key, value in values_of(row).items():
            if value is not None:
                figures.setdefault((row[0], row[1], key), {})[row[8]] = value
    for line in records.comments:
        words = line.split()
        if words[0] == 'calls:' and int(words[3]) > 0:
            figures.setdefault((words[1], words[2], 'locks'), {})[words[5]] = \
                1e6 * int(words[4]) / int(words[3])
    return figures


def mark_of(ratio, spread, rounds):
    """A gap counts beyond three deviations and beyond 2 %, as bench/README.md has it."""
    gap = abs(1 - ratio)
    if rounds < 3 or gap <= 3 * spread or gap <= 0.02:
        return ' '
    return '+' if ratio < 1 else '-'


def tables(records):
    figures, rounds = figures_of(records), max(int(row[8]) for row in records.rows)
    table = Table('', [''] + [head for key, _ in MEASURES
                              for head in (f'{key} old', 'new', 'new/old')])
    ratios_by = {key: [] for key, _ in MEASURES}
    for row in distinct(row[0] for row in records.rows):
        cells = []
        for key, form in MEASURES:
            old, new = (figures.get((row, name, key), {}) for name in ('old', 'new'))
            ratios = [new[r] / old[r] for r in old if r in new and old[r] > 0]
            cells += [form % median(values.values()) if values else '-' for values in (old, new)]
            cells.append(f'{median(ratios):.2f}{mark_of(median(ratios), deviation(ratios), rounds)}'
                         if ratios else '')
            ratios_by[key] += [median(ratios)] if ratios else []
        table.add(row, *cells)
    for title, of in (('geometric mean', lambda r: math.exp(sum(map(math.log, r)) / len(r))),
                      ('worst', max)):
        table.add(title, *(cell for key, _ in MEASURES for cell in
                           ('', '', f'{of(ratios_by[key]):.2f} ' if any(ratios_by[key]) else '')))
    return [table, Note(
        f'Medians of {rounds} rounds. cpu: processor time in s. rss, vm: peak of resident memory\n'
        'and of address space in MiB. locks: takings of the shared lock in a million calls.\n'
        'new/old: median over the rounds; + less, - more, beyond three median absolute deviations\n'
        'and 2 %.')]
