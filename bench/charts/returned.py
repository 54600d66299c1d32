# SPDX-License-Identifier: MIT
"""The CSVs of bench/returned: what goes back to the system after a peak, over time and by kind of
memory."""

from charts.curves import draw_lines
from charts.records import distinct, median
from charts.table import Note, Table

# ---- Over time: "allocator run mode second resident system", in KiB ----


def returned_tables(records):
    peak, soon, left = {}, {}, {}
    for row in records.rows:
        key, second, system = (row[0], row[2]), float(row[3]), int(row[5])
        if second == -0.5:
            peak[key] = system
        if second == 5:
            soon[key] = system
        left[key] = system
    table = Table(f'Left 5 s and {records.rows[-1][3]} s after the last free, in percent of the peak',
                  ['allocator', 'peak MiB', 'all', 'sparse', 'idle'])
    for name in distinct(row[0] for row in records.rows):
        keys = [(name, mode) for mode in ('all', 'sparse', 'idle')]
        table.add(name, int(peak[name, 'all'] / 1024), *(
            f'{100 * soon[key] / peak[key]:.1f} / {100 * left[key] / peak[key]:.1f} %'
            if key in left else '' for key in keys))
    return [table, Note('all: all freed, light activity. sparse: all but 1 block in 1,000 freed, the '
                        'same.\nidle: all freed, no call afterwards. Default options.')]


def returned_charts(records, folder, kinds):
    titles = {
        'all': 'Memory after a peak: 2,000,000 blocks, all freed, light activity',
        'sparse': 'Memory after a peak: all but 1 block in 1,000 freed, light activity',
        'idle': 'Memory after a peak: all freed, then no call at all',
    }
    unit = 'MiB charged to the process'
    if not records.comment('system by').startswith(' control group'):
        unit = 'MiB by MemFree of the whole machine'
    for mode, title in titles.items():
        draw_lines(f'{folder}/returned_{mode}', kinds, records,
                   [row for row in records.rows if row[2] == mode], title,
                   ('seconds after the last free; the peak stands before it', unit),
                   columns=(3, 5), divisor=1024, marked=8, zero=0,
                   x_range=(-4, float(records.rows[-1][3])), y_range=(0, 650))


# ---- By kind of memory. What the readers of LD_PRELOAD.md are told of this library comes before the
# figures: kind, title, what goes back, what stays ----

KINDS = {
    'small': ('small blocks, 16 to 512 B', 'a page with the last block on it', 'pages with a live block'),
    'medium': ('medium blocks in spans, 1,000 to 16,000 B', 'a page with the last block on it',
               'pages with a live block; what a thread has at hand'),
    'pages': ('runs of pages, 20 KB to 1 MB', 'the pages of a block with it',
              'up to 1 MiB and a quarter of what is in use'),
    'mappings': ('direct mappings, 40 MiB, all freed', 'the mapping with its block',
                 'up to 1 MiB and a quarter of what is in use'),
    'ended': ('blocks of 100 threads that ended', 'the same, whoever frees',
              'the same, and 8 KiB for each thread'),
    'waiting': ('blocks of 100 threads that wait, freed by another',
                'most with the frees themselves; the rest when any thread calls malloc or free again',
                'the same, and what each thread has at hand'),
    'resting': ('what 100 threads used and freed, which wait', 'nothing while the thread waits',
                'what each thread has at hand, and up to 1 MiB of free blocks in spans'),
}
AFTER_5_S, TRIMMED = 9, 11  # columns of resident memory; what the system has is in the next


def mib(values):
    """Where the start had more, it may be a trifle below nothing."""
    return f'{max(median(values) / 1024, 0):.0f}' if values else '-'


def kept_table(records, resident):
    shift = 0 if resident else 1
    names = distinct(row[0] for row in records.rows)

    def column(name, kind, calls, place):
        return [int(row[place]) for row in records.rows if (row[0], row[2], row[3]) == (name, kind, calls)]

    table = Table('What stays of a peak of 200 MiB' + (', resident' if resident else ''),
                  ['freed, all but one in fifty', 'goes back', 'stays', 'needed'] + names,
                  words_only=(1, 2))
    for kind in distinct(row[2] for row in records.rows):
        needed = [int(row[4]) for row in records.rows if (row[0], row[2]) == (names[0], kind)]
        table.add(*KINDS[kind], mib(needed), *(' / '.join((
            mib(column(name, kind, '0', AFTER_5_S + shift)),
            mib(column(name, kind, '100', AFTER_5_S + shift)),
            mib(column(name, kind, '0', TRIMMED + shift)))) for name in names))
    return table


def kept_tables(records):
    versions = '; '.join(records.versions().values())
    by = records.comment('system by ')
    parts = []
    for resident in [False] + [True] * by.endswith('huge pages: always'):
        parts += [kept_table(records, resident), Note(
            'MiB after 5 s without a call / after 5 s with 100 calls a second / after malloc_trim(0);\n'
            f'needed: the pages on which a block lives. {versions}.\n'
            f'Measured by {"the page tables" if resident else by}.')]
    return parts
