# SPDX-License-Identifier: MIT
"""The CSV of bench/services/run: lines "memory SERVICE ALLOCATOR ROUND ms KiB" and "sum SERVICE
ALLOCATOR ROUND" with the figures of a run."""

import math

from charts.records import distinct, groups, in_chart_order, median
from charts.table import Note, Table

MEASURES = [  # title, column, divisor, form
    ('Gigabyte-seconds of charged memory', 4, 1, '%.2f'),
    ('99th percentile of the latency, ms', 5, 1, '%.2f'),
    ('Processor time, s', 6, 1, '%.2f'),
    ('Peak of charged memory, MiB', 7, 1024, '%.0f'),
    ('Charged at the end, MiB', 8, 1024, '%.0f'),
]


def mean_over_least(value, services, name):
    """The geometric mean over the services of the value divided by the least of its service."""
    logs = []
    for service in services:
        least = min(v for (s, _), v in value.items() if s == service) if (service, name) in value else 0
        if least > 0:
            logs.append(math.log(value[service, name] / least))
    return f'{math.exp(sum(logs) / len(logs)):.2f}' if logs else ''


def tables(records):
    sums = [row for row in records.rows if row[0] == 'sum']
    services, names = distinct(row[1] for row in sums), distinct(row[2] for row in sums)
    parts = []
    for title, column, divisor, form in MEASURES:
        lists = groups([row for row in sums if row[column] != 'failed'], lambda row: (row[1], row[2]),
                       lambda row: float(row[column]))
        value = {key: median(values) / divisor for key, values in lists.items()}
        table = Table(title, [''] + names)
        for service in services:
            table.add(service, *(form % value[service, name] if (service, name) in value else 'failed'
                                 for name in names))
        table.add('mean over the best', *(mean_over_least(value, services, name) for name in names))
        parts.append(table)
    failures = records.failures()
    return parts + ([Note('\n'.join('    ' + line for line in failures))] if failures else [])


def charts(records, folder, kinds):
    """Memory over time in the first round, a panel for each service; the last one has the key."""
    from charts import style
    rows = [row for row in records.rows if row[0] == 'memory' and row[3] == '1']
    services = distinct(row[1] for row in rows)
    if not services:
        return
    names = in_chart_order(distinct(row[2] for row in rows))
    lines = groups(rows, lambda row: (row[1], row[2]), lambda row: (int(row[4]) / 1000, int(row[5]) / 1024))
    height = (len(services) + 2) // 2
    figure, axes = style.start(1100, 320 * height, 'Charged memory of services under load and at rest',
                               nrows=height, ncols=2, squeeze=False)
    panels = list(axes.flat)
    for panel, service in zip(panels, services):
        for name in names:
            if (service, name) in lines:
                panel.plot(*zip(*lines[service, name]), **style.line_of(name))
        panel.set_title(service)
        panel.set_ylim(0, None)
        panel.set_xlabel('seconds from the beginning of the load')
        panel.set_ylabel('MiB')
    for panel in panels[len(services):]:
        panel.set_axis_off()
    words = records.versions()
    for name in names:
        panels[len(services)].plot([], [], label=words.get(name, name), **style.line_of(name))
    panels[len(services)].legend(loc='center')
    style.save(figure, f'{folder}/services', kinds)
