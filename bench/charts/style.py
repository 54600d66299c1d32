# SPDX-License-Identifier: MIT
"""The look of all charts. The colours are those of Okabe and Ito, which the colour-blind can tell
apart; shapes and line styles differ as well."""

import matplotlib

matplotlib.use('Agg')
matplotlib.rcParams.update({
    'svg.fonttype': 'none', 'svg.hashsalt': 'poolalloc', 'font.size': 11, 'figure.dpi': 100,
    'font.sans-serif': ['DejaVu Sans', 'Liberation Sans'], 'axes.titlesize': 14,
    'axes.edgecolor': '#666666', 'axes.spines.top': False, 'axes.spines.right': False,
    'xtick.color': '#222222', 'ytick.color': '#222222', 'grid.color': '#dddddd',
    'axes.grid': True, 'axes.axisbelow': True, 'legend.frameon': False, 'lines.markersize': 5,
})
from matplotlib import pyplot  # noqa: E402 - after the choice of a backend

COLOURS = {'poolalloc': '#d55e00', 'poolalloc8': '#e69f00', 'glibc': '#000000',
           'jemalloc': '#0072b2', 'mimalloc': '#009e73', 'tcmalloc': '#56b4e9',
           'tbbmalloc': '#cc79a7', 'poolobj': '#d55e00', 'cpython': '#0072b2', 'lists': '#56b4e9',
           'snmalloc': '#7a5195', 'rpmalloc': '#8c6d31', 'gperftools': '#56b4e9'}
SHAPES = {'poolalloc': 'o', 'poolalloc8': 'D', 'glibc': 's', 'jemalloc': '^', 'mimalloc': 'v',
          'tcmalloc': 'P', 'tbbmalloc': '*'}
OTHER_SHAPES = 'Xph<>8'
DASHES = {'poolalloc8': '--', 'glibc': ':'}


def colour_of(name):
    """Another version of an allocator has its colour: mimalloc3 that of mimalloc."""
    kin = [known for known in COLOURS if name.startswith(known)]
    return COLOURS[max(kin, key=len)] if kin else '#888888'


def line_of(name):
    """How the line of an allocator is drawn."""
    return {'color': colour_of(name), 'linestyle': DASHES.get(name, '-'),
            'linewidth': 2.8 if name.startswith('poolalloc') else 1.5}


def mark_of(name):
    """Names that are not known have a hollow shape, the same whenever they are drawn."""
    if name in SHAPES:
        return {'marker': SHAPES[name], 'markersize': 8 if name.startswith('poolalloc') else 6}
    shape = OTHER_SHAPES[sum(name.encode()) % len(OTHER_SHAPES)]
    return {'marker': shape, 'markersize': 6, 'markerfacecolor': 'white'}


def start(width, height, title, **layout):
    """A figure of so many pixels and its axes."""
    figure, axes = pyplot.subplots(figsize=(width / 100, height / 100), layout='constrained',
                                   **layout)
    figure.suptitle(title, fontsize=14)
    return figure, axes


def key(axes, place, columns=1):
    """What the names of the lines stand for: above the axes, below them or on their right."""
    anchor = {'above': ('lower center', (0.5, 1.0)), 'below': ('upper center', (0.5, -0.1)),
              'right': ('center left', (1.01, 0.5))}
    axes.legend(loc=anchor[place][0], bbox_to_anchor=anchor[place][1], ncols=columns)


def save(figure, path, kinds):
    """path.svg, path.png: the same bytes whenever the data are the same."""
    for kind in kinds:
        figure.savefig(f'{path}.{kind}', metadata={'Date': None} if kind == 'svg' else None)
    pyplot.close(figure)
