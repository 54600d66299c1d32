/* SPDX-License-Identifier: MIT */
/*
 * A process that builds 192 MiB, a third of it in small blocks, a third in medium and a third in
 * large ones, frees all but one block in fifty, and falls quiet: no call for 5 s. Imitates a server
 * after its busy hour. The peak of resident memory is reset at the end, so what is reported as the
 * peak is what the quiet process holds. The argument is the number of seconds.
 */
#include "../harness.h"
#include <fcntl.h>

#define KINDS 3
#define BYTES_OF_KIND (64u << 20)
#define KEEP_ONE_IN 50
#define BLOCKS_MOST 200000

static const size_t smallest[KINDS] = {16, 1000, 70000}, largest[KINDS] = {1000, 60000, 1000000};

static void *blocks[BLOCKS_MOST];
static size_t count;

static void build(struct rng *rng) {
    size_t bytes[KINDS] = {0};
    for (;;) {
        size_t kind = bytes[1] < bytes[0];
        if (bytes[2] < bytes[kind]) kind = 2;
        if (bytes[kind] >= BYTES_OF_KIND) return;
        size_t size = rng_between(rng, smallest[kind], largest[kind]);
        if (count == BLOCKS_MOST) die("more blocks than the table has room for");
        blocks[count++] = block_new(size);
        bytes[kind] += size;
    }
}

static void forget_peak(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY);
    if (file < 0 || write(file, "5", 1) != 1) die("cannot reset the peak of resident memory");
    close(file);
}

int main(int argc, char **argv) {
    size_t seconds = size_argument(argc, argv, 1, 5);
    struct rng rng = rng_seeded(85);
    build(&rng);
    for (size_t i = 0; i < count; i++)
        if (i % KEEP_ONE_IN != 0) block_drop(blocks[i]);
    nanosleep(&(struct timespec){(time_t)seconds, 0}, NULL);
    forget_peak();
    for (size_t i = 0; i < count; i += KEEP_ONE_IN) block_drop(blocks[i]);
    return 0;
}
