# SPDX-License-Identifier: MIT
# What Perl programs do with memory: hashes of lists, joined and split strings, sorting.
use strict;
use warnings;

my (%words, @lines);
for my $i (1 .. 300000) {
    my $word = "word" . ($i * 7919 % 60000);
    push @{$words{$word}}, $i;
    push @lines, join(" ", $word, $i, "x" x ($i % 50)) if $i % 3 == 0;
}
my $pieces = 0;
$pieces += scalar(split / /, $_) for @lines;
my $longest = (sort { length($b) <=> length($a) || $a cmp $b } @lines)[0];
s/x+/y/ for @lines;
my $text = join "\n", @lines;
my %letters;
$letters{$1}++ while $text =~ /(\d\d)\b/g;
printf "%d %d %d %s %d %d\n", scalar(keys %words), scalar(@lines), $pieces, $longest,
    length($text), scalar(keys %letters);
