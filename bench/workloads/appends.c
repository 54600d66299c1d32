/* SPDX-License-Identifier: MIT */
/*
 * A store of 2,000 values, each grown by realloc to just what it needs: one at random gets a piece
 * of up to a quarter of its length, and goes when it has reached its end of 1 to 256 KiB, to be
 * begun anew. Imitates services: bodies that are read, logs of a session, values of a cache. The
 * argument is the number of pieces.
 */
#include "../harness.h"

static struct value {
    unsigned char *bytes;
    size_t length, end;
} values[2000];

static void begin(struct rng *rng, struct value *value) {
    value->length = rng_between(rng, 32, 256);
    value->end = rng_doubling(rng, 1024, 8);
    value->bytes = block_new(value->length);
}

/* Writes the piece as its owner would; its first and last byte say how long the value was. */
static void append(struct rng *rng, struct value *value) {
    size_t before = value->length, piece = rng_between(rng, 16, 16 + before / 4);
    block_verify(value->bytes);
    value->bytes = realloc(value->bytes, before + piece);
    if (value->bytes == NULL) die("out of memory");
    if (value->bytes[before - 1] != (unsigned char)before) die("a value lost its end");
    value->length = before + piece;
    memset(value->bytes + before, 1, piece);
    block_stamp(value->bytes, value->length);
}

int main(int argc, char **argv) {
    size_t pieces = size_argument(argc, argv, 1, 1000000);
    struct rng rng = rng_seeded(81);
    for (size_t i = 0; i < COUNT_OF(values); i++) begin(&rng, &values[i]);
    for (size_t i = 0; i < pieces; i++) {
        struct value *value = &values[rng_below(&rng, COUNT_OF(values))];
        append(&rng, value);
        if (value->length < value->end) continue;
        block_drop(value->bytes);
        begin(&rng, value);
    }
    for (size_t i = 0; i < COUNT_OF(values); i++) block_drop(values[i].bytes);
    return 0;
}
