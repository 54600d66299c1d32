<?php
// SPDX-License-Identifier: MIT
// A page of a shop: rows are made, sorted, encoded and written.
$rows = [];
for ($i = 0; $i < 2000; $i++) {
    $rows[] = ['id' => $i, 'name' => 'item ' . md5((string)$i), 'price' => ($i * 7919) % 1000 / 100];
}
usort($rows, fn($a, $b) => $a['price'] <=> $b['price']);
$text = json_encode($rows);
$again = json_decode($text, true);
echo strlen(preg_replace('/item ([0-9a-f]+)/', '<b>$1</b>', $text)), ' ', count($again), "\n";
