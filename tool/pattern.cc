// SPDX-License-Identifier: MIT
#include "pattern.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace {

void put_number(std::string *to, uint64_t number) {
    for (; number >= 128; number >>= 7) to->push_back((char)(number | 128));
    to->push_back((char)number);
}

uint64_t zigzag(int64_t number) { return (uint64_t)number << 1 ^ (uint64_t)(number >> 63); }
int64_t unzigzag(uint64_t number) { return (int64_t)(number >> 1) ^ -(int64_t)(number & 1); }

class Writer {
  public:
    void add(const struct event &event);
    std::string finish() const;

  private:
    struct Thread {
        std::string bytes;
        uint64_t last = 0; // block
        // A realloc that has begun: its block, if that is a known one, and its address.
        bool has_block = false;
        uint64_t block = 0, address = 0;
    };
    void put(Thread *thread, PatternKind kind, uint64_t value, uint64_t block,
             unsigned align_shift = 0) {
        put_number(&thread->bytes, value << 3 | kind);
        if (kind == PATTERN_ALIGNED) put_number(&thread->bytes, align_shift);
        put_number(&thread->bytes, zigzag((int64_t)(block - thread->last)));
        thread->last = block;
    }
    void allocate(Thread *thread, const struct event &event);
    void free(Thread *thread, uint64_t address);
    void begin_resize(Thread *thread, uint64_t address);
    void end_resize(Thread *thread, const struct event &event);

    std::map<uint32_t, Thread> threads_;
    std::unordered_map<uint64_t, uint64_t> blocks_; // by address
    uint64_t block_count_ = 0;
};

void Writer::allocate(Thread *thread, const struct event &event) {
    blocks_[event.address] = block_count_;
    PatternKind kind = event.align_shift > 4        ? PATTERN_ALIGNED
                       : event.kind == EVENT_ZEROED ? PATTERN_ZEROED
                                                    : PATTERN_ALLOCATE;
    put(thread, kind, event.size, block_count_++, event.align_shift);
}

void Writer::free(Thread *thread, uint64_t address) {
    auto found = blocks_.find(address);
    if (found == blocks_.end()) return;
    put(thread, PATTERN_FREE, 0, found->second);
    blocks_.erase(found);
}

// The address belongs to nobody until the realloc ends: another thread may get it meanwhile.
void Writer::begin_resize(Thread *thread, uint64_t address) {
    auto found = blocks_.find(address);
    thread->has_block = found != blocks_.end();
    thread->address = address;
    if (!thread->has_block) return;
    thread->block = found->second;
    blocks_.erase(found);
}

// A failed one leaves the block; one to nothing frees it.
void Writer::end_resize(Thread *thread, const struct event &event) {
    if (!thread->has_block) {
        if (event.address != 0) allocate(thread, event);
    } else if (event.address != 0) {
        put(thread, PATTERN_RESIZE, event.size, block_count_);
        put_number(&thread->bytes, zigzag((int64_t)(thread->block - block_count_)));
        blocks_[event.address] = block_count_++;
    } else if (event.size == 0) {
        put(thread, PATTERN_FREE, 0, thread->block);
    } else {
        blocks_[thread->address] = thread->block;
    }
    thread->has_block = false;
}

void Writer::add(const struct event &event) {
    Thread *thread = &threads_[event.thread];
    switch (event.kind) {
    case EVENT_ALLOCATE:
    case EVENT_ZEROED:
        allocate(thread, event);
        break;
    case EVENT_FREE:
        free(thread, event.address);
        break;
    case EVENT_RESIZE:
        begin_resize(thread, event.address);
        break;
    case EVENT_RESIZED:
        end_resize(thread, event);
        break;
    default:
        break;
    }
}

std::string Writer::finish() const {
    std::string file = PATTERN_MAGIC;
    put_number(&file, block_count_);
    put_number(&file, threads_.size());
    for (const auto &[number, thread] : threads_) {
        put_number(&file, thread.bytes.size());
        file += thread.bytes;
    }
    return file;
}

} // namespace

std::string pattern_of(std::vector<struct event> events) {
    std::sort(events.begin(), events.end(),
              [](const struct event &a, const struct event &b) { return a.number < b.number; });
    Writer writer;
    for (const struct event &event : events) writer.add(event);
    return writer.finish();
}

uint64_t PatternReader::number() {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && at_ < end_; shift += 7) {
        uint8_t byte = *at_++;
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return number;
    }
    failed_ = true;
    return 0;
}

const uint8_t *PatternReader::skip(uint64_t length) {
    if ((uint64_t)(end_ - at_) < length) return nullptr;
    const uint8_t *start = at_;
    at_ += length;
    return start;
}

bool PatternReader::next() {
    if (at_ == end_ || failed_) return false;
    uint64_t head = number();
    kind = (PatternKind)(head & 7);
    size = head >> 3;
    align_shift = kind == PATTERN_ALIGNED ? (unsigned)number() : 0;
    block += (uint64_t)unzigzag(number());
    before = kind == PATTERN_RESIZE ? block + (uint64_t)unzigzag(number()) : 0;
    if (kind > PATTERN_RESIZE || align_shift > 40) failed_ = true;
    return !failed_;
}
