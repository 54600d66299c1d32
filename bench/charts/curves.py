# SPDX-License-Identifier: MIT
"""The CSVs of bench/run-curves: "allocator run ..." in each line."""

from charts.records import distinct, groups, in_chart_order, median
from charts.table import Note, Table


def medians(rows, x, y, divisor):
    """{allocator: [(x, median of y)]}, in the order of the file."""
    lists = groups(rows, lambda row: (row[0], float(row[x])), lambda row: float(row[y]) / divisor)
    points = {}
    for (name, place), values in lists.items():
        points.setdefault(name, []).append((place, median(values)))
    return points


def draw_lines(path, kinds, records, rows, title, labels, columns=(2, 3), divisor=1, **options):
    """A line for each allocator. Options: powers of two along x, limits, every n-th point marked."""
    from charts import style
    points = medians(rows, *columns, divisor)
    words = records.versions()
    figure, axes = style.start(1100, 640, title)
    for name in in_chart_order(list(points)):
        axes.plot(*zip(*points[name]), label=words.get(name, name), markevery=options.get('marked', 1),
                  **style.line_of(name), **style.mark_of(name))
    if options.get('powers'):
        axes.set_xscale('log', base=2)
        axes.xaxis.set_major_formatter(lambda value, _: f'{value:g}')
    if 'zero' in options:
        axes.axvline(options['zero'], color='#666666', linestyle='--', linewidth=1)
    axes.set_xlim(*options.get('x_range', ()))
    axes.set_ylim(*options.get('y_range', (0, None)))
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    style.key(axes, 'below' if words else 'right', 2 if words else 1)
    style.save(figure, path, kinds)


# ---- What a curve has as tables and as charts ----


def latency_tables(records):
    table = Table('Latency of single operations in nanoseconds, mixed workload, median of the runs',
                  ['allocator', 'call', 'p50', 'p99', 'p99.9', 'max'], names=2)
    lists = groups(records.rows, lambda row: (row[0], row[2]), lambda row: [float(v) for v in row[3:7]])
    for (name, call), values in lists.items():
        table.add(name, call, *(f'{median(column):g}' for column in zip(*values)))
    return [table, Note('`clock` is what the measuring itself takes; the maxima are the machine\'s as '
                        "much as\nthe allocator's.")]


def instructions_tables(records):
    sizes = distinct(row[2] for row in records.rows)
    value = {(row[0], row[2]): row[3] for row in records.rows}
    table = Table('Instructions of a malloc and its free that find what they need, by size',
                  ['allocator'] + [f'{size} B' for size in sizes])
    for name in distinct(row[0] for row in records.rows):
        table.add(name, *(value.get((name, size), '') for size in sizes))
    return [table]


def threads_charts(records, folder, kinds):
    titles = {'own': 'Throughput by threads, each on blocks of its own',
              'swap': 'Throughput by threads, one block in ten swapped'}
    for pattern, title in titles.items():
        draw_lines(f'{folder}/threads_{pattern}', kinds, records,
                   [row for row in records.rows if row[2] == pattern], title,
                   ('threads', 'million operations a second'), columns=(3, 4), powers=True)


def heap_size_charts(records, folder, kinds):
    draw_lines(f'{folder}/heap_size', kinds, records, records.rows,
               'Cost of an operation by the size of the live heap', ('MiB live', 'nanoseconds'),
               powers=True)


def leftovers_charts(records, folder, kinds):
    draw_lines(f'{folder}/leftovers', kinds, records, records.rows,
               'Resident memory while 10,000 threads come and go',
               ('threads so far', 'MiB resident'), divisor=1024)
