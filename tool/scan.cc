// SPDX-License-Identifier: MIT
#include "scan.h"

#include <algorithm>
#include <elf.h>
#include <unordered_map>

#include "proc.h"
#include "samples.h"
#include "walk.h"

namespace {

enum { CHUNK = 1 << 20, PIECES = 256, RED_ZONE = 128 };

struct Range {
    uint64_t start, end;
};

bool is_of_a_thread(const ScanRoots &roots, uint64_t start, uint64_t end) {
    auto lies_there = [&](uint64_t address) { return address >= start && address < end; };
    bool found = lies_there(roots.caller.stack) || lies_there(roots.caller.local);
    for (const ThreadState &state : roots.others)
        found |= lies_there(state.stack) || lies_there(state.local);
    return found;
}

class Scanner {
  public:
    Scanner(Source &source, const Layout &layout)
        : source_(source), layout_(layout), residency_(source, layout["pool_size"]) {}
    Scan run(const ScanRoots &roots);

  private:
    static constexpr uint32_t NONE = UINT32_MAX;

    void read_blocks();
    void read_samples(std::unordered_map<uint64_t, std::pair<uint64_t, uint32_t>> *samples);
    void read_stacks();
    void leave_out(uint64_t start, uint64_t size) { left_out_.push_back({start, start + size}); }
    void leave_out_library();
    void leave_out_dead_stack(const ScanRoots &roots);
    void leave_out_ended_threads(const ScanRoots &roots);
    void scan_roots();
    void scan_range(uint64_t start, uint64_t end, bool skips_untouched);
    void scan_words(const char *bytes, size_t size);
    void follow(Held as);
    void sort_out_lost();
    void read_batch(std::vector<uint32_t> *batch);
    uint32_t find(uint64_t word) const;
    void meet(uint32_t index);
    uint32_t leader_of(uint32_t index);
    template <typename T> T value(uint64_t address) {
        T value{};
        if (!source_.read(address, &value)) throw Failure("the copy of the process is gone");
        return value;
    }
    uint64_t place(const char *name) {
        return layout_["at sample_places"] + layout_[std::string("sample_places.") + name];
    }

    Source &source_;
    const Layout &layout_;
    Residency residency_;
    Scan scan_;
    std::vector<Range> left_out_; // what is no root
    std::vector<char> buffer_;
    std::vector<uint32_t> to_scan_;
    std::vector<bool> met_;
    uint32_t leader_ = NONE; // while lost blocks are sorted out
};

// ---- What there is ----

void Scanner::read_samples(std::unordered_map<uint64_t, std::pair<uint64_t, uint32_t>> *samples) {
    SampleTable table = samples_read(source_, layout_);
    leave_out(table.start, table.size);
    for (const SampledBlock &block : table.blocks)
        (*samples)[block.address] = {block.bytes, block.site};
}

void Scanner::read_stacks() {
    auto words = value<uint64_t>(value<uint64_t>(place("words")));
    auto depth = value<uint64_t>(place("site_depth")),
         callers = value<uint64_t>(place("site_callers"));
    leave_out(words, 8 * value<uint64_t>(value<uint64_t>(place("words_most"))));
    for (const ScannedBlock &block : scan_.blocks) {
        if (block.site == 0 || scan_.stacks.count(block.site) != 0) continue;
        uint64_t record = words + 8 * (uint64_t)block.site;
        std::vector<uint64_t> stack(std::min(value<uint32_t>(record + depth), 1024u));
        if (!source_.read(record + callers, stack.data(), 8 * stack.size())) stack.clear();
        scan_.stacks[block.site] = stack;
    }
}

void Scanner::read_blocks() {
    std::vector<LiveBlock> live;
    Snapshot snapshot = snapshot_take(source_, layout_, &live);
    for (const Region &region : snapshot.regions) leave_out(region.start, region.size);
    std::unordered_map<uint64_t, std::pair<uint64_t, uint32_t>> samples;
    read_samples(&samples);
    std::sort(live.begin(), live.end(),
              [](const LiveBlock &a, const LiveBlock &b) { return a.address < b.address; });
    if (live.size() >= NONE) throw Failure("there are too many blocks");
    for (const LiveBlock &block : live) {
        auto sample = samples.find(block.address);
        bool known = sample != samples.end();
        auto index = (uint32_t)scan_.blocks.size();
        scan_.blocks.push_back({block.address, block.size, known ? sample->second.first : 0,
                                known ? sample->second.second : 0, Held::LOST, index});
    }
    met_.resize(scan_.blocks.size());
    read_stacks();
    leave_out(value<uint64_t>(value<uint64_t>(place("graves"))),
              value<uint64_t>(value<uint64_t>(place("graves_size"))));
    leave_out_library();
}

// ---- Words ----

uint32_t Scanner::find(uint64_t word) const {
    const auto &blocks = scan_.blocks;
    if (blocks.empty() || word < blocks[0].address) return NONE;
    if (word - blocks.back().address >= blocks.back().size && word >= blocks.back().address)
        return NONE;
    auto above = std::upper_bound(
        blocks.begin(), blocks.end(), word,
        [](uint64_t address, const ScannedBlock &block) { return address < block.address; });
    const ScannedBlock &block = *--above;
    return word - block.address < block.size ? (uint32_t)(above - blocks.begin()) : NONE;
}

// While lost blocks are sorted out, a leader that is met by another's blocks is one no longer.
void Scanner::meet(uint32_t index) {
    if (!met_[index]) {
        met_[index] = true;
        if (leader_ != NONE) scan_.blocks[index].leader = leader_;
        to_scan_.push_back(index);
    } else if (leader_ != NONE && scan_.blocks[index].held == Held::LOST && index != leader_ &&
               scan_.blocks[index].leader == index) {
        scan_.blocks[index].leader = leader_;
    }
}

void Scanner::scan_words(const char *bytes, size_t size) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        uint32_t index = find(word);
        if (index != NONE) meet(index);
    }
}

// A part that cannot be read, as a guard page, is passed over page by page.
void Scanner::scan_range(uint64_t start, uint64_t end, bool skips_untouched) {
    const uint64_t page = source_.page_size();
    start = (start + 7) & ~(uint64_t)7;
    buffer_.resize(CHUNK);
    while (start < end) {
        uint64_t size = std::min<uint64_t>(end - start, CHUNK);
        if (skips_untouched && residency_.is_untouched(start, size)) {
            start += size;
            continue;
        }
        if (!source_.read(start, buffer_.data(), size)) {
            size = std::min(size, page - start % page);
            if (!source_.read(start, buffer_.data(), size)) {
                start += size;
                continue;
            }
        }
        scan_words(buffer_.data(), size);
        start += size;
    }
}

// ---- Roots ----

// The allocator's own variables have addresses of arenas, and so of their first blocks. Where it is
// part of a program, they cannot be told from the program's.
void Scanner::leave_out_library() {
    LibraryPlace library = library_find(source_);
    if (base_name(library.path).find("poolalloc") == std::string::npos) return;
    for (const Mapping &mapping : source_.mappings()) {
        if (mapping.path != library.path || mapping.offset != 0) continue;
        auto head = value<Elf64_Ehdr>(mapping.start);
        if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return;
        for (unsigned i = 0; i < head.e_phnum; i++) {
            auto part = value<Elf64_Phdr>(mapping.start + head.e_phoff + i * sizeof(Elf64_Phdr));
            if (part.p_type == PT_LOAD && (part.p_flags & PF_W) != 0)
                leave_out(mapping.start + part.p_vaddr, part.p_memsz);
        }
        return;
    }
}

// What lies below the stack pointer of a thread is left from calls that have returned. This is done
// for stacks of the system's and of pthread_create only; others may share their mapping.
void Scanner::leave_out_dead_stack(const ScanRoots &roots) {
    for (const Mapping &mapping : source_.mappings()) {
        auto holds = [&](uint64_t address) { return address - mapping.start < mapping.size(); };
        bool is_of_system = mapping.path == "[stack]";
        uint64_t lowest = mapping.end;
        if (holds(roots.caller.stack)) lowest = is_of_system ? roots.caller.stack : mapping.start;
        for (const ThreadState &state : roots.others)
            if (holds(state.stack))
                lowest = std::min(lowest,
                                  is_of_system || holds(state.local) ? state.stack : mapping.start);
        if (!is_of_system && !roots.others_are_known) lowest = mapping.start;
        if (lowest < mapping.end && lowest > mapping.start + RED_ZONE)
            leave_out(mapping.start, lowest - RED_ZONE - mapping.start);
    }
}

// glibc keeps the stacks of threads that have ended, with what they left there. At the upper end of
// each lies what it knows of the thread: it begins with its own address, twice, and has that of the
// stack followed by its size. This part stays a root, as it has what the thread returned.
void Scanner::leave_out_ended_threads(const ScanRoots &roots) {
    const uint64_t most = 16384;
    if (!roots.others_are_known || roots.is_fork) return;
    for (const Mapping &mapping : source_.mappings()) {
        if (!mapping.writable || !mapping.path.empty() || mapping.size() < 2 * most) continue;
        std::vector<uint64_t> words(most / 8);
        uint64_t start = mapping.end - most;
        if (!source_.read(start, words.data(), most)) continue;
        for (size_t i = 0; i + 2 < words.size(); i += 8) {
            uint64_t thread = start + 8 * i;
            if (words[i] != thread || words[i + 2] != thread) continue;
            for (size_t k = i + 3; k + 1 < words.size(); k++) {
                uint64_t stack = words[k], end = stack + words[k + 1];
                if (end != mapping.end || stack >= start) continue;
                if (!is_of_a_thread(roots, stack, end)) leave_out(stack, thread - stack);
                break;
            }
            break;
        }
    }
}

void Scanner::scan_roots() {
    std::sort(left_out_.begin(), left_out_.end(),
              [](const Range &a, const Range &b) { return a.start < b.start; });
    for (const Mapping &mapping : source_.mappings()) {
        bool is_data = mapping.writable || mapping.anonymous > 0;
        bool is_device = mapping.path.compare(0, 5, "/dev/") == 0 &&
                         mapping.path.compare(0, 9, "/dev/shm/") != 0 &&
                         mapping.path.compare(0, 9, "/dev/zero") != 0;
        if (!mapping.readable || !is_data || is_device) continue;
        uint64_t at = mapping.start;
        for (const Range &range : left_out_) {
            if (range.end <= at || range.start >= mapping.end) continue;
            if (range.start > at) scan_range(at, range.start, !mapping.shared);
            at = std::max(at, range.end);
        }
        if (at < mapping.end) scan_range(at, mapping.end, !mapping.shared);
    }
}

// ---- Blocks ----

// Long ones by themselves; others in one call for many.
void Scanner::read_batch(std::vector<uint32_t> *batch) {
    std::vector<Piece> pieces;
    size_t size = 0;
    for (uint32_t index : *batch) size += scan_.blocks[index].size;
    std::vector<char> bytes(size);
    size = 0;
    for (uint32_t index : *batch) {
        pieces.push_back({scan_.blocks[index].address, &bytes[size], scan_.blocks[index].size});
        size += scan_.blocks[index].size;
    }
    if (!source_.read(pieces)) {
        for (uint32_t index : *batch)
            scan_range(scan_.blocks[index].address,
                       scan_.blocks[index].address + scan_.blocks[index].size, false);
    } else {
        scan_words(bytes.data(), bytes.size());
    }
    batch->clear();
}

void Scanner::follow(Held as) {
    std::vector<uint32_t> batch;
    while (!to_scan_.empty() || !batch.empty()) {
        while (!to_scan_.empty() && batch.size() < PIECES) {
            uint32_t index = to_scan_.back();
            to_scan_.pop_back();
            ScannedBlock &block = scan_.blocks[index];
            block.held = as;
            if (block.size <= CHUNK / PIECES)
                batch.push_back(index);
            else
                scan_range(block.address, block.address + block.size, block.size >= CHUNK);
        }
        if (!batch.empty()) read_batch(&batch);
    }
}

// Halves the way for those who come later: a list may have a leader for each of its blocks.
uint32_t Scanner::leader_of(uint32_t index) {
    auto &blocks = scan_.blocks;
    while (blocks[index].leader != index) {
        uint32_t above = blocks[index].leader;
        index = blocks[index].leader = blocks[above].leader;
    }
    return index;
}

// Each lost block in turn leads to what can be reached from it; one that is reached from a later
// leader is none. What is left are the lost blocks that no other leads to, and one of each cycle.
void Scanner::sort_out_lost() {
    for (uint32_t i = 0; i < scan_.blocks.size(); i++) {
        if (met_[i]) continue;
        leader_ = i;
        meet(i);
        follow(Held::LOST);
    }
    leader_ = NONE;
    for (uint32_t i = 0; i < scan_.blocks.size(); i++) {
        ScannedBlock &block = scan_.blocks[i];
        if (block.held != Held::LOST || block.leader == i) continue;
        block.leader = leader_of(i);
        block.held = Held::THROUGH_LOST;
    }
}

Scan Scanner::run(const ScanRoots &roots) {
    read_blocks();
    leave_out_dead_stack(roots);
    leave_out_ended_threads(roots);
    scan_roots();
    follow(Held::REACHABLE);
    for (const ThreadState &state : roots.others)
        scan_words((const char *)state.words.data(), 8 * state.words.size());
    follow(Held::BY_REGISTER);
    sort_out_lost();
    return std::move(scan_);
}

} // namespace

Scan scan_process(Source &source, const Layout &layout, const ScanRoots &roots) {
    return Scanner(source, layout).run(roots);
}
