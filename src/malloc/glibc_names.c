/* SPDX-License-Identifier: MIT */
/* What glibc has beside the standard's functions: trim, figures, parameters. */
#include <malloc.h>
#include <stdio.h>

#include "base/text.h"
#include "heap/census.h"
#include "malloc/contract.h"
#include "malloc/export.h"
#include "malloc/parameter.h"
#include "malloc/report.h"

EXPORT int malloc_trim(size_t keep) { return allocate_trim(keep); }

EXPORT struct mallinfo2 mallinfo2(void) {
    struct census census;
    census_make(&census);
    return report_mallinfo(&census);
}

/* The int fields wrap, as glibc's: so sums still hold, and programs that read them as unsigned see
   the right figures up to 4 GiB. */
EXPORT struct mallinfo mallinfo(void) {
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){
        .arena = (int)wide.arena,
        .ordblks = (int)wide.ordblks,
        .smblks = (int)wide.smblks,
        .hblks = (int)wide.hblks,
        .hblkhd = (int)wide.hblkhd,
        .usmblks = (int)wide.usmblks,
        .fsmblks = (int)wide.fsmblks,
        .uordblks = (int)wide.uordblks,
        .fordblks = (int)wide.fordblks,
        .keepcost = (int)wide.keepcost,
    };
}

EXPORT int mallopt(int parameter, int value) {
    return parameter_set(parameter, (size_t)(ptrdiff_t)value);
}

EXPORT void malloc_stats(void) {
    struct text text;
    text_begin(&text, 2);
    report_write_stats(&text);
    report_write(&text);
    text_flush(&text);
}

static void write_info(struct text *text) {
    FILE *stream = (FILE *)text->stream;
    if (fwrite(text->buffer, 1, text->used, stream) < text->used) text->error = errno;
    text->used = 0;
}

EXPORT int malloc_info(int options_value, FILE *stream) {
    if (options_value != 0) return EINVAL;
    struct text text;
    text_begin(&text, -1);
    text.stream = stream;
    text.write_out = write_info;
    report_write_xml(&text);
    return text_flush(&text) == 0 ? 0 : -1;
}
