/* SPDX-License-Identifier: MIT */
#include "heap/direct.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/retired.h"
#include "heap/sample.h"
#include "heap/space.h"
#include "heap/tag.h"
#include "os/options.h"
#include "os/os.h"

/* Longer blocks have no room to grow in, as it may be address space that others want. */
static const size_t ROOM_MOST = 4 * GIB;

struct link direct_live = {&direct_live, &direct_live};

static struct large *direct_of(struct link *link) { return link_owner(link, struct large, link); }

static void set_tag(struct large *direct) {
    atomic_u64_store(&direct->tag, tag_of_kind(direct->address, TAG_DIRECT));
}

static size_t guard_of(const struct large *direct) { return direct->guarded ? os_page_size() : 0; }

static size_t room_of(const struct large *direct) { return direct->room * os_page_size(); }

/* With guards and room. */
static size_t mapped_size(const struct large *direct) {
    return direct->size + room_of(direct) + 2 * guard_of(direct);
}

/* ---- Records ----
 *
 * A record has its address exactly while the mapping is there: a fork may come at any moment, and
 * direct_rebuild goes by it. Without a mapping it is all zero, as the place may be a pool's next.
 */

static void record_clear(struct large *direct) {
    direct->address = 0;
    atomic_in_sequence();
    memset(direct, 0, sizeof *direct);
    atomic_in_sequence();
}

static void record_fill(struct large *direct, const struct large *from) {
    link_init(&direct->link);
    direct->size = from->size;
    direct->room = from->room;
    direct->guarded = from->guarded;
    direct->caller = from->caller;
    atomic_u64_store(&direct->tag, atomic_u64_load(&from->tag));
    atomic_in_sequence();
    direct->address = from->address;
}

static struct large *describe_direct(uintptr_t address, size_t size, bool guarded) {
    ASSERT(space_lock_is_held());
    struct large *direct = &window_record_at(address)->large;
    struct large made = {.address = address, .size = size, .guarded = guarded};
    record_fill(direct, &made);
    return direct;
}

/* ---- Mapping and unmapping; on no list ---- */

static struct large *map_block(size_t size, size_t alignment) {
    ASSERT(space_lock_is_held());
    size_t page = os_page_size();
    bool guarded = direct_has_guards() && alignment <= page;
    struct space_request request = {size, size_max(alignment, page), POOL_SIZE, guarded};
    uintptr_t address = space_map(&request, 0);
    if (address == 0) return NULL;
    os_name((void *)address, size, "poolalloc block");
    space_count(size + (guarded ? 2 * page : 0), 0);
    return describe_direct(address, size, guarded);
}

static bool unmap_direct(struct large *direct) {
    ASSERT(space_lock_is_held());
    struct large gone = *direct;
    size_t size = mapped_size(direct);
    record_clear(direct);
    if (space_lock_unmap((void *)(gone.address - guard_of(&gone)), size)) {
        space_count(0, size);
        return true;
    }
    record_fill(direct, &gone);
    return false;
}

/* ---- What becomes of a mapping that is free ---- */

/* Whole arenas inside a mapping serve requests of any size from now on; its ends go back. False,
   and nothing done, if there are none. */
static bool become_arenas(struct large *direct) {
    struct large gone = *direct;
    uintptr_t end = gone.address + gone.size;
    uintptr_t base = align_up(gone.address, ARENA_SIZE), behind = align_down(end, ARENA_SIZE);
    if (gone.guarded || behind <= base) return false;
    record_clear(direct);
    if (!space_adopt(base, (behind - base) / ARENA_SIZE)) {
        record_fill(direct, &gone);
        return false;
    }
    os_use_small_pages((void *)base, behind - base);
    /* What the kernel will not unmap of the ends is lost, as address space. */
    if (base > gone.address) os_unmap((void *)gone.address, base - gone.address);
    if (end > behind) os_unmap((void *)behind, end - behind);
    space_count(0, (base - gone.address) + (end - behind));
    return true;
}

/* False, and nothing done: the kernel refuses. */
static bool unmap_room(struct large *direct) {
    size_t room = room_of(direct);
    uintptr_t behind = direct->address + direct->size + guard_of(direct);
    if (room == 0) return true;
    if (!os_unmap((void *)behind, room)) return false;
    direct->room = 0;
    space_count(0, room);
    return true;
}

/* The room does not wait with a block that is free, but for what the kernel does not unmap. */
static void drop_room(struct large *direct) {
    if (unmap_room(direct)) return;
    direct->size += room_of(direct);
    direct->room = 0;
}

/* The addresses of a freed mapping stay, without memory or access. False, and nothing done: they
   can't, or are not wanted. */
static bool retire_direct(struct large *direct) {
    struct large gone = *direct;
    size_t guard = guard_of(direct);
    if (!options.guard_pages || guard == 0 || !retired_make_room(gone.size + 2 * guard))
        return false;
    if (!os_shut((void *)gone.address, gone.size)) return false;
    record_clear(direct);
    retired_add(&gone);
    return true;
}

/* What the kernel will not unmap (the mapping limit) becomes arenas as well, whose memory goes
   back. What is too short for one arena is lost without its memory. */
static void unmap_or_free(struct large *direct) {
    drop_room(direct);
    struct large old = *direct;
    size_t pages = old.size / POOL_SIZE;
    if (retire_direct(direct)) return;
    if (!old.guarded && purge_allows(pages) && become_arenas(direct)) {
        space_unmap_excess(); /* else places of mappings that were kept and purged would gather */
        return;
    }
    if (unmap_direct(direct)) {
        if (!old.guarded) purge_unmapped(pages);
        return;
    }
    os_purge((void *)old.address, old.size);
    if (!become_arenas(direct)) {
        record_clear(direct);
        space_count(0, mapped_size(&old));
    }
    purge_excess();
}

/* ---- Blocks ---- */

static void remember(struct large *direct) {
    ASSERT(space_lock_is_held());
    link_add_after(&direct_live, &direct->link);
    space_figures.direct_blocks++;
    space_figures.direct_bytes += direct->size;
    purge_count_direct(direct->size / POOL_SIZE, 0);
    if (space_figures.direct_blocks > space_figures.direct_blocks_peak)
        space_figures.direct_blocks_peak = space_figures.direct_blocks;
    if (space_figures.direct_bytes > space_figures.direct_bytes_peak)
        space_figures.direct_bytes_peak = space_figures.direct_bytes;
}

static void forget_direct(struct large *direct) {
    ASSERT(space_lock_is_held());
    link_remove(&direct->link);
    space_figures.direct_blocks--;
    space_figures.direct_bytes -= direct->size;
    purge_count_direct(0, direct->size / POOL_SIZE);
}

static size_t whole_pages(size_t size) {
    return align_up(size, size_max(os_page_size(), POOL_SIZE));
}

/* The room is closed once all is mapped; if it can't be, it is part of the block. */
static void close_room(struct large *direct, size_t room) {
    if (!direct->guarded || !os_shut((void *)(direct->address + direct->size - room), room)) return;
    direct->size -= room;
    direct->room = (uint32_t)(room / os_page_size());
}

static void *allocate(size_t size, size_t alignment, size_t room) {
    if (!space_lock()) return NULL;
    struct large *direct = map_block(size + room, alignment);
    uintptr_t address = direct != NULL ? direct->address : 0;
    if (direct != NULL) {
        if (room > 0) close_room(direct, room);
        remember(direct);
        set_tag(direct);
    }
    space_unlock();
    return (void *)address;
}

void *direct_allocate(size_t size, size_t alignment) {
    return allocate(whole_pages(size), alignment, 0);
}

void *direct_allocate_to_grow(size_t size) {
    if (!direct_has_guards()) return direct_allocate(size + size / 8, ALIGN);
    size_t pages = whole_pages(size);
    void *block = pages <= ROOM_MOST ? allocate(pages, ALIGN, pages) : NULL;
    return block != NULL ? block : allocate(pages, ALIGN, 0);
}

bool direct_may_guard(void) {
    if (!space_lock()) return false;
    bool may = space_figures.direct_blocks < DIRECT_GUARDED_MOST;
    space_unlock();
    return may;
}

bool direct_free(struct large *direct) {
    if (!space_lock()) return true;
    bool freed = atomic_u64_exchange(&direct->tag, 0) != 0;
    if (freed) {
        forget_direct(direct);
        unmap_or_free(direct);
    }
    space_unlock();
    return freed;
}

/* ---- Resizing: the kernel moves the memory to where it likes, and the record follows ---- */

/* Puts the memory back where it was before it moved, a place that was unmapped a moment ago. It
   goes in pieces, so that hardly more is needed than the growth, which is undone first. */
static void put_mapping_back(const struct large *direct, uintptr_t landed, size_t size) {
    enum { PIECE = 64 * 1024 };
    os_resize((void *)landed, size, direct->size);
    for (size_t done = 0, piece; done < direct->size; done += piece) {
        char *to = (char *)direct->address + done;
        piece = size_min(PIECE, direct->size - done);
        CHECK(os_map_aligned_at(to, piece, os_page_size()) == to);
        memcpy(to, (const void *)(landed + done), piece);
        os_unmap((void *)(landed + done), piece);
    }
}

/* Copies a block that has moved to where it can have no record, as another window has the slot, to
   a new mapping. */
static struct large *rehouse(const struct large *from, uintptr_t landed, size_t size) {
    struct large *to = map_block(size, os_page_size());
    if (to == NULL) {
        put_mapping_back(from, landed, size);
        return NULL;
    }
    memcpy((void *)to->address, (const void *)landed, from->size);
    os_unmap((void *)landed, size);
    space_count(0, size);
    return to;
}

/* The record of what was `old` and is now `size` bytes at `landed`, 0: nowhere. NULL: it could not
   stay there, and is back. */
static struct large *settle_moved(const struct large *old, uintptr_t landed, size_t size) {
    if (landed == 0) return NULL;
    space_count(size, old->size);
    if (landed == old->address) return describe_direct(landed, size, false);
    struct large *to = window_reserve(landed, POOL_SIZE) ? describe_direct(landed, size, false)
                                                         : rehouse(old, landed, size);
    if (to == NULL) space_count(old->size, size);
    return to;
}

/* While the memory moves there is no record: a fork may come. */
static void *resize(struct large *from, size_t size) {
    ASSERT(space_lock_is_held());
    struct large old = *from;
    forget_direct(from);
    record_clear(from);
    space_lock_begin_call();
    uintptr_t landed = (uintptr_t)os_resize((void *)old.address, old.size, size);
    space_lock_end_call();
    struct large *to = settle_moved(&old, landed, size);
    bool resized = to != NULL;
    if (!resized) to = describe_direct(old.address, old.size, false);
    to->end = resized ? 0 : old.end;
    to->caller = old.caller;
    set_tag(to);
    remember(to);
    return resized ? (void *)to->address : NULL;
}

size_t direct_room_bytes(void) {
    size_t bytes = 0;
    ASSERT(space_lock_is_held());
    for (struct link *at = direct_live.next; at != &direct_live; at = at->next)
        bytes += room_of(direct_of(at));
    return bytes;
}

void direct_release_room(void) {
    ASSERT(space_lock_is_held());
    for (struct link *at = direct_live.next; at != &direct_live; at = at->next)
        unmap_room(direct_of(at));
}

/* The room is opened before it is said to be part of the block: a fork may come in between. */
static bool open_room(struct large *direct, size_t more) {
    ASSERT(space_lock_is_held());
    uintptr_t end = direct->address + direct->size;
    if (more > room_of(direct) || !os_open((void *)end, more)) return false;
    os_name((void *)end, more, "poolalloc block");
    forget_direct(direct);
    direct->room -= (uint32_t)(more / os_page_size());
    direct->size += more;
    remember(direct);
    return true;
}

static void *grow_in_room(struct large *direct, size_t size) {
    size_t pages = whole_pages(size);
    if (pages < direct->size || !space_lock()) return NULL;
    bool grown = pages == direct->size || open_room(direct, pages - direct->size);
    space_unlock();
    return grown ? (void *)direct->address : NULL;
}

void *direct_resize(struct large *direct, size_t size) {
    if (direct->guarded) return grow_in_room(direct, size);
    /* What grows will grow again: an eighth more of address space, so that a long row of small
       steps costs few system calls. */
    bool grows = size > direct->size && size < PTRDIFF_MAX / 2;
    size_t step = size_max(os_page_size(), POOL_SIZE);
    size_t tight = align_up(size, step), roomy = align_up(grows ? size + size / 8 : size, step);
    if (!space_lock()) return NULL;
    if (grows && unlikely(!space_allows(roomy - direct->size))) roomy = tight;
    bool can_be = !grows || (space_allows(roomy - direct->size) && window_prepare());
    void *result = can_be ? resize(direct, roomy) : NULL;
    space_unlock();
    return result;
}

/* This is for a message: the address is in the middle of a block, or nobody's. */
enum block_fault direct_fault_at(uintptr_t address) {
    enum block_fault fault = BLOCK_FOREIGN;
    if (!space_lock()) return fault;
    fault = retired_fault_at(address);
    for (struct link *at = direct_live.next; at != &direct_live; at = at->next)
        if (address - direct_of(at)->address < direct_of(at)->size)
            fault = address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
    space_unlock();
    return fault;
}

/* ---- What is known of a block that an access missed ---- */

/* The live block in whose guard pages the address is. */
static bool find_beside(uintptr_t address, struct large *found) {
    ASSERT(space_lock_is_held());
    for (struct link *at = direct_live.next; at != &direct_live; at = at->next) {
        const struct large *direct = direct_of(at);
        if (address - (direct->address - guard_of(direct)) >= mapped_size(direct)) continue;
        if (address - direct->address < direct->size) return false;
        *found = *direct;
        return true;
    }
    return false;
}

static bool find_refusing(uintptr_t address, struct large *found, bool *is_freed) {
    if (!direct_has_guards() || !space_lock()) return false;
    *is_freed = retired_find(address, found);
    bool any = *is_freed || find_beside(address, found);
    space_unlock();
    return any;
}

bool direct_refuses(uintptr_t address) {
    struct large found;
    bool is_freed;
    return find_refusing(address, &found, &is_freed);
}

/* Tells all callers where every block is sampled, else the one that is noted. */
static void tell_callers(const struct large *found, struct guard_story *story) {
    size_t size;
    story->asked.depth = story->freed.depth = 0;
    if (story->is_freed ? sample_find_freed(found->address, &story->asked, &story->freed)
                        : sample_find(found->address, &story->asked, &size))
        return;
    story->asked.callers[0] = found->caller;
    story->asked.depth = found->caller != 0;
}

bool direct_tell(uintptr_t address, struct guard_story *story) {
    struct large found;
    if (!find_refusing(address, &found, &story->is_freed)) return false;
    story->block = found.address;
    story->size = found.end != 0 ? found.end - found.address : found.size;
    story->stride = 0;
    story->kind = story->is_freed          ? GUARD_USE_AFTER_FREE
                  : address < story->block ? GUARD_UNDERFLOW
                                           : GUARD_OVERFLOW;
    tell_callers(&found, story);
    return true;
}

/* ---- After a fork ---- */

/* Without a tag the mapping was about to get one, or to be freed, by a thread that is gone: nobody
   uses it. */
static void rebuild_one(struct large *direct, uintptr_t place) {
    if (direct->address != place) return;
    link_init(&direct->link);
    space_count(mapped_size(direct), 0);
    if (atomic_u64_load(&direct->tag) != 0)
        remember(direct);
    else
        unmap_or_free(direct);
}

static void rebuild_arena(struct window *window, unsigned index) {
    for (unsigned i = index * ARENA_POOLS; i < (index + 1) * ARENA_POOLS; i++)
        rebuild_one(&window->record[i].large, window->base + (uintptr_t)i * POOL_SIZE);
}

void direct_rebuild(void) {
    ASSERT(space_lock_is_held());
    link_init(&direct_live);
    space_figures.direct_blocks = space_figures.direct_bytes = 0;
    retired_rebuild();
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind == ARENA_NONE) rebuild_arena(window, i);
}
