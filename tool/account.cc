// SPDX-License-Identifier: MIT
#include "account.h"

#include <algorithm>

#include "walk.h"

namespace {

const uint64_t NEVER = UINT64_MAX;

// Regions of ours by address, each once.
std::vector<Region> sorted(std::vector<Region> regions) {
    std::sort(regions.begin(), regions.end(),
              [](const Region &a, const Region &b) { return a.start < b.start; });
    return regions;
}

// Resident bytes of ours in each mapping, in the order of the mappings.
std::vector<uint64_t> ours_in(Source &source, const Snapshot &heap) {
    Residency residency(source, 4096);
    std::vector<uint64_t> ours(source.mappings().size());
    std::vector<Region> regions = sorted(heap.regions);
    size_t first = 0;
    for (size_t m = 0; m < ours.size(); m++) {
        const Mapping &map = source.mappings()[m];
        while (first < regions.size() && regions[first].start + regions[first].size <= map.start)
            first++;
        for (size_t r = first; r < regions.size() && regions[r].start < map.end; r++) {
            uint64_t start = std::max(regions[r].start, map.start);
            uint64_t end = std::min(regions[r].start + regions[r].size, map.end);
            if (start < end) ours[m] += residency.bytes(start, end - start);
        }
    }
    return ours;
}

bool holds_stack(const Mapping &map, const std::vector<uint64_t> &pointers) {
    if (map.path == "[stack]") return true;
    return map.path.empty() && std::any_of(pointers.begin(), pointers.end(), [&](uint64_t pointer) {
               return pointer >= map.start && pointer < map.end;
           });
}

// A thread that runs just now has no known stack pointer; its stack is as long as others', behind a
// guard page.
bool looks_like_stack(const Mappings &maps, size_t m, const std::set<uint64_t> &sizes) {
    const Mapping &map = maps[m];
    if (m == 0 || !map.path.empty() || !map.writable || sizes.count(map.size()) == 0) return false;
    const Mapping &before = maps[m - 1];
    return before.end == map.start && !before.readable && before.path.empty();
}

void sort_others(Source &source, Account *account) {
    const Mappings &maps = source.mappings();
    std::vector<uint64_t> pointers = source.stack_pointers();
    std::vector<uint64_t> ours = ours_in(source, account->heap);
    std::set<uint64_t> sizes;
    account->threads = source.threads();
    for (const Mapping &map : maps)
        if (map.path.empty() && holds_stack(map, pointers)) sizes.insert(map.size());
    for (size_t m = 0; m < maps.size(); m++) {
        uint64_t rest = maps[m].resident - std::min(maps[m].resident, ours[m]);
        bool is_stack =
            ours[m] == 0 && (holds_stack(maps[m], pointers) || looks_like_stack(maps, m, sizes));
        if (is_stack)
            account->stacks += rest;
        else if (maps[m].is_file())
            account->files += rest;
        else if (maps[m].shared)
            account->shared += rest;
        else
            account->other += rest;
        account->swapped += maps[m].swapped;
    }
}

// Where blocks are sampled, what is asked for inside of live ones is known of some.
void take_heap(Source &source, const Layout &layout, Account *account) {
    SampleTable table = samples_read(source, layout);
    std::vector<LiveBlock> blocks;
    account->heap = snapshot_take(source, layout, table.blocks.empty() ? nullptr : &blocks);
    account->rounding = samples_rounding(table, blocks);
}

} // namespace

Account account_take(Source &source, const Layout &layout, const LibraryPlace &place) {
    Account account;
    source.refresh();
    account.title = source.title();
    account.is_live = source.is_live();
    account.process_id = source.process_id();
    account.library_version = layout.library_version();
    account.library_path = place.path;
    take_heap(source, layout, &account);
    sort_others(source, &account);
    account.resident = source.resident_bytes();
    return account;
}

std::string account_when_pages_go(const Snapshot &heap) {
    if (heap.purge_delay == NEVER) return "by malloc_trim alone (purge_delay=never)";
    std::string text =
        heap.purge_delay == 0 ? "at once" : format("within %g s", (double)heap.purge_delay / 1000);
    text += heap.purge_thread ? ", by a thread" : ", as malloc and free are called";
    if (heap.purge_keep != 0) text += ", but for " + size_text((double)heap.purge_keep);
    return text;
}

std::vector<Row> Account::rows() const {
    const Resident &r = heap.resident;
    std::string blocks = plural(heap.live_blocks, "block");
    if (heap.large_blocks + heap.direct_blocks > 0)
        blocks +=
            ", " + count_text(heap.large_blocks + heap.direct_blocks) + " of them above 64 KiB";
    uint64_t in_use = 0;
    for (const HeapFigures &figures : heap.heaps) in_use += figures.in_use;
    return {
        {"live", "live blocks", r.live, blocks},
        {"awaiting", "freed by others", r.awaiting, "not taken in by the owners yet"},
        {"beside", "free beside live", r.beside,
         "in partly used pools; goes when the last block of a page does"},
        {"at_hand", "at hand", r.at_hand,
         "of " + plural(in_use, "thread") + ", for the next calls"},
        {"empty", "empty pools", r.empty, "kept by threads"},
        {"slack", "tails of pools", r.slack, "too short for a block"},
        {"free", "free pages", r.free, "go back " + account_when_pages_go(heap)},
        {"taken", "taken, unused", r.taken, "pages that threads are about to use"},
        {"metadata", "metadata", heap.metadata,
         resident ? "records, heaps, messages" : "address space of records and heaps"},
        {"stacks", "stacks", stacks, threads > 0 ? "of " + plural(threads, "thread") : ""},
        {"files", "files", files, "programs, libraries and what else is mapped"},
        {"shared", "shared memory", shared, ""},
        {"other", "other memory", other,
         "static data, what the program maps itself, other allocators"},
    };
}

uint64_t Account::sum() const {
    uint64_t sum = 0;
    for (const Row &row : rows()) sum += row.bytes;
    return sum;
}

std::string class_text(const Snapshot &heap, unsigned index) {
    uint32_t stride = heap.classes[index].stride;
    // The last class serves requests aligned to a page, whatever their size.
    bool is_page_class = index + 1 == heap.classes.size();
    uint32_t from = is_page_class || index <= 1 ? 1 : heap.classes[index - 1].stride + 1;
    if (is_page_class) return count_text(stride) + " bytes, aligned to a page";
    return count_text(from) + " to " + count_text(stride) + " bytes";
}
