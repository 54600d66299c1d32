# SPDX-License-Identifier: MIT
"""The CSV of bench/run: ratios to the best peer of each row as tables and charts, medians, and the
takings of the shared lock."""

import math
import textwrap
from dataclasses import dataclass

from charts.records import OURS, deviation, distinct, groups, in_table_order, median
from charts.table import Note, Table


@dataclass
class Measure:
    key: str
    name: str
    unit: str
    form: str
    limit: float
    chart: str


MEASURES = [
    Measure('time', 'Time', ' s', '%.3f', 1.10, 'Time by workload'),
    Measure('rss', 'Peak resident memory', ' MiB', '%.1f', 1.25, 'Peak resident memory by workload'),
    Measure('cpu', 'Processor time', ' s', '%.3f', 1.10, 'Processor time by workload'),
    Measure('vm', 'Peak address space', ' MiB', '%.1f', 1.25, ''),
]


def values_of(row):
    """The measures of a line of the CSV, in seconds and MiB."""
    peak = int(row[9]) if len(row) > 9 else 0  # not known of old records, nor of all machines
    return {'time': float(row[2]), 'rss': int(row[3]) / 1024, 'cpu': float(row[4]) + float(row[5]),
            'vm': peak / 1024 if peak > 0 else None}


def is_noise(a, a_deviation, b, b_deviation):
    """A gap smaller than three deviations of the noisier side, or than 2 %."""
    return abs(a - b) <= max(3 * max(a_deviation, b_deviation), 0.02 * min(a, b))


class Matrix:
    def __init__(self, records):
        rows = [row for row in records.rows if len(row) >= 9]
        failed = [line.split()[1:3] for line in records.failures()]
        self.rows = distinct([row[0] for row in rows] + [row for row, _ in failed])
        self.names = in_table_order(distinct([row[1] for row in rows] + [name for _, name in failed]))
        self.failed = {(row, name) for row, name in failed}
        self.runs = max(groups(rows, lambda row: (row[0], row[1]), len).values(), key=len, default=[])
        self.lists = groups(rows, lambda row: (row[0], row[1]), values_of)
        self.versions = records.versions()

    def words_of(self, name):
        """An allocator with its version and the default that decides what it gives back."""
        return self.versions.get(name, name)

    def view(self, measure):
        lists = {key: [value[measure.key] for value in values if value[measure.key] is not None]
                 for key, values in self.lists.items()}
        return View(self, measure, {key: values for key, values in lists.items() if values})


class View:
    """One measure of the matrix."""

    def __init__(self, matrix, measure, lists):
        self.matrix, self.measure = matrix, measure
        self.value = {key: median(values) for key, values in lists.items()}
        self.deviation = {key: deviation(values) for key, values in lists.items()}
        self.best = {row: self.best_of(row) for row in matrix.rows}

    def best_of(self, row):
        """The peer with the least median; None if there is none."""
        peers = [name for name in self.matrix.names
                 if name not in OURS and self.value.get((row, name), 0) > 0]
        return min(peers, key=lambda name: self.value[row, name], default=None)

    def ratio(self, row, name):
        best = self.best[row]
        if best is None or self.value.get((row, name), 0) <= 0:
            return None
        return self.value[row, name] / self.value[row, best]

    def ratios(self, name):
        return [ratio for ratio in (self.ratio(row, name) for row in self.matrix.rows) if ratio]

    def mean(self, name):
        """The geometric mean; None for Python's own allocator, which has one row only."""
        ratios = self.ratios(name)
        return math.exp(sum(map(math.log, ratios)) / len(ratios)) if len(ratios) > 1 else None

    def mark(self, row, name):
        """What stands behind a ratio. One or two runs know nothing of their noise."""
        best, ratio = self.best[row], self.ratio(row, name)
        if (row, name) in self.matrix.failed:
            return 'f'
        if name not in OURS:
            return '*' if name == best else ' '
        if len(self.matrix.runs) < 3:
            return ' '
        if ratio > self.measure.limit:
            return '!'
        if is_noise(self.value[row, name], self.deviation[row, name], self.value[row, best],
                    self.deviation[row, best]):
            return '='
        return '+' if ratio < 1 else '-'

    def failure(self, row, name):
        return 'failed ' if (row, name) in self.matrix.failed else ''

    def amount(self, row, name):
        return self.measure.form % self.value[row, name] if (row, name) in self.value else ''

    def ratio_table(self):
        table = Table(f'{self.measure.name}: median of up to {len(self.matrix.runs)} runs over the '
                      "best peer's", ['', 'best peer'] + [name + ' ' for name in self.matrix.names])
        for row in self.matrix.rows:
            amount = self.amount(row, self.best[row])
            table.add(row, amount and amount + self.measure.unit, *(
                f'{self.ratio(row, name):.2f}{self.mark(row, name)}' if self.ratio(row, name)
                else self.failure(row, name) for name in self.matrix.names))
        means = [self.mean(name) for name in self.matrix.names]
        table.add('geometric mean', '', *(f'{mean:.2f} ' if mean else '' for mean in means))
        worst = [max(self.ratios(name), default=None) for name in self.matrix.names]
        table.add('worst', '', *(f'{ratio:.2f} ' if ratio else '' for ratio in worst))
        return table

    def median_table(self):
        unit = 'MiB' if 'MiB' in self.measure.unit else 'seconds'
        table = Table(f'{self.measure.name} in {unit}: median~spread, the spread being the median '
                      'absolute deviation in percent', [''] + self.matrix.names)
        for row in self.matrix.rows:
            table.add(row, *(
                f'{self.amount(row, name)}~{100 * self.deviation[row, name] / self.value[row, name]:.0f}'
                if self.value.get((row, name), 0) > 0 else self.failure(row, name).strip()
                for name in self.matrix.names))
        return table

    def parts(self):
        # Of the address space the amounts say all: most of what a small program has is reserved.
        if self.measure.key == 'vm':
            return [self.median_table()] if self.value else []
        legend = Note('Peers: * the best of the row. Ours: + ahead, = within the noise, - behind, '
                      f'! over {self.measure.limit:.2f}.\n'
                      'f: some runs failed. Less is better.')
        return [self.ratio_table(), legend, self.median_table()]


def takings(records):
    """From the lines "calls: ROW ALLOCATOR CALLS TAKINGS RUN"; nothing where none were counted."""
    lines = [line.split()[1:] for line in records.comments if line.startswith('calls: ')]
    lists = groups([line for line in lines if int(line[2]) > 0], lambda line: (line[0], line[1]),
                   lambda line: 1e6 * int(line[3]) / int(line[2]))
    names = distinct(line[1] for line in lines)
    table = Table('Takings of the shared lock in a million calls of malloc, free and the rest',
                  [''] + names)
    for row in distinct(line[0] for line in lines):
        table.add(row, *(f'{median(lists[row, name]):.0f}' if (row, name) in lists else ''
                         for name in names))
    note = Note('Counted in runs of their own, over all processes of a row.')
    return [table, note] if lines else []


def tables(records):
    matrix = Matrix(records)
    if not matrix.lists:
        raise SystemExit(f'report: {records.path} has no line of figures')
    parts = [part for measure in MEASURES for part in matrix.view(measure).parts()]
    failures = records.failures()
    return parts + takings(records) + \
        ([Note('\n'.join('    ' + line for line in failures))] if failures else [])


# ---- Charts ----

LOW, HIGH = 0.5, 3.2
TICKS = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3]


def draw_points(axes, view, beyond):
    """A point with its spread for each allocator of each row; the last row is the mean."""
    from charts import style
    rows, names = view.matrix.rows, view.matrix.names
    step = min(0.11, 0.9 / len(names))
    for j, name in enumerate(names):
        points = []
        for y, row in enumerate(rows + [None]):
            ratio = view.ratio(row, name) if row else view.mean(name)
            if ratio and ratio > HIGH:
                beyond.setdefault(y, []).append(f'{name} {ratio:.1f}')
            elif ratio:
                spread = view.deviation[row, name] / view.value[row, view.best[row]] if row else 0
                points.append((y + (j - (len(names) - 1) / 2) * step, ratio, spread))
        if points:
            y, x, spread = zip(*points)
            axes.errorbar(x, y, xerr=[spread, [min(s, HIGH - r) for s, r in zip(spread, x)]],
                          linestyle='none', color=style.colour_of(name), capsize=2, elinewidth=1,
                          label=view.matrix.words_of(name), **style.mark_of(name))


def draw_ratios(view, path, kinds):
    """What lies beyond the right edge is written there in words."""
    from charts import style
    rows, beyond = view.matrix.rows, {}
    height = max(28, 4 * len(view.matrix.names))
    figure, axes = style.start(1400, len(rows) * height + 150, view.measure.chart)
    for y in range(1, len(rows), 2):
        axes.axhspan(y - 0.5, y + 0.5, color='#f4f4f4', zorder=0)
    draw_points(axes, view, beyond)
    for y, words in beyond.items():
        text = textwrap.fill(', '.join(words).replace(' ', '\u00a0').replace(',\u00a0', ', ') + ' →', 44)
        axes.text(0.995, y, text, transform=axes.get_yaxis_transform(), ha='right', va='center',
                  fontsize=8, color='#444444')
    axes.axvline(1, color='#333333', linewidth=1.5)
    axes.axvline(view.measure.limit, color='#999999', linestyle='--', linewidth=1)
    axes.axhline(len(rows) - 0.5, color='#666666', linewidth=1)
    axes.set_xscale('log')
    axes.set_xlim(LOW, 1.9 * HIGH)  # the right part is for words
    axes.set_ylim(len(rows) + 0.7, -0.6)
    axes.set_xticks(TICKS, [f'{tick:g}' for tick in TICKS])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(rows) + 1), rows + ['geometric mean'])
    axes.tick_params(axis='y', length=0)
    axes.grid(False, axis='y')
    axes.set_xlabel('times the best peer of the workload, less is better; bars: median absolute deviation')
    style.key(axes, 'above', 4 if view.matrix.versions else len(view.matrix.names))
    style.save(figure, path, kinds)


WORD_PLACES = [((8, 4), 'left'), ((-8, 4), 'right'), ((8, -14), 'left'), ((-8, -14), 'right')]


def write_beside(axes, words, point, points):
    """The words at the first place around a point where they meet no other point nor other words,
    or the first of all; returns them and the area that they take."""
    for offset, side in WORD_PLACES:
        text = axes.annotate(words, point, offset, textcoords='offset points', ha=side)
        text.set_in_layout(False)
        area = text.get_window_extent()
        inside = axes.bbox.x0 < area.x0 and area.x1 < axes.figure.bbox.x1
        if inside and not any(area.overlaps(other) for other in points):
            return text, area
        text.remove()
    text = axes.annotate(words, point, WORD_PLACES[0][0], textcoords='offset points')
    return text, text.get_window_extent()


def draw_both(time, memory, path, kinds):
    """Time against memory: the geometric means of each allocator as one point."""
    from charts import style
    from matplotlib.transforms import Bbox
    title = f'{len(time.matrix.rows)} workloads and programs, default options'
    figure, axes = style.start(900, 600, title)
    means = {name: (time.mean(name), memory.mean(name)) for name in time.matrix.names}
    means = {name: mean for name, mean in means.items() if mean[0] and mean[1]}
    for name, mean in means.items():
        axes.plot(*mean, linestyle='none', color=style.colour_of(name), **style.mark_of(name))
    axes.set(xlim=(1, 1.05 * max(x for x, _ in means.values())), ylim=(0.9, None))
    axes.set_xlabel("time, times the best peer's of each, geometric mean; less is better")
    axes.set_ylabel("peak memory, times the best peer's of each, geometric mean")
    figure.canvas.draw()  # so that places are known
    pixels = axes.transData.transform(list(means.values()))
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in pixels]
    for name, mean in means.items():
        text, area = write_beside(axes, time.matrix.words_of(name).split(',')[0], mean, taken)
        text.set_fontweight('bold' if name in OURS else 'normal')
        taken.append(area)
    style.save(figure, path, kinds)


def charts(records, folder, kinds):
    matrix = Matrix(records)
    views = {measure.key: matrix.view(measure) for measure in MEASURES}
    draw_both(views['time'], views['rss'], f'{folder}/both', kinds)
    for measure in MEASURES:
        if measure.chart:
            draw_ratios(views[measure.key], f'{folder}/{measure.key}', kinds)
