/* SPDX-License-Identifier: MIT */
#include "graph/area.h"

#include "os/os.h"

/* In front of the first element. */
struct header {
    CACHE_ALIGNED size_t bytes; /* of the mapping */
};

void *area_new(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX) return NULL;
    bytes = align_up(bytes + sizeof(struct header), os_page_size());
    struct header *header = (struct header *)os_map_fenced(bytes);
    if (header == NULL) return NULL;
    header->bytes = bytes;
    return header + 1;
}

void area_free(void *area) {
    if (area == NULL) return;
    struct header *header = (struct header *)area - 1;
    os_unmap_fenced(header, header->bytes);
}
