# SPDX-License-Identifier: MIT
"""What libpoolobj is measured by: the collector, values, the language, and the growth of lists."""

from charts.records import distinct, groups, median
from charts.table import Table

# ---- The collector: "GRAPH COLLECTOR OBJECTS NS ROUND", and "count NAME FIGURE UNIT" ----


def collector_times(records):
    rows = [row for row in records.rows if row[0] != 'count']
    lists = groups(rows, lambda row: (row[0], row[1]), lambda row: float(row[3]))
    return rows, {key: median(values) for key, values in lists.items()}


def collector_tables(records):
    rows, times = collector_times(records)
    names, objects = distinct(row[1] for row in rows), {row[0]: row[2] for row in rows}
    graphs = Table('', ['ns per object', 'objects'] + names + ['cpython/ours'])
    for graph in objects:
        peer = times.get((graph, 'cpython'))
        graphs.add(graph, objects[graph], *(
            f'{times[graph, name]:.1f}' if (graph, name) in times else '-' for name in names),
            f'{peer / times[graph, "poolobj"]:.1f}' if peer else '-')
    counts = Table('', ['count or pause', 'median', 'unit'])
    lists = groups([row for row in records.rows if row[0] == 'count'], lambda row: (row[1], row[3]),
                   lambda row: float(row[2]))
    for (name, unit), values in lists.items():
        counts.add(name, f'{median(values):.2f}', unit)
    return [graphs, counts]


def collector_charts(records, folder, kinds):
    from charts import style
    rows, times = collector_times(records)
    names, graphs = distinct(row[1] for row in rows), distinct(row[0] for row in rows)
    figure, axes = style.start(1200, 560, 'A full collection, by what the objects refer to')
    width = 0.8 / len(names)
    for j, name in enumerate(names):
        axes.bar([i + (j - (len(names) - 1) / 2) * width for i in range(len(graphs))],
                 [times.get((graph, name), 0) for graph in graphs], width, label=name,
                 color=style.colour_of(name))
    axes.set_yscale('log')
    axes.set_ylim(bottom=0.5)
    axes.set_xticks(range(len(graphs)), graphs)
    axes.grid(False, axis='x')
    axes.set_ylabel('nanoseconds per object, less is better')
    style.key(axes, 'above', len(names))
    style.save(figure, f'{folder}/collector', kinds)


# ---- Values: "PROGRAM NAME FIGURE UNIT ROUND" ----

PROGRAMS = {'poolval': 'poolval', 'pools': 'without free lists', 'cpython': 'cpython'}


def values_tables(records):
    lists = groups(records.rows, lambda row: (row[0], row[1]), lambda row: float(row[2]))
    parts = []
    for unit, title in (('ns', 'ns per operation'), ('bytes', 'bytes per object')):
        table = Table('', [title] + list(PROGRAMS.values()) + ['cpython/poolval'])
        for name in distinct(row[1] for row in records.rows if row[3] == unit):
            figures = {program: median(lists[program, name]) for program in PROGRAMS
                       if (program, name) in lists}
            ratio = f'{figures["cpython"] / figures["poolval"]:.2f}' if 'cpython' in figures else '-'
            table.add(name, *(f'{figures[program]:.1f}' if program in figures else '-'
                              for program in PROGRAMS), ratio)
        parts.append(table)
    return parts


# ---- The language: "PROGRAM LANGUAGE SECONDS KIB PAUSE" ----


def language_tables(records):
    times = groups(records.rows, lambda row: (row[0], row[1]), lambda row: 1000 * float(row[2]))
    peaks = groups(records.rows, lambda row: (row[0], row[1]), lambda row: int(row[3]) / 1024)
    pauses = groups(records.rows, lambda row: row[0], lambda row: float(row[4]))
    languages = distinct(row[1] for row in records.rows)
    table = Table('', [''] + [f'{language} {unit}' for unit in ('ms', 'MiB')
                              for language in languages + ['ratio']] + ['pause ms'])
    for program, pause in pauses.items():
        cells = []
        for lists, form in ((times, '%d'), (peaks, '%.1f')):
            figures = {language: median(lists[program, language]) for language in languages}
            cells += [form % figures[language] for language in languages]
            cells.append(f'{figures["ours"] / figures["python"]:.2f}' if 'python' in figures else '-')
        table.add(program, *cells, f'{max(pause):.2f}')
    return [table]


# ---- examples/growth.txt: "length present classic", a line where the room of a list changes ----


def growth_charts(records, folder, kinds):
    from charts import style
    lengths, present, classic = zip(*(map(int, row) for row in records.rows[1:]))
    figure, axes = style.start(900, 520, 'Room of a list to which items are appended')
    axes.plot(lengths, present, drawstyle='steps-post', color='#d55e00',
              label='present rule: 0 4 8 16 24 32 40 52 64 76 ...')
    axes.plot(lengths, classic, drawstyle='steps-post', color='#0072b2',
              label='classic rule: 0 4 8 16 25 35 46 58 72 88 ...')
    axes.plot([0, 112], [0, 112], color='#888888', linestyle='--', linewidth=1, label='items')
    axes.set_xlim(0, 93)
    axes.set_ylim(0, 112)
    axes.set_xlabel('items')
    axes.set_ylabel('room, items')
    axes.legend(loc='lower right')
    style.save(figure, f'{folder}/list_growth', kinds)
