// SPDX-License-Identifier: MIT
// search.js - finds the sections that have all words, those with the words in their heading first.
// sections comes from index.js: title of the page, heading, address, words.
'use strict';

const box = document.getElementById('search');
const results = document.getElementById('results');
const up = document.body.dataset.up;

// 0: not found. A name as a whole weighs more than a part of it, and a heading more than text.
function weigh(section, words) {
    const head = (section[0] + ' ' + section[1]).toLowerCase();
    const text = section[3].toLowerCase();
    let sum = 0;
    for (const word of words) {
        if (head.includes(word)) sum += 10;
        else if (text.split(/[^\w]+/).includes(word)) sum += 3;
        else if (text.includes(word)) sum += 1;
        else return 0;
    }
    return sum;
}

// The text around the first word.
function excerpt(text, word) {
    const at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
    return (at > 0 ? '... ' : '') + text.slice(at, at + 160);
}

function line(section, words) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = up + '/' + section[2];
    link.textContent = section[0] === section[1] ? section[0] : section[0] + ': ' + section[1];
    const text = document.createElement('p');
    text.textContent = excerpt(section[3], words[0]);
    item.append(link, text);
    return item;
}

function search() {
    const words = box.value.toLowerCase().split(/\s+/).filter(word => word.length > 1);
    const found = words.length === 0 ? [] : sections
        .map(section => [weigh(section, words), section])
        .filter(pair => pair[0] > 0)
        .sort((a, b) => b[0] - a[0])
        .slice(0, 20);
    results.replaceChildren(...found.map(pair => line(pair[1], words)));
    if (words.length > 0 && found.length === 0) results.textContent = 'Nothing has all of these words.';
    results.hidden = words.length === 0;
}

box.addEventListener('input', search);
results.addEventListener('click', () => { results.hidden = true; });
box.value = new URLSearchParams(location.search).get('q') || '';
search();
