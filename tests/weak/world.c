/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RANGES = 256, PAGES = 2048, PAGE = 4096 };

struct range {
    uintptr_t start, end;
};

struct page {
    char *at;
    char copy[PAGE];
};

struct world {
    struct range old[RANGES], kept[RANGES];
    unsigned old_count, kept_count, page_count;
    struct range local;
    struct page page[PAGES];
};

static struct world *world;
extern char __data_start[], _end[];

static void give_up(const char *why) {
    fprintf(stderr, "%s\n", why);
    _exit(3);
}

void *world_outside(size_t size) {
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) give_up("no memory for the test itself");
    return memory;
}

/* ---- What is mapped ---- */

static void add(struct range *ranges, unsigned *count, struct range range) {
    if (range.start >= range.end) return;
    if (*count == RANGES) give_up("too many mappings");
    ranges[(*count)++] = range;
}

/* Writable private memory of no file. */
static unsigned read_maps(struct range *ranges) {
    unsigned count = 0;
    char line[512], access[8], name[256];
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) give_up("no /proc/self/maps");
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end, inode = 0;
        name[0] = 0;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu %255s", &start, &end, access, &inode, name) < 4)
            continue;
        bool ours = inode == 0 && (name[0] == 0 || strncmp(name, "[anon:", 6) == 0);
        if (ours && strcmp(access, "rw-p") == 0) add(ranges, &count, (struct range){start, end});
    }
    fclose(maps);
    return count;
}

/* The parts of a range that were not there at the begin. */
static void keep_new(struct range range) {
    for (unsigned i = 0; i < world->old_count; i++) {
        struct range old = world->old[i];
        if (old.end <= range.start || old.start >= range.end) continue;
        keep_new((struct range){range.start, old.start > range.start ? old.start : range.start});
        if (old.end >= range.end) return;
        range.start = old.end;
    }
    add(world->kept, &world->kept_count, range);
}

static int note_local(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    if (info->dlpi_name[0] != 0 || info->dlpi_tls_data == NULL) return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS) {
            world->local.start = (uintptr_t)info->dlpi_tls_data;
            world->local.end = world->local.start + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

void world_begin(void) {
    world = world_outside(sizeof *world);
    dl_iterate_phdr(note_local, NULL);
    if (world->local.start == 0) give_up("no thread-local variables");
    world->old_count = read_maps(world->old);
}

/* ---- Copies ---- */

static bool is_kept(uintptr_t address) {
    for (unsigned i = 0; i < world->kept_count; i++)
        if (address >= world->kept[i].start && address < world->kept[i].end) return true;
    return false;
}

static void on_fault(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    char *at = (char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
    if (!is_kept((uintptr_t)at) || world->page_count == PAGES) {
        signal(signal_number, SIG_DFL);
        return;
    }
    struct page *page = &world->page[world->page_count++];
    page->at = at;
    memcpy(page->copy, at, PAGE);
    mprotect(at, PAGE, PROT_READ | PROT_WRITE);
}

void world_keep(void) {
    static struct range now[RANGES];
    unsigned count = read_maps(now);
    for (unsigned i = 0; i < count; i++) keep_new(now[i]);
    uintptr_t data = (uintptr_t)__data_start & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = ((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    add(world->kept, &world->kept_count, (struct range){data, end});
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    for (unsigned i = 0; i < world->kept_count; i++)
        mprotect((void *)world->kept[i].start, world->kept[i].end - world->kept[i].start,
                 PROT_READ);
}

void world_restore(void) {
    for (unsigned i = 0; i < world->page_count; i++)
        memcpy(world->page[i].at, world->page[i].copy, PAGE);
}

/* ---- Thread-local variables ---- */

bool world_is_local(uintptr_t address) {
    return address >= world->local.start && address < world->local.end;
}
size_t world_local_size(void) { return world->local.end - world->local.start; }
void world_save_local(void *to) { memcpy(to, (void *)world->local.start, world_local_size()); }
void world_load_local(const void *from) {
    memcpy((void *)world->local.start, from, world_local_size());
}
