// SPDX-License-Identifier: MIT
#include "snapshot.h"

#include <algorithm>

#include "walk.h"

namespace {

enum {
    TRIES = 3,
    MOST_WINDOWS = 1 << 16,
    MOST_HEAPS = 1 << 20,
    MOST_DIRECTS = 1 << 22,
    MOST_GUARDS = 1 << 20
};
// No block is as long as the address space: what says so was written over, or read half changed.
const uint64_t MOST_BYTES = (uint64_t)1 << 47;

using Words = std::array<uint64_t, PAGE_WORDS_MOST>;

unsigned bits(uint64_t word) { return (unsigned)__builtin_popcountll(word); }

// One window's metadata, as it was read.
struct WindowCopy {
    uint64_t address = 0, base = 0;
    std::vector<char> arenas, records, spare, pending;
    std::vector<uint64_t> resident, swapped; // a word of pages for each arena
    std::vector<Cell> cells;                 // of pages
    std::vector<uint32_t> live_on;           // bytes of live blocks on a page
    std::vector<uint8_t> class_of;           // of pools and spans
};

class Walk {
  public:
    Walk(Source &source, const Layout &layout, std::vector<LiveBlock> *blocks)
        : source_(source), layout_(layout), blocks_(blocks), at_(layout),
          residency_(source, at_.pool_size), metadata_residency_(source, at_.pool_size) {}
    Snapshot take();

  private:
    void read_settings();
    void read_classes();
    void read_heaps();
    void read_directs();
    bool walk_directs();
    void read_guards();
    void read_emergency_and_messages();
    std::vector<std::pair<uint64_t, uint64_t>> window_list();
    void read_window(WindowCopy *window);
    void read_arenas(WindowCopy *window, const std::vector<unsigned> &wanted);
    void find_residency(WindowCopy *window);
    void walk_window(WindowCopy *window);
    void walk_page(WindowCopy *window, unsigned page);
    void add_blocks(uint64_t page, unsigned word, uint64_t live, unsigned c);
    void walk_pool(WindowCopy *window, unsigned page, HeapFigures *heap);
    void walk_span(WindowCopy *window, unsigned page, HeapFigures *heap);
    void spread(WindowCopy *window, unsigned page, uint64_t from, uint64_t to,
                uint64_t Resident::*kind, uint64_t *of_heap);
    void add_noted(const WindowCopy &window, unsigned page, unsigned c);
    void sum_arena(const WindowCopy &window, unsigned arena);
    void add_block(uint64_t address, uint64_t size) {
        if (blocks_ != nullptr) blocks_->push_back({address, size});
    }
    void add_region(uint64_t start, uint64_t size, const char *what);
    uint64_t at(const char *name) { return layout_[std::string("at ") + name]; }
    template <typename T> T value(uint64_t address) {
        T value{};
        if (!source_.read(address, &value)) gone();
        return value;
    }
    [[noreturn]] void gone() {
        throw Failure(source_.title() + (source_.is_live() ? " has ended while it was read"
                                                           : " lacks memory of the allocator"));
    }
    uint64_t page_address(const WindowCopy &window, unsigned page) const {
        return window.base + page * at_.pool_size;
    }
    bool is_resident(const WindowCopy &window, unsigned page) const {
        return window.resident[page / ARENA_PAGES] >> page % ARENA_PAGES & 1;
    }
    template <typename T>
    T arena_field(const WindowCopy &window, unsigned arena, uint64_t place) const {
        return field<T>(window.arenas, arena * at_.arena_record_size + place);
    }
    template <typename T>
    T record_field(const WindowCopy &window, unsigned page, uint64_t place) const {
        return field<T>(window.records, page * at_.record_size + place);
    }
    Words words_of(const std::vector<char> &bits_of_pages, unsigned page) const {
        Words words{};
        memcpy(&words, &bits_of_pages[page * at_.pool_words * 8], at_.pool_words * 8);
        return words;
    }
    HeapFigures *heap_of(uint64_t address);

    Source &source_;
    const Layout &layout_;
    std::vector<LiveBlock> *const blocks_;
    const Places at_;
    Residency residency_, metadata_residency_;
    Snapshot s_;
    std::map<uint64_t, size_t> heap_index_;
    std::vector<Words> starts_; // of each class
    uint64_t large_end_ = 0;    // pages below are of a large block that began before them
};

void Walk::read_settings() {
    s_.align = 1u << at_.align_shift;
    uint64_t options = at("options");
    s_.purge_delay = value<uint64_t>(options + layout_["options.purge_delay"]);
    s_.purge_keep = value<uint64_t>(options + layout_["options.purge_keep"]);
    s_.purge_thread = value<uint64_t>(options + layout_["options.purge_thread"]) != 0;
    uint64_t figures = at("figures");
    s_.mapped = value<uint64_t>(figures + layout_["space_figures.mapped"]);
    s_.mapped_peak = value<uint64_t>(figures + layout_["space_figures.mapped_peak"]);
    s_.purge_runs = value<uint64_t>(at("purge_runs"));
}

void Walk::read_classes() {
    std::vector<char> table(at_.class_count * layout_["sizeof size_class"]);
    if (!source_.read(at("size_classes"), table.data(), table.size())) gone();
    s_.classes.resize(at_.class_count);
    starts_.resize(at_.class_count);
    for (unsigned c = 1; c < at_.class_count; c++) {
        uint64_t place = c * layout_["sizeof size_class"];
        s_.classes[c].stride = field<uint32_t>(table, place + layout_["size_class.stride"]);
        s_.classes[c].capacity = field<uint16_t>(table, place + layout_["size_class.capacity"]);
        s_.classes[c].pools = field<uint8_t>(table, place + layout_["size_class.pools"]);
        uint64_t room = s_.classes[c].pools * at_.pool_size;
        bool is_span = c > at_.small_classes;
        if ((uint64_t)s_.classes[c].capacity * s_.classes[c].stride > room ||
            (is_span && s_.classes[c].capacity > 64))
            throw Failure("the table of size classes says what cannot be");
        for (unsigned w = 0; w < at_.pool_words; w++)
            starts_[c][w] = field<uint64_t>(table, place + layout_["size_class.starts"] + 8 * w);
    }
}

HeapFigures *Walk::heap_of(uint64_t address) {
    auto found = heap_index_.find(address);
    if (found == heap_index_.end()) {
        found = heap_index_.emplace(address, s_.heaps.size()).first;
        s_.heaps.emplace_back();
        s_.heaps.back().address = address;
    }
    return &s_.heaps[found->second];
}

void Walk::read_heaps() {
    s_.served_is_known = true;
    uint64_t heap = value<uint64_t>(at("heaps"));
    while (heap != 0 && heap_index_.count(heap) == 0 && s_.heaps.size() < MOST_HEAPS) {
        uint64_t state = value<uint64_t>(heap + layout_["heap.inbox"]) % layout_["HEAP_STATES"];
        HeapFigures *figures = heap_of(heap);
        figures->in_use = state == layout_["HEAP_IN_USE"] || state == layout_["HEAP_ASLEEP"];
        figures->asleep = state == layout_["HEAP_ASLEEP"];
        bool counts = value<uint8_t>(heap + layout_["heap.counting"]) != 0;
        s_.served_is_known &= counts;
        if (counts) s_.served += value<uint64_t>(heap + layout_["heap.served"]);
        add_region(heap, layout_["sizeof heap"], "metadata");
        heap = value<uint64_t>(heap + layout_["heap.next"]);
    }
}

// The list may change under the walk: false then, or if it comes back to where it was, or if what
// is on it is no direct mapping.
bool Walk::walk_directs() {
    uint64_t head = at("directs"), link_place = layout_["large.link"];
    uint64_t link = value<uint64_t>(head + layout_["link.next"]);
    s_.direct_blocks = s_.direct_bytes = 0;
    std::vector<Region> found;
    std::vector<NotedBlock> noted;
    std::set<uint64_t> seen;
    while (link != head) {
        if (!seen.insert(link).second) return false;
        std::vector<char> record(at_.record_size);
        if (!source_.read(link - link_place, record.data(), record.size())) return false;
        uint64_t address = field<uint64_t>(record, at_.large_address);
        uint64_t tag = field<uint64_t>(record, at_.tag);
        if ((tag ^ address) >> at_.kind_shift != at_.tag_direct) return false;
        uint64_t size = field<uint64_t>(record, at_.large_size);
        if (s_.direct_blocks++ > MOST_DIRECTS || size > MOST_BYTES) return false;
        found.push_back({address, size, "direct"});
        noted.push_back({field<uint64_t>(record, at_.large_caller), size, 0});
        link = field<uint64_t>(record, link_place + layout_["link.next"]);
    }
    s_.regions.insert(s_.regions.end(), found.begin(), found.end());
    s_.noted.insert(s_.noted.end(), noted.begin(), noted.end());
    return true;
}

void Walk::read_directs() {
    bool done = false;
    for (unsigned i = 0; i < TRIES && !done; i++) done = walk_directs();
    if (!done) s_.moved++;
    for (const Region &region : s_.regions) {
        if (strcmp(region.what, "direct") != 0) continue;
        s_.direct_bytes += region.size;
        add_block(region.start, region.size);
        s_.resident.live += residency_.bytes(region.start, region.size, &s_.swapped);
    }
}

// Blocks between guard pages. What is beside one on its pages is of no use to others. Slots that
// were never used have no memory to be read.
void Walk::read_guards() {
    uint64_t pool = value<uint64_t>(at("guards"));
    if (pool == 0) return;
    uint64_t base = value<uint64_t>(pool + layout_["guard_pool.base"]);
    uint64_t size = value<uint64_t>(pool + layout_["guard_pool.size"]);
    uint64_t count = value<uint64_t>(pool + layout_["guard_pool.slots_used"]);
    uint64_t slots = pool + layout_["sizeof guard_pool"], step = layout_["sizeof guard_slot"];
    if (count > MOST_GUARDS || size > MOST_BYTES) throw Failure("the guards say what cannot be");
    std::vector<char> table(count * step);
    if (!source_.read(slots, table.data(), table.size())) gone();
    add_region(pool, layout_["sizeof guard_pool"] + table.size(), "metadata");
    add_region(base, size, "guards");
    for (uint64_t at = 0; at < table.size(); at += step) {
        uint64_t address = field<uint64_t>(table, at + layout_["guard_slot.address"]);
        uint64_t bytes = field<uint32_t>(table, at + layout_["guard_slot.size"]);
        bool live =
            field<uint32_t>(table, at + layout_["guard_slot.state"]) == layout_["GUARD_LIVE"];
        if (!live || address - base > size || bytes > size - (address - base)) continue;
        uint64_t first = address / at_.pool_size * at_.pool_size;
        uint64_t resident = residency_.bytes(first, address + bytes - first, &s_.swapped);
        s_.live_blocks++;
        s_.live_bytes += bytes;
        s_.resident.live += std::min(bytes, resident);
        s_.resident.slack += resident - std::min(bytes, resident);
        add_block(address, bytes);
    }
}

// Messages lie in mappings of a fixed size between fences, which nobody else makes.
void Walk::read_emergency_and_messages() {
    uint64_t emergency = value<uint64_t>(at("emergency"));
    if (emergency != 0) add_region(emergency, layout_["emergency_size"], "metadata");
    const Mappings &maps = source_.mappings();
    const uint64_t sheet = layout_["message_sheet"], fence = layout_["fence"];
    for (size_t i = 1; i + 1 < maps.size(); i++) {
        const Mapping &map = maps[i], &before = maps[i - 1], &behind = maps[i + 1];
        bool is_between = !before.readable && !behind.readable && before.end == map.start &&
                          behind.start == map.end && before.size() >= fence &&
                          behind.size() >= fence;
        if (map.writable && map.size() == sheet && map.start % sheet == 0 && is_between)
            add_region(map.start, sheet, "metadata");
    }
    add_region(at("window_table"), layout_["sizeof window_table"], "metadata");
}

void Walk::add_region(uint64_t start, uint64_t size, const char *what) {
    Region *last = s_.regions.empty() ? nullptr : &s_.regions.back();
    if (strcmp(what, "metadata") == 0) s_.metadata += residency_.bytes(start, size);
    if (last != nullptr && last->start + last->size == start && strcmp(last->what, what) == 0)
        last->size += size;
    else
        s_.regions.push_back({start, size, what});
}

// Pairs of base and address, by base. A list that was written over may come back to where it was.
std::vector<std::pair<uint64_t, uint64_t>> Walk::window_list() {
    std::vector<std::pair<uint64_t, uint64_t>> windows;
    std::set<uint64_t> seen;
    uint64_t window = value<uint64_t>(at("windows"));
    while (window != 0 && windows.size() < MOST_WINDOWS && seen.insert(window).second) {
        windows.emplace_back(value<uint64_t>(window + at_.window_base), window);
        window = value<uint64_t>(window + at_.window_next);
    }
    std::sort(windows.begin(), windows.end());
    return windows;
}

// What is read of the arenas themselves comes first and last: if it is the same, so was the rest.
// What has no memory behind it is not read, and so gets none by our look.
void Walk::read_arenas(WindowCopy *window, const std::vector<unsigned> &wanted) {
    const uint64_t record_bytes = ARENA_PAGES * at_.record_size;
    const uint64_t bit_bytes = ARENA_PAGES * at_.pool_words * 8;
    uint64_t pending = window->address - at_.pages() * at_.pool_words * 8;
    std::vector<Piece> pieces;
    auto add = [&](uint64_t address, char *to, uint64_t size) {
        memset(to, 0, size);
        if (!metadata_residency_.is_untouched(address, size)) pieces.push_back({address, to, size});
    };
    metadata_residency_.forget();
    for (unsigned a : wanted) {
        if (arena_field<uint64_t>(*window, a, at_.arena_free) == ~(uint64_t)0) continue;
        add(window->address + at_.window_record + a * record_bytes,
            &window->records[a * record_bytes], record_bytes);
        add(window->address + at_.window_spare + a * bit_bytes, &window->spare[a * bit_bytes],
            bit_bytes);
        add(pending + a * bit_bytes, &window->pending[a * bit_bytes], bit_bytes);
    }
    if (!source_.read(pieces)) gone();
}

void Walk::read_window(WindowCopy *window) {
    uint64_t place = window->address + at_.window_arena;
    window->arenas.resize(at_.arenas() * at_.arena_record_size);
    window->records.assign(at_.pages() * at_.record_size, 0);
    window->spare.assign(at_.pages() * at_.pool_words * 8, 0);
    window->pending = window->spare;
    if (!source_.read(place, window->arenas.data(), window->arenas.size())) gone();
    std::vector<unsigned> wanted;
    for (unsigned a = 0; a < at_.arenas(); a++)
        if (arena_field<uint8_t>(*window, a, at_.arena_kind) != at_.kind_none) wanted.push_back(a);
    for (unsigned tries = 0; !wanted.empty() && tries < TRIES; tries++) {
        std::vector<char> before = window->arenas;
        read_arenas(window, wanted);
        if (!source_.read(place, window->arenas.data(), window->arenas.size())) gone();
        std::vector<unsigned> changed;
        for (unsigned a : wanted)
            if (field<uint64_t>(before, a * at_.arena_record_size + at_.arena_free) !=
                arena_field<uint64_t>(*window, a, at_.arena_free))
                changed.push_back(a);
        wanted = changed;
    }
    s_.moved += wanted.size();
}

// Where the system does not say what has memory behind it, the arena's own word does, for free
// pages; what is in use is taken to have it.
void Walk::find_residency(WindowCopy *window) {
    window->resident.assign(at_.arenas(), 0);
    window->swapped.assign(at_.arenas(), 0);
    for (unsigned a = 0; a < at_.arenas(); a++) {
        if (arena_field<uint8_t>(*window, a, at_.arena_kind) == at_.kind_none) continue;
        uint64_t base = window->base + a * at_.arena_size;
        if (residency_.of_arena(base, &window->resident[a], &window->swapped[a])) continue;
        window->resident[a] = arena_field<uint64_t>(*window, a, at_.arena_touched);
    }
}

// Adds [from, to) bytes of what begins at the page, where it has memory behind it.
void Walk::spread(WindowCopy *window, unsigned page, uint64_t from, uint64_t to,
                  uint64_t Resident::*kind, uint64_t *of_heap) {
    while (from < to) {
        unsigned p = page + (unsigned)(from / at_.pool_size);
        uint64_t part = std::min(to, (from / at_.pool_size + 1) * at_.pool_size) - from;
        if (p >= at_.pages()) return;
        if (is_resident(*window, p)) {
            s_.resident.*kind += part;
            if (of_heap != nullptr) *of_heap += part;
            if (kind == &Resident::live) window->live_on[p] += (uint32_t)part;
        }
        from += part;
    }
}

void Walk::add_blocks(uint64_t page, unsigned word, uint64_t live, unsigned c) {
    for (; live != 0; live &= live - 1) {
        uint64_t place = 64 * word + (unsigned)__builtin_ctzll(live);
        add_block(page + (place << at_.align_shift), s_.classes[c].stride);
    }
}

void Walk::walk_pool(WindowCopy *window, unsigned page, HeapFigures *heap) {
    unsigned c = record_field<uint8_t>(*window, page, at_.class_index);
    ClassFigures &figures = s_.classes[c];
    Words spare = words_of(window->spare, page), pending = words_of(window->pending, page);
    unsigned live = 0, awaiting = 0, free = 0;
    for (unsigned w = 0; w < at_.pool_words; w++) {
        uint64_t word = record_field<uint64_t>(*window, page, at_.live + 8 * w) & starts_[c][w];
        awaiting += bits(word & pending[w]);
        live += bits(word & ~pending[w]);
        if (blocks_ != nullptr) add_blocks(page_address(*window, page), w, word & ~pending[w], c);
        free += bits(spare[w] & starts_[c][w] & ~word);
    }
    unsigned at_hand = figures.capacity - std::min(figures.capacity, live + awaiting + free);
    bool is_empty = live + awaiting == 0;
    figures.live += live;
    figures.awaiting += awaiting;
    figures.at_hand += at_hand;
    figures.spare += free;
    figures.holders += !is_empty;
    s_.live_blocks += live;
    s_.live_bytes += (uint64_t)live * figures.stride;
    heap->live_blocks += live;
    if (!is_resident(*window, page)) return;
    auto add = [&](uint64_t Resident::*kind, uint64_t blocks, uint64_t *of_heap) {
        s_.resident.*kind += blocks * figures.stride;
        *of_heap += blocks * figures.stride;
    };
    add(&Resident::live, live, &heap->live);
    add(&Resident::awaiting, awaiting, &heap->awaiting);
    add(&Resident::at_hand, at_hand, &heap->at_hand);
    if (is_empty)
        add(&Resident::empty, free, &heap->empty);
    else
        add(&Resident::beside, free, &heap->beside);
    if (!is_empty) figures.beside += (uint64_t)free * figures.stride;
    s_.resident.slack += at_.pool_size - (uint64_t)figures.capacity * figures.stride;
    window->live_on[page] = live * figures.stride;
}

// The live bit of a span's block is that of its place, in the record of the pool where it begins.
void Walk::walk_span(WindowCopy *window, unsigned page, HeapFigures *heap) {
    unsigned c = record_field<uint8_t>(*window, page, at_.class_index);
    ClassFigures &figures = s_.classes[c];
    uint64_t spare = words_of(window->spare, page)[0], pending = words_of(window->pending, page)[0];
    std::vector<bool> live(figures.capacity);
    for (unsigned k = 0; k < figures.capacity; k++) {
        uint64_t offset = (uint64_t)k * figures.stride,
                 bit = offset % at_.pool_size >> at_.align_shift;
        unsigned p = page + (unsigned)(offset / at_.pool_size);
        live[k] = p < at_.pages() &&
                  record_field<uint64_t>(*window, p, at_.live + bit / 64 * 8) >> bit % 64 & 1;
    }
    bool is_empty = std::find(live.begin(), live.end(), true) == live.end();
    uint64_t beside_before = s_.resident.beside;
    figures.holders += !is_empty;
    for (unsigned k = 0; k < figures.capacity; k++) {
        uint64_t from = (uint64_t)k * figures.stride, to = from + figures.stride;
        bool is_spare = spare >> k & 1, is_pending = pending >> k & 1;
        if (live[k] && is_pending) {
            figures.awaiting++;
            spread(window, page, from, to, &Resident::awaiting, &heap->awaiting);
        } else if (live[k]) {
            figures.live++;
            s_.live_blocks++;
            heap->live_blocks++;
            s_.live_bytes += figures.stride;
            add_block(page_address(*window, page) + from, figures.stride);
            spread(window, page, from, to, &Resident::live, &heap->live);
        } else if (!is_spare) {
            figures.at_hand++;
            spread(window, page, from, to, &Resident::at_hand, &heap->at_hand);
        } else {
            figures.spare++;
            spread(window, page, from, to, is_empty ? &Resident::empty : &Resident::beside,
                   is_empty ? &heap->empty : &heap->beside);
        }
    }
    figures.beside += s_.resident.beside - beside_before;
    spread(window, page, (uint64_t)figures.capacity * figures.stride, figures.pools * at_.pool_size,
           &Resident::slack, nullptr);
}

// The block that the arena's note is about, if that holds (src/heap/note.h).
void Walk::add_noted(const WindowCopy &window, unsigned page, unsigned c) {
    if (record_field<uint8_t>(window, page, at_.noted) == 0) return;
    uint64_t note = arena_field<uint64_t>(window, page / ARENA_PAGES, at_.arena_note);
    uint64_t caller = note & (((uint64_t)1 << at_.note_caller_bits) - 1);
    note >>= at_.note_caller_bits;
    uint64_t place = note & (((uint64_t)1 << at_.note_place_bits) - 1);
    if (note >> at_.note_place_bits != page % ARENA_PAGES || caller == 0) return;
    bool is_span = c > at_.small_classes;
    uint64_t offset = is_span ? place * s_.classes[c].stride : place << at_.align_shift;
    uint64_t bit = offset % at_.pool_size >> at_.align_shift, p = page + offset / at_.pool_size;
    if (p >= at_.pages()) return;
    auto is_set = [&](uint64_t word, uint64_t i) { return (word >> i % 64 & 1) != 0; };
    uint64_t pending_bit = is_span ? place : bit;
    if (pending_bit / 64 >= at_.pool_words) return;
    uint64_t pending = words_of(window.pending, page)[pending_bit / 64];
    uint64_t live = record_field<uint64_t>(window, (unsigned)p, at_.live + bit / 64 * 8);
    if (is_set(live, bit) && !is_set(pending, pending_bit))
        s_.noted.push_back({caller, s_.classes[c].stride, c});
}

void Walk::walk_page(WindowCopy *window, unsigned page) {
    uint64_t address = page_address(*window, page);
    uint64_t size = is_resident(*window, page) ? at_.pool_size : 0;
    uint64_t tag = record_field<uint64_t>(*window, page, at_.tag);
    uint64_t kind = (tag ^ address) >> at_.kind_shift;
    unsigned c = record_field<uint8_t>(*window, page, at_.class_index);
    if (address >= large_end_ && tag != 0 && kind == at_.tag_run &&
        record_field<uint64_t>(*window, page, at_.large_address) == address) {
        uint64_t bytes =
            std::min(record_field<uint64_t>(*window, page, at_.large_size), MOST_BYTES);
        large_end_ = address + bytes;
        s_.live_blocks++;
        s_.large_blocks++;
        s_.live_bytes += bytes;
        s_.large_bytes += bytes;
        add_block(address, bytes);
        s_.noted.push_back({record_field<uint64_t>(*window, page, at_.large_caller), bytes, 0});
    }
    if (address < large_end_) {
        window->cells[page] = Cell::LARGE;
        window->live_on[page] = (uint32_t)size;
        s_.resident.live += size;
    } else if (tag != 0 && kind == at_.tag_heap && c > 0 && c < at_.class_count) {
        bool is_span = c > at_.small_classes;
        window->cells[page] = is_span ? Cell::SPAN : Cell::POOL;
        window->class_of[page] = (uint8_t)c;
        HeapFigures *heap = heap_of(tag ^ address);
        bool is_first = !is_span || record_field<uint8_t>(*window, page, at_.offset) == 0;
        if (!is_span) walk_pool(window, page, heap);
        if (is_span && is_first) walk_span(window, page, heap);
        if (is_first) add_noted(*window, page, c);
    } else {
        window->cells[page] = Cell::TAKEN;
        s_.resident.taken += size;
    }
}

void Walk::sum_arena(const WindowCopy &window, unsigned arena) {
    ArenaFigures figures;
    std::map<unsigned, unsigned> classes;
    figures.base = window.base + arena * at_.arena_size;
    figures.of_pools = arena_field<uint8_t>(window, arena, at_.arena_kind) == at_.kind_pools;
    figures.huge = arena_field<uint8_t>(window, arena, at_.arena_huge) != 0;
    for (unsigned i = 0; i < ARENA_PAGES; i++) {
        unsigned page = arena * ARENA_PAGES + i;
        uint64_t live = window.live_on[page];
        figures.cells[i] = window.cells[page];
        figures.fill[i] = (uint8_t)(live * 255 / at_.pool_size);
        if (live > 0 && figures.fill[i] == 0) figures.fill[i] = 1;
        figures.used += live > 0;
        figures.live += live;
        if (is_resident(window, page)) figures.resident += at_.pool_size;
        if (window.cells[page] == Cell::FREE) figures.free += at_.pool_size;
        if (live > 0 && window.class_of[page] != 0) classes[window.class_of[page]]++;
    }
    for (auto &[c, count] : classes)
        if (figures.main_class == 0 || count > classes[figures.main_class]) figures.main_class = c;
    if (figures.resident > 0 || figures.live > 0) s_.arenas.push_back(figures);
}

void Walk::walk_window(WindowCopy *window) {
    window->cells.assign(at_.pages(), Cell::NOT_OURS);
    window->live_on.assign(at_.pages(), 0);
    window->class_of.assign(at_.pages(), 0);
    for (unsigned a = 0; a < at_.arenas(); a++) {
        if (arena_field<uint8_t>(*window, a, at_.arena_kind) == at_.kind_none) continue;
        uint64_t free = arena_field<uint64_t>(*window, a, at_.arena_free);
        s_.arenas_mapped++;
        s_.swapped += bits(window->swapped[a]) * at_.pool_size;
        add_region(window->base + a * at_.arena_size, at_.arena_size, "arenas");
        for (unsigned i = 0; i < ARENA_PAGES; i++) {
            unsigned page = a * ARENA_PAGES + i;
            bool resident = is_resident(*window, page);
            if (!(free >> i & 1)) {
                walk_page(window, page);
                continue;
            }
            window->cells[page] = resident ? Cell::FREE : Cell::NO_MEMORY;
            if (resident) s_.resident.free += at_.pool_size;
        }
    }
    // What is on a page of a span is known once all pages were walked.
    for (unsigned a = 0; a < at_.arenas(); a++)
        if (arena_field<uint8_t>(*window, a, at_.arena_kind) != at_.kind_none)
            sum_arena(*window, a);
}

Snapshot Walk::take() {
    read_settings();
    read_classes();
    read_heaps();
    for (auto [base, address] : window_list()) {
        WindowCopy window;
        window.base = base;
        window.address = address;
        add_region(address - at_.window_before, at_.window_before + at_.window_record_size,
                   "metadata");
        read_window(&window);
        find_residency(&window);
        walk_window(&window);
    }
    read_directs();
    s_.live_blocks += s_.direct_blocks;
    s_.live_bytes += s_.direct_bytes;
    if (layout_.has("at guards")) read_guards();
    read_emergency_and_messages();
    s_.resident_is_known = residency_.is_known();
    return s_;
}

} // namespace

Snapshot snapshot_take(Source &source, const Layout &layout, std::vector<LiveBlock> *blocks) {
    return Walk(source, layout, blocks).take();
}
