/* SPDX-License-Identifier: MIT */
#include "malloc/report.h"

#include "heap/census.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"
#include "poolalloc.h"

static void line_start(struct text *to, const char *name) {
    text_add(to, "  ");
    text_add(to, name);
    text_pad(to, 14);
}

static void line_figure(struct text *to, const char *name, uint64_t bytes) {
    line_start(to, name);
    text_add_size(to, bytes);
    text_pad(to, 28);
}

static void line_bytes(struct text *to, const char *name, uint64_t bytes, const char *meaning) {
    line_figure(to, name, bytes);
    text_add(to, meaning);
    text_add(to, "\n");
}

static void write_served(struct text *to, const struct census *census) {
    text_add(to, "served: ");
    if (census->served_is_known)
        text_add_decimal(to, census->served);
    else
        text_add(to, "uncounted");
    text_add(to, " blocks up to 64 KiB, ");
    text_add_decimal(to, census->used_blocks);
    text_add(to, " blocks live now, by ");
    text_add_decimal(to, census->heaps);
    text_add(to, census->heaps == 1 ? " thread\n" : " threads\n");
}

static void write_memory(struct text *to, const struct census *census) {
    text_add(to, "memory:\n");
    line_bytes(to, "used", census->used_bytes, "in live blocks");
    line_bytes(to, "cached", census->touched_bytes - census->used_bytes,
               "free, and still backed by memory");
    line_bytes(to, "purged", census->mapped_bytes - census->touched_bytes,
               "address space without memory behind it");
    line_bytes(to, "mapped", census->mapped_bytes, "the sum of these");
    line_bytes(to, "mapped peak", census->mapped_peak, "the most it was");
    if (space_limit() != SIZE_MAX)
        line_bytes(to, "limit", space_limit(), "the most that may be mapped (limit=)");
    line_bytes(to, "metadata", census->metadata_bytes,
               "address space of our records, touched as far as needed");
}

/* When whole free pages go back, as the options have it; heap/purge.h has the rule in full. */
static void write_when(struct text *to) {
    text_add(to, "whole and free; they go back ");
    if (options.purge_delay == PURGE_NEVER) {
        text_add(to, "by malloc_trim alone\n");
        return;
    }
    text_add(to, "within ");
    text_add_decimal(to, options.purge_delay);
    text_add(to, options.purge_thread ? " ms, by a thread" : " ms, as malloc and free are called");
    if (options.purge_keep != 0) {
        text_add(to, ", but for ");
        text_add_size(to, options.purge_keep);
    }
    text_add(to, ",\n");
    text_pad(to, 28);
    text_add(to, "and at once above 1 MiB and a quarter of what is in use\n");
}

/* What is cached, once more: by what it takes to go back. Other threads went on meanwhile. */
static void write_cached(struct text *to, const struct census *census) {
    size_t cached = census->touched_bytes - census->used_bytes;
    size_t pages = size_min(census->releasable_bytes, cached);
    size_t waiting = size_min(census->waiting_bytes, cached - pages);
    text_add(to, "cached:\n");
    line_figure(to, "pages", pages);
    write_when(to);
    line_bytes(to, "in pools", cached - pages - waiting,
               "free beside live blocks, or kept by threads; stays until a page of it is free");
    if (waiting != 0)
        line_bytes(to, "in quarantine", waiting, "freed, and waits for others to be freed");
}

static void write_holders(struct text *to, const struct census *census) {
    text_add(to, "held by: ");
    text_add_decimal(to, census->arenas);
    text_add(to, " arenas, ");
    text_add_decimal(to, census->pools);
    text_add(to, " pools, ");
    text_add_decimal(to, census->span_pools);
    text_add(to, " pools of spans, ");
    text_add_decimal(to, census->runs);
    text_add(to, " large blocks, ");
    text_add_decimal(to, census->direct_blocks);
    text_add(to, " mappings; given back ");
    text_add_decimal(to, census->purges);
    text_add(to, " runs of pages\n");
}

void report_write(struct text *to) {
    struct census census;
    census_make(&census);
    text_add(to, "poolalloc " POOLALLOC_VERSION_STRING " report, pid ");
    text_add_decimal(to, (uint64_t)os_process_id());
    text_add(to, ", ");
    text_add(to, program_invocation_name ? program_invocation_name : "?");
    text_add(to, "\n");
    write_served(to, &census);
    write_memory(to, &census);
    write_cached(to, &census);
    write_holders(to, &census);
}

/* ---- As glibc says it ---- */

struct mallinfo2 report_mallinfo(const struct census *census) {
    size_t used = census->used_bytes - census->direct_bytes;
    used = size_min(used, census->arena_bytes); /* other threads went on meanwhile */
    size_t rest = census->arena_bytes - used;
    return (struct mallinfo2){
        .arena = census->arena_bytes,
        .ordblks = census->free_runs + census_free_blocks(census),
        .smblks = 0, /* and fsmblks: there are no fast bins */
        .hblks = census->direct_blocks,
        .hblkhd = census->direct_bytes,
        .usmblks = 0, /* glibc: always */
        .fsmblks = 0,
        .uordblks = used,
        .fordblks = rest,
        .keepcost = size_min(census->releasable_bytes, rest),
    };
}

static void xml_number(struct text *to, const char *before, uint64_t number, const char *after) {
    text_add(to, before);
    text_add_decimal(to, number);
    text_add(to, after);
}

static void xml_count_size(struct text *to, const char *start, uint64_t count, uint64_t size) {
    text_add(to, start);
    xml_number(to, " count=\"", count, "\"");
    xml_number(to, " size=\"", size, "\"/>\n");
}

/* The page class stands behind the others, and serves what is aligned to a page. */
static size_t class_from(unsigned class_index) {
    return class_index == PAGE_CLASS ? 1 : size_classes[class_index - 1].stride + 1;
}

static void xml_class(struct text *to, const char *start, unsigned class_index, uint64_t count) {
    if (count == 0) return;
    text_add(to, start);
    xml_number(to, " from=\"", class_from(class_index), "\"");
    xml_number(to, " to=\"", size_classes[class_index].stride, "\"");
    xml_number(to, " total=\"", count * size_classes[class_index].stride, "\"");
    xml_number(to, " count=\"", count, "\"/>\n");
}

static void xml_free(struct text *to, const struct mallinfo2 *info) {
    xml_count_size(to, "<total type=\"fast\"", info->smblks, info->fsmblks);
    xml_count_size(to, "<total type=\"rest\"", info->ordblks, info->fordblks - info->fsmblks);
}

static void xml_system(struct text *to, size_t now, size_t most) {
    xml_number(to, "<system type=\"current\" size=\"", now, "\"/>\n");
    xml_number(to, "<system type=\"max\" size=\"", size_max(now, most), "\"/>\n");
    xml_number(to, "<aspace type=\"total\" size=\"", now, "\"/>\n");
    xml_number(to, "<aspace type=\"mprotect\" size=\"", now, "\"/>\n");
}

/* glibc's elements with glibc's meaning: `sizes` are free blocks. Live ones are in elements of
   another name, which those who read glibc's pass by. */
void report_write_xml(struct text *to) {
    struct census census;
    census_make(&census);
    struct mallinfo2 info = report_mallinfo(&census);
    text_add(to, "<malloc version=\"1\" allocator=\"poolalloc " POOLALLOC_VERSION_STRING "\">\n");
    text_add(to, "<heap nr=\"0\">\n<sizes>\n");
    for (unsigned c = 1; c < CLASS_COUNT; c++) xml_class(to, "  <size", c, census.class_free[c]);
    text_add(to, "</sizes>\n");
    xml_free(to, &info);
    xml_system(to, info.arena, census.mapped_peak);
    text_add(to, "</heap>\n");
    xml_free(to, &info);
    xml_count_size(to, "<total type=\"mmap\"", info.hblks, info.hblkhd);
    xml_system(to, info.arena, census.mapped_peak);
    xml_number(to, "<used count=\"", census.used_blocks, "\"");
    xml_number(to, " size=\"", census.used_bytes, "\">\n");
    for (unsigned c = 1; c < CLASS_COUNT; c++)
        xml_class(to, "  <blocks", c, census.class_blocks[c]);
    text_add(to, "</used>\n</malloc>\n");
}

/* Writes a number right-aligned in 10 columns, as those who parse glibc's malloc_stats expect. */
static void stats_line(struct text *to, const char *name, uint64_t number) {
    unsigned digits = 1;
    for (uint64_t rest = number; rest >= 10; rest /= 10) digits++;
    text_add(to, name);
    text_add_bytes(to, "          ", digits < 10 ? 10 - digits : 0);
    text_add_decimal(to, number);
    text_add(to, "\n");
}

void report_write_stats(struct text *to) {
    struct census census;
    census_make(&census);
    struct mallinfo2 info = report_mallinfo(&census);
    text_add(to, "Arena 0:\n");
    stats_line(to, "system bytes     = ", info.arena);
    stats_line(to, "in use bytes     = ", info.uordblks);
    text_add(to, "Total (incl. mmap):\n");
    stats_line(to, "system bytes     = ", info.arena + info.hblkhd);
    stats_line(to, "in use bytes     = ", info.uordblks + info.hblkhd);
    stats_line(to, "max mmap regions = ", census.direct_blocks_peak);
    stats_line(to, "max mmap bytes   = ", census.direct_bytes_peak);
}
