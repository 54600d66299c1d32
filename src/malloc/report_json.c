/* SPDX-License-Identifier: MIT */
/* The report for programs to read. */
#include "malloc/report.h"

#include "os/os.h"
#include "poolalloc.h"

/* Grows when a member is renamed or goes; not when one is added. */
enum { SCHEMA = 1 };

static void add_json_string(struct text *to, const char *string) {
    text_add(to, "\"");
    for (; *string != '\0'; string++) {
        if ((unsigned char)*string < ' ') continue;
        if (*string == '"' || *string == '\\') text_add(to, "\\");
        text_add_bytes(to, string, 1);
    }
    text_add(to, "\"");
}

static void add_json_number(struct text *to, const char *before, uint64_t number) {
    text_add(to, before);
    text_add_decimal(to, number);
}

static void add_bytes(struct text *to, const struct census *census) {
    add_json_number(to, ",\"bytes\":{\"used\":", census->used_bytes);
    add_json_number(to, ",\"cached\":", census->touched_bytes - census->used_bytes);
    add_json_number(to, ",\"purged\":", census->mapped_bytes - census->touched_bytes);
    add_json_number(to, ",\"mapped\":", census->mapped_bytes);
    add_json_number(to, ",\"mapped_peak\":", census->mapped_peak);
    add_json_number(to, ",\"metadata\":", census->metadata_bytes);
    add_json_number(to, ",\"releasable\":", census->releasable_bytes);
    add_json_number(to, ",\"quarantined\":", census->waiting_bytes);
}

static void add_counts(struct text *to, const struct census *census) {
    add_json_number(to, "},\"counts\":{\"live\":", census->used_blocks);
    text_add(to, ",\"served\":");
    if (census->served_is_known)
        text_add_decimal(to, census->served);
    else
        text_add(to, "null");
    add_json_number(to, ",\"heaps\":", census->heaps);
    add_json_number(to, ",\"arenas\":", census->arenas);
    add_json_number(to, ",\"pools\":", census->pools);
    add_json_number(to, ",\"span_pools\":", census->span_pools);
    add_json_number(to, ",\"large\":", census->runs);
    add_json_number(to, ",\"mappings\":", census->direct_blocks);
    add_json_number(to, ",\"purges\":", census->purges);
}

static void add_classes(struct text *to, const struct census *census) {
    const char *comma = "";
    text_add(to, "},\"classes\":[");
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        if (census->class_blocks[c] == 0 && census->class_free[c] == 0) continue;
        text_add(to, comma);
        add_json_number(to, "{\"size\":", size_classes[c].stride);
        add_json_number(to, ",\"live\":", census->class_blocks[c]);
        add_json_number(to, ",\"free\":", census->class_free[c]);
        text_add(to, "}");
        comma = ",";
    }
    text_add(to, "]}\n");
}

void report_write_json(struct text *to) {
    struct census census;
    census_make(&census);
    add_json_number(to, "{\"schema\":", SCHEMA);
    text_add(to, ",\"version\":\"" POOLALLOC_VERSION_STRING "\"");
    add_json_number(to, ",\"pid\":", (uint64_t)os_process_id());
    text_add(to, ",\"program\":");
    add_json_string(to, program_invocation_name ? program_invocation_name : "?");
    add_bytes(to, &census);
    add_counts(to, &census);
    add_classes(to, &census);
}
