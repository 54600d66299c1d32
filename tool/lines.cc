// SPDX-License-Identifier: MIT
#include "lines.h"

#include <algorithm>
#include <cmath>

#include "proc.h"

namespace {

struct Caller { // an address that calls return to
    double bytes = 0, variance = 0;
    uint64_t large_bytes = 0;
    unsigned notes = 0;
};

using Callers = std::map<uint64_t, Caller>; // 0: nobody was noted

// Within a class each note stands for as many live blocks. The share k of n notes has the variance
// of k + 1/2 of n + 1, so that one note of one is not taken for certain.
void add_class(uint64_t live, const std::map<uint64_t, unsigned> &notes, Callers *callers) {
    unsigned all = 0;
    for (auto [caller, count] : notes) all += count;
    for (auto [caller, count] : notes) {
        double part = (count + 0.5) / (all + 1), bytes = (double)live;
        Caller &sum = (*callers)[caller];
        sum.bytes += bytes * count / all;
        sum.variance += bytes * bytes * part * (1 - part) / all;
        sum.notes += count;
    }
    if (all == 0) (*callers)[0].bytes += (double)live;
}

Callers callers_of(const Snapshot &heap) {
    Callers callers;
    std::vector<std::map<uint64_t, unsigned>> notes(heap.classes.size());
    for (const NotedBlock &block : heap.noted) {
        if (block.class_index != 0) {
            notes[block.class_index][block.caller]++;
            continue;
        }
        callers[block.caller].bytes += (double)block.size;
        callers[block.caller].large_bytes += block.size;
    }
    for (unsigned c = 1; c < heap.classes.size(); c++)
        add_class(heap.classes[c].live * heap.classes[c].stride, notes[c], &callers);
    return callers;
}

// The innermost of the functions that are inlined at the call which does not only ask for others,
// or the outermost of those.
Frame holder_of(const std::vector<Frame> &frames) {
    for (const Frame &frame : frames)
        if (!frame_is_of_allocating(frame)) return frame;
    return frames.back();
}

SymbolFiles files_of(const Source &source) {
    if (!source.is_live()) return {"", source.program_path(), ""};
    std::string folder = "/proc/" + std::to_string(source.process_id()) + "/";
    return {folder + "root", folder + "exe", folder + "root" + perf_map(source.process_id())};
}

} // namespace

CodeLines lines_of_code(Source &source, const Snapshot &heap) {
    CodeLines result;
    Symbols symbols(symbol_objects(source.mappings()), files_of(source));
    std::map<std::string, size_t> places;
    for (auto &[caller, sum] : callers_of(heap)) {
        if (caller == 0) {
            result.unknown += sum.bytes;
            continue;
        }
        // The call lies before the address that it returns to, which may be another line's.
        CodeLine line{holder_of(symbols.frames_of(caller - 1))};
        auto [place, is_new] = places.emplace(line_text(line), result.lines.size());
        if (is_new) result.lines.push_back(line);
        CodeLine &whole = result.lines[place->second];
        whole.bytes += sum.bytes;
        whole.error = std::hypot(whole.error, std::sqrt(sum.variance));
        whole.large_bytes += sum.large_bytes;
        whole.notes += sum.notes;
    }
    std::stable_sort(result.lines.begin(), result.lines.end(),
                     [](const CodeLine &a, const CodeLine &b) { return a.bytes > b.bytes; });
    return result;
}

std::string line_text(const CodeLine &line) {
    std::string object = base_name(line.frame.object);
    bool is_told = object.empty() || starts_with(line.frame.function, object);
    return line.frame.text() + (is_told ? "" : " (" + object + ")");
}

std::string line_bytes_text(const CodeLine &line) {
    std::string text = size_text(line.bytes);
    double error = share(2 * line.error, line.bytes);
    return error < 0.5 ? text : text + format(" +- %.0f %%", error);
}

void lines_put(const CodeLines &lines, Json *json) {
    json->list("lines");
    for (const CodeLine &line : lines.lines) {
        json->open().put("function", line.frame.function).put("file", line.frame.file);
        json->put("line", line.frame.line).put("object", line.frame.object);
        json->put("live_bytes", (uint64_t)line.bytes).put("error_bytes", (uint64_t)line.error);
        json->put("large_bytes", line.large_bytes).put("notes", line.notes).close();
    }
    json->close().put("unknown_bytes", (uint64_t)lines.unknown);
}
