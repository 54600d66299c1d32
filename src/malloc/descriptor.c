/* SPDX-License-Identifier: MIT */
#include "malloc/descriptor.h"

#include "heap/allocate.h"
#include "heap/direct.h"
#include "heap/emergency.h"
#include "heap/guard.h"
#include "heap/message.h"
#include "heap/note.h"
#include "heap/purge.h"
#include "heap/sample.h"
#include "heap/space.h"
#include "heap/thread_heap.h"
#include "malloc/export.h"
#include "os/options.h"
#include "os/os.h"
#include "poolalloc.h"

#define AT(name, object)                                                                           \
    { "at " name, (uint64_t) & (object) }
#define SIZEOF(type)                                                                               \
    { "sizeof " #type, sizeof(struct type) }
#define FIELD(type, field)                                                                         \
    { #type "." #field, offsetof(struct type, field) }
#define NUMBER(name, number)                                                                       \
    { name, (uint64_t)(number) }

/* What the dynamic linker has to relocate stands together, in front: one page of it is written. */
EXPORT const struct descriptor poolalloc_descriptor = {
    .magic = DESCRIPTOR_MAGIC,
    .version = DESCRIPTOR_VERSION,
    .room = DESCRIPTOR_FIELDS,
    .library = POOLALLOC_VERSION_STRING,
    .fields =
        {
            AT("windows", window_newest),
            AT("window_table", window_table),
            AT("heaps", thread_heap_newest),
            AT("heaps_in_use", heaps_in_use),
            AT("size_classes", size_classes),
            AT("directs", direct_live),
            AT("figures", space_figures),
            AT("options", options),
            AT("purge_runs", purge_runs),
            AT("emergency", emergency_mapping),
            AT("guards", guard_pool_now),
            AT("sample_places", sample_places),
            AT("sample_mean", sample_begun_with),
            AT("sample_mean_now", sample_mean_now),
            AT("wish_any", allocate_wishes.any),
            AT("wish_sampling", allocate_wishes.sampling),
            AT("wish_profile", allocate_wishes.profile),
            NUMBER("SAMPLING_TO_BEGIN", SAMPLING_TO_BEGIN),
            NUMBER("SAMPLING_TO_END", SAMPLING_TO_END),
            NUMBER("PROFILE_TO_WRITE", 1),

            NUMBER("align", ALIGN),
            NUMBER("pool_size", POOL_SIZE),
            NUMBER("arena_size", ARENA_SIZE),
            NUMBER("window_size", (size_t)1 << WINDOW_SHIFT),
            NUMBER("pool_words", POOL_WORDS),
            NUMBER("class_count", CLASS_COUNT),
            NUMBER("small_classes", SMALL_CLASSES),
            NUMBER("page_class", PAGE_CLASS),
            NUMBER("window_before", WINDOW_BEFORE),
            NUMBER("fence", OS_FENCE),
            NUMBER("message_sheet", MESSAGE_SHEET),
            NUMBER("heap_rounds", HEAP_ROUNDS),
            NUMBER("sizeof record", sizeof(union record)),
            NUMBER("emergency_size", EMERGENCY_SIZE),
            NUMBER("tag_kind_shift", TAG_KIND_SHIFT),
            NUMBER("TAG_HEAP", TAG_HEAP),
            NUMBER("TAG_RUN", TAG_RUN),
            NUMBER("TAG_DIRECT", TAG_DIRECT),
            NUMBER("ARENA_NONE", ARENA_NONE),
            NUMBER("ARENA_OF_RUNS", ARENA_OF_RUNS),
            NUMBER("ARENA_OF_POOLS", ARENA_OF_POOLS),
            NUMBER("HEAP_STATES", HEAP_STATES),
            NUMBER("HEAP_IN_USE", HEAP_IN_USE),
            NUMBER("HEAP_ASLEEP", HEAP_ASLEEP),

            SIZEOF(window_table),
            SIZEOF(window),
            FIELD(window, record),
            FIELD(window, spare),
            FIELD(window, base),
            FIELD(window, next),
            FIELD(window, arena),

            FIELD(pool, tag),
            FIELD(pool, taken),
            FIELD(pool, class_index),
            FIELD(pool, offset),
            FIELD(pool, live),
            FIELD(pool, noted),
            FIELD(large, tag),
            FIELD(large, link),
            FIELD(large, address),
            FIELD(large, size),
            FIELD(large, caller),

            SIZEOF(arena),
            FIELD(arena, free),
            FIELD(arena, touched),
            FIELD(arena, young),
            FIELD(arena, base),
            FIELD(arena, kind),
            FIELD(arena, huge),
            FIELD(arena, note),
            NUMBER("note_caller_bits", NOTE_CALLER_BITS),
            NUMBER("note_place_bits", NOTE_PLACE_BITS),
            NUMBER("note_mean", NOTE_MEAN),

            SIZEOF(size_class),
            FIELD(size_class, stride),
            FIELD(size_class, capacity),
            FIELD(size_class, pools),
            FIELD(size_class, starts),

            NUMBER("sizeof heap", HEAP_SIZE),
            FIELD(heap, next),
            FIELD(heap, inbox),
            FIELD(heap, top),
            FIELD(heap, cursors),
            FIELD(heap, counting),
            FIELD(heap, served),

            FIELD(link, next),
            FIELD(link, prev),

            FIELD(space_figures, mapped),
            FIELD(space_figures, mapped_peak),
            FIELD(space_figures, direct_blocks),
            FIELD(space_figures, direct_bytes),

            SIZEOF(guard_pool),
            FIELD(guard_pool, base),
            FIELD(guard_pool, size),
            FIELD(guard_pool, slots_used),
            SIZEOF(guard_slot),
            FIELD(guard_slot, address),
            FIELD(guard_slot, state),
            FIELD(guard_slot, size),
            NUMBER("GUARD_LIVE", GUARD_LIVE),

            SIZEOF(sample_places),
            FIELD(sample_places, live),
            FIELD(sample_places, live_most),
            FIELD(sample_places, words),
            FIELD(sample_places, words_most),
            FIELD(sample_places, graves),
            FIELD(sample_places, graves_size),
            FIELD(sample_places, sample_size),
            FIELD(sample_places, sample_address),
            FIELD(sample_places, sample_bytes),
            FIELD(sample_places, sample_weight),
            FIELD(sample_places, sample_site),
            FIELD(sample_places, site_depth),
            FIELD(sample_places, site_callers),

            FIELD(options, purge_delay),
            FIELD(options, purge_keep),
            FIELD(options, purge_thread),
            FIELD(options, large_direct),
            FIELD(options, deepbind),
            FIELD(options, report_exit),
            FIELD(options, report_path),
            FIELD(options, sample_signal),
            FIELD(options, sample_path),
            NUMBER("sample_path_size", sizeof options.sample_path),
        },
};
