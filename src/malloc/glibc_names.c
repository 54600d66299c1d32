/* SPDX-License-Identifier: MIT */
/* What glibc has beside the standard's functions: trim, figures, parameters. */
#include <limits.h>
#include <malloc.h>
#include <stdio.h>

#include "base/text.h"
#include "heap/census.h"
#include "malloc/alloc.h"
#include "malloc/export.h"
#include "malloc/parameter.h"
#include "malloc/report.h"

EXPORT int malloc_trim(size_t keep) { return allocate_trim(keep); }

/* Fields as glibc's: arena and hblkhd are mapped, uordblks and fordblks used and free. */
EXPORT struct mallinfo2 mallinfo2(void) {
    struct census census;
    census_take(&census);
    return (struct mallinfo2){
        .arena = census.mapped_bytes - census.direct_bytes,
        .ordblks = census.arenas,
        .hblks = census.direct_blocks,
        .hblkhd = census.direct_bytes,
        .usmblks = census.mapped_peak,
        .uordblks = census.used_bytes,
        .fordblks = census.mapped_bytes - census.used_bytes,
        .keepcost = census.touched_bytes - census.used_bytes,
    };
}

/* The old interface's int fields stop at INT_MAX rather than wrap. */
static int clamp(size_t n) { return n > INT_MAX ? INT_MAX : (int)n; }

EXPORT struct mallinfo mallinfo(void) {
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){
        .arena = clamp(wide.arena),
        .ordblks = clamp(wide.ordblks),
        .hblks = clamp(wide.hblks),
        .hblkhd = clamp(wide.hblkhd),
        .usmblks = clamp(wide.usmblks),
        .uordblks = clamp(wide.uordblks),
        .fordblks = clamp(wide.fordblks),
        .keepcost = clamp(wide.keepcost),
    };
}

EXPORT int mallopt(int parameter, int value) {
    return parameter_set(parameter, (size_t)(ptrdiff_t)value);
}

EXPORT void malloc_stats(void) {
    struct text text;
    text_begin(&text, 2);
    report_write(&text);
    text_flush(&text);
}

static void write_to_stream(struct text *text) {
    FILE *stream = (FILE *)text->stream;
    if (fwrite(text->buffer, 1, text->used, stream) < text->used) text->error = errno;
    text->used = 0;
}

EXPORT int malloc_info(int options_value, FILE *stream) {
    if (options_value != 0) return EINVAL;
    struct text text;
    text_begin(&text, -1);
    text.stream = stream;
    text.write_out = write_to_stream;
    report_write_xml(&text);
    return text_flush(&text) == 0 ? 0 : -1;
}
