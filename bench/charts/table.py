# SPDX-License-Identifier: MIT
"""Tables and notes, as plain text and as Markdown."""


class Table:
    """`names` columns on the left are words, the others are figures. The columns in `words_only`
    are for readers of the Markdown, which has no limit of width."""

    def __init__(self, title, heads, names=1, words_only=()):
        self.title, self.heads, self.names, self.words_only = title, heads, names, words_only
        self.rows = []

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def text(self):
        shown = [i for i in range(len(self.heads)) if i not in self.words_only]
        lines = [[row[i] for i in shown] for row in [self.heads] + self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(shown))]
        return self.heading('') + ''.join('  '.join(
            cell.ljust(width) if i < self.names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip() + '\n' for line in lines)

    def markdown(self):
        words = self.names + len(self.words_only)
        rule = '|' + '---|' * words + '---:|' * (len(self.heads) - words) + '\n'
        lines = ['| ' + ' | '.join(cell.strip().replace('*', '\\*') for cell in line) + ' |\n'
                 for line in [self.heads] + self.rows]
        return self.heading('### ') + lines[0] + rule + ''.join(lines[1:])

    def heading(self, mark):
        return f'\n{mark}{self.title}\n\n' if self.title else '\n'


class Note:
    def __init__(self, words):
        self.words = words

    def text(self):
        return f'\n{self.words}\n'

    markdown = text


def text_of(head, parts):
    return ''.join(line + '\n' for line in head) + ''.join(part.text() for part in parts)


def markdown_of(head, parts):
    return ''.join(line + '  \n' for line in head) + ''.join(part.markdown() for part in parts)
