/* SPDX-License-Identifier: MIT */
/*
 * 1,000 texts that grow by 1 to 60 bytes at a time up to 8 KiB, by realloc to just what they need.
 * Imitates programs that append to strings and leave it to the allocator to make that cheap.
 */
#include "../harness.h"

#define TEXTS 1000
#define PIECE 60
#define END (8 << 10)

struct text {
    unsigned char *bytes;
    size_t length;
};

static unsigned char byte_at(size_t place) { return (unsigned char)(place * 31 >> 2); }

static void append(struct text *text, size_t count) {
    unsigned char *bytes = realloc(text->bytes, text->length + count);
    if (bytes == NULL) die("out of memory");
    text->bytes = bytes;
    for (size_t end = text->length + count; text->length < end; text->length++)
        bytes[text->length] = byte_at(text->length);
}

static void drop(struct text *text) {
    for (size_t place = 0; place < text->length; place += PIECE)
        if (text->bytes[place] != byte_at(place)) die("realloc lost content");
    free(text->bytes);
    *text = (struct text){0};
}

int main(int argc, char **argv) {
    size_t thousands = size_argument(argc, argv, 1, 7000);
    struct rng rng = rng_seeded(24);
    static struct text texts[TEXTS];
    for (size_t left = thousands * 1000; left > 0; left--) {
        struct text *text = &texts[rng_below(&rng, TEXTS)];
        if (text->length > END) drop(text);
        append(text, rng_between(&rng, 1, PIECE));
    }
    for (size_t i = 0; i < TEXTS; i++) drop(&texts[i]);
    return 0;
}
