// SPDX-License-Identifier: MIT
// A request makes, hashes and compresses buffers, and changes a cache of them.
'use strict';
const http = require('http');
const zlib = require('zlib');
const crypto = require('crypto');

const cache = new Map();
let served = 0;

http.createServer((request, response) => {
    served++;
    const rows = [];
    for (let i = 0; i < 200; i++) rows.push({ id: i, name: `item ${i * served}` });
    const text = Buffer.from(JSON.stringify(rows));
    const packed = zlib.deflateSync(text);
    const key = crypto.createHash('sha256').update(packed).digest('hex');
    cache.set(key, Buffer.concat([packed, Buffer.alloc(1000 + served % 50000, served & 255)]));
    if (cache.size > 2000) cache.clear();
    response.end(packed);
}).listen(+process.argv[2], '127.0.0.1');
