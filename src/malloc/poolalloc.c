/* SPDX-License-Identifier: MIT */
/* The functions of poolalloc.h, which documents them. */
#include "poolalloc.h"

#include "base/text.h"
#include "heap/census.h"
#include "heap/purge.h"
#include "malloc/contract.h"
#include "malloc/export.h"
#include "malloc/report.h"

static_assert(POOLALLOC_VERSION_NUMBER == POOLALLOC_VERSION_MAJOR * 10000 +
                                              POOLALLOC_VERSION_MINOR * 100 +
                                              POOLALLOC_VERSION_PATCH,
              "the version is the same in all forms");

EXPORT void *poolalloc_malloc(size_t size) { return contract_malloc(size); }
EXPORT void *poolalloc_calloc(size_t count, size_t size) { return contract_calloc(count, size); }
EXPORT void *poolalloc_realloc(void *block, size_t size) { return contract_realloc(block, size); }
EXPORT void *poolalloc_reallocarray(void *block, size_t count, size_t size) {
    return contract_reallocarray(block, count, size);
}
EXPORT void poolalloc_free(void *block) { contract_free(block); }
EXPORT void poolalloc_free_sized(void *block, size_t size) { contract_free_sized(block, size); }
EXPORT void poolalloc_free_aligned_sized(void *block, size_t alignment, size_t size) {
    contract_free_aligned_sized(block, alignment, size);
}
EXPORT void *poolalloc_aligned_alloc(size_t alignment, size_t size) {
    return contract_aligned(alignment, size);
}
EXPORT int poolalloc_posix_memalign(void **result, size_t alignment, size_t size) {
    return contract_posix_memalign(result, alignment, size);
}
EXPORT size_t poolalloc_usable_size(const void *block) { return contract_usable_size(block); }
EXPORT size_t poolalloc_good_size(size_t size) { return contract_good_size(size); }

EXPORT size_t poolalloc_in_use(void) { return purge_in_use() * POOL_SIZE; }
EXPORT int poolalloc_trim(size_t keep) { return allocate_trim(keep); }

EXPORT int poolalloc_get_stats(struct poolalloc_stats *stats) {
    if (stats->size == 0) {
        errno = EINVAL;
        return -1;
    }
    struct census census;
    census_make(&census);
    struct poolalloc_stats all = {
        .size = size_min(stats->size, sizeof all),
        .used = census.used_bytes,
        .blocks = census.used_blocks,
        .cached = census.touched_bytes - census.used_bytes,
        .purged = census.mapped_bytes - census.touched_bytes,
        .mapped = census.mapped_bytes,
        .mapped_peak = census.mapped_peak,
        .metadata = census.metadata_bytes,
        .arenas = census.arenas,
        .pools = census.pools,
        .direct = census.direct_blocks,
        .heaps = census.heaps,
        .purges = census.purges,
        .lock_takings = census.lock_takings,
    };
    memcpy(stats, &all, all.size);
    return 0;
}

EXPORT int poolalloc_report(int descriptor) {
    struct text text;
    text_begin(&text, descriptor);
    report_write(&text);
    int error = descriptor < 0 ? EBADF : text_flush(&text);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

EXPORT int poolalloc_check(void) {
    census_check();
    return 0;
}

EXPORT const char *poolalloc_version(void) { return POOLALLOC_VERSION_STRING; }
