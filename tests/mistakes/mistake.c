/* SPDX-License-Identifier: MIT */
/*
 * mistake KIND SIZE THREAD DELAY - makes one mistake with a block of SIZE bytes: THREAD is `own` or
 * `other`, who makes it; DELAY `now` or `later`, after many other blocks. First it writes to
 * standard output a regular expression for the line that names the mistake. It exits 0 if nobody
 * noticed. `mistake --list` prints the kinds.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/in_thread.h"

enum { NEIGHBOURS = 3, OTHERS = 300 };

static size_t size;
static char *block;

static void *ask(void) {
    char *new_block = hide(malloc(size));
    EXPECT(new_block != NULL);
    new_block[0] = new_block[size - 1] = 'x';
    return new_block;
}

/* Other blocks of that size come and go; large ones a few times, as each takes a while. */
static void use_others(void) {
    void *others[OTHERS];
    int count = size > 65536 ? 20 : OTHERS;
    for (int i = 0; i < count; i++) others[i] = ask();
    for (int i = 0; i < count; i++) free(others[i]);
}

/* ---- Kinds: what is done to the block, by whoever makes the mistake ---- */

static void expect_line(const char *what, const char *address) {
    if (address == NULL)
        dprintf(1, "^poolalloc: %s\n", what);
    else
        dprintf(1, "^poolalloc: %s %p( |$)\n", what, (const void *)address);
}

static void *overflow(void *unused) {
    expect_line("overflow", NULL);
    ((char *)hide(block))[size] ^= 1;
    return unused;
}

static void *overflow_read(void *unused) {
    expect_line("overflow", NULL);
    if (((volatile char *)hide(block))[size] == 1) block[0] = 1;
    return unused;
}

static void *underflow(void *unused) {
    expect_line("(underflow|overflow|write after free)", NULL);
    ((char *)hide(block))[-1] ^= 1;
    return unused;
}

static void *write_after_free(void *unused) {
    expect_line("(write|use) after free", NULL);
    ((char *)hide(block))[size / 2] ^= 1;
    return unused;
}

static void *read_after_free(void *unused) {
    expect_line("use after free", NULL);
    if (((volatile char *)hide(block))[size / 2] == 1) _exit(0);
    return unused;
}

static void *double_free(void *unused) {
    expect_line("(double free of|free of (freed|unallocated|foreign) pointer)", block);
    free(hide(block));
    return unused;
}

static void *free_inside(void *unused) {
    expect_line("free of (interior|misaligned) pointer", block + 8);
    free(hide(block + 8));
    return unused;
}

static void *free_of_stack(void *unused) {
    char *here = (char *)(((uintptr_t)&unused + 64) & ~(uintptr_t)15);
    expect_line("free of (foreign|unallocated) pointer", here);
    free(hide(here));
    return unused;
}

static void *wrong_size(void *unused) {
    void (*delete_sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "_ZdlPvm");
    EXPECT(delete_sized != NULL);
    expect_line("(operator )?delete of", block);
    delete_sized(hide(block), size * 2);
    return unused;
}

static const struct {
    const char *name;
    void *(*make)(void *unused);
    bool is_freed, is_freed_after; /* before the mistake; after it */
} kinds[] = {
    {"overflow", overflow, false, true},
    {"overflow_read", overflow_read, false, true},
    {"underflow", underflow, false, true},
    {"write_after_free", write_after_free, true, false},
    {"read_after_free", read_after_free, true, false},
    {"double_free", double_free, true, false},
    {"free_inside", free_inside, false, false},
    {"free_of_stack", free_of_stack, false, false},
    {"wrong_size", wrong_size, false, false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void make_mistake(int kind, bool is_other, bool is_later) {
    void *neighbours[NEIGHBOURS];
    for (int i = 0; i < NEIGHBOURS; i++) {
        neighbours[i] = ask();
        if (i == 1) block = ask();
    }
    if (kinds[kind].is_freed) free(hide(block));
    if (is_later) use_others();
    is_other ? in_thread(kinds[kind].make, NULL) : (void)kinds[kind].make(NULL);
    use_others();
    if (kinds[kind].is_freed_after) free(hide(block));
    for (int i = 0; i < NEIGHBOURS; i++) free(neighbours[i]);
}

int main(int count, char **arguments) {
    for (int i = 0; i < KINDS; i++) {
        if (count == 2 && strcmp(arguments[1], "--list") == 0) printf("%s\n", kinds[i].name);
        if (count != 5 || strcmp(kinds[i].name, arguments[1]) != 0) continue;
        size = strtoul(arguments[2], NULL, 10);
        make_mistake(i, strcmp(arguments[3], "other") == 0, strcmp(arguments[4], "later") == 0);
        return 0;
    }
    return count == 2 ? 0 : 2;
}
