// SPDX-License-Identifier: MIT
#include "samples.h"

#include <cmath>
#include <unordered_map>

#include "walk.h"

namespace {

const uint64_t MOST_BYTES = (uint64_t)1 << 32; // of a table; what says more was written over
enum { SAMPLES_AT_ONCE = 1 << 16 };

class Reader {
  public:
    Reader(Source &source, const Layout &layout) : source_(source), layout_(layout) {}
    SampleTable read() {
        SampleTable table;
        auto size = place("sample_size"), most = value(place("live_most"));
        table.start = value(place("live"));
        if (table.start == 0) return table;
        if (size == 0 || size > 4096 || most > MOST_BYTES / size)
            throw Failure("the descriptor of the library says what cannot be");
        table.size = most * size;
        for (uint64_t i = 0; i < most; i += SAMPLES_AT_ONCE)
            add(table.start + i * size, std::min<uint64_t>(most - i, SAMPLES_AT_ONCE), &table);
        return table;
    }

  private:
    void add(uint64_t start, uint64_t count, SampleTable *table) {
        auto size = place("sample_size"), address = place("sample_address");
        auto bytes = place("sample_bytes"), weight = place("sample_weight");
        auto site = place("sample_site");
        buffer_.resize(count * size);
        if (!source_.read(start, buffer_.data(), buffer_.size()))
            throw Failure("the table of samples cannot be read");
        for (uint64_t at = 0; at < buffer_.size(); at += size)
            if (auto block = field<uint64_t>(buffer_, at + address))
                table->blocks.push_back({block, field<uint64_t>(buffer_, at + bytes),
                                         field<double>(buffer_, at + weight),
                                         field<uint32_t>(buffer_, at + site)});
    }
    uint64_t value(uint64_t address) {
        uint64_t value = 0;
        if (!source_.read(address, &value)) throw Failure("the table of samples cannot be read");
        return value;
    }
    uint64_t place(const char *name) {
        return value(layout_["at sample_places"] + layout_[std::string("sample_places.") + name]);
    }
    Source &source_;
    const Layout &layout_;
    std::vector<char> buffer_;
};

} // namespace

SampleTable samples_read(Source &source, const Layout &layout) {
    return Reader(source, layout).read();
}

// The part of the sampled blocks, by what they stand for, is the part of all. A sample that stands
// for w blocks has the variance w (w - 1) times its square.
std::optional<Rounding> samples_rounding(const SampleTable &table,
                                         const std::vector<LiveBlock> &live) {
    std::unordered_map<uint64_t, uint64_t> sizes;
    for (const SampledBlock &sample : table.blocks) sizes[sample.address] = 0;
    double whole = 0, all = 0, rounded = 0, variance = 0;
    for (const LiveBlock &block : live) {
        whole += (double)block.size;
        auto found = sizes.find(block.address);
        if (found != sizes.end()) found->second = block.size;
    }
    size_t count = 0;
    for (const SampledBlock &sample : table.blocks) {
        uint64_t size = sizes[sample.address];
        if (size < sample.bytes) continue; // freed meanwhile
        auto rest = (double)(size - sample.bytes);
        all += sample.weight * (double)size;
        rounded += sample.weight * rest;
        variance += sample.weight * (sample.weight - 1) * rest * rest;
        count++;
    }
    if (count == 0 || all <= 0) return std::nullopt;
    return Rounding{rounded / all * whole, std::sqrt(std::max(variance, 0.0)) / all * whole, count};
}
