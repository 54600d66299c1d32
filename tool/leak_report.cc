// SPDX-License-Identifier: MIT
#include "leak_report.h"

#include <algorithm>
#include <tuple>

#include "text.h"

namespace {

uint64_t bytes_of(const ScannedBlock &block) { return block.asked != 0 ? block.asked : block.size; }

bool is_unreachable(Held held) { return held == Held::LOST || held == Held::THROUGH_LOST; }

std::vector<Frame> frames_of(const Scan &scan, uint32_t site, Symbols *symbols) {
    std::vector<Frame> frames;
    auto stack = scan.stacks.find(site);
    if (stack == scan.stacks.end()) return frames;
    for (uint64_t caller : stack->second)
        for (Frame &frame : symbols->frames_of(caller - 1)) frames.push_back(std::move(frame));
    return frames;
}

const char *held_name(Held held) {
    static const char *const names[HELD_KINDS] = {"lost", "through_lost", "by_register",
                                                  "reachable"};
    return names[(unsigned)held];
}

// Paths of sources are whole here: a leak is one of few, and somebody goes there.
std::string frame_text(const Frame &frame) {
    if (frame.file.empty()) return frame.function + (" (" + frame.object) + ")";
    return frame.function + " " + frame.file +
           (frame.line != 0 ? ":" + std::to_string(frame.line) : "");
}

class Builder {
  public:
    Builder(const Scan &scan, const Mappings &mappings, std::vector<Suppression> *suppressions)
        : scan_(scan), symbols_(symbol_objects(mappings), {}), suppressions_(suppressions) {}

    LeakReport build() {
        for (const ScannedBlock &block : scan_.blocks) add(block);
        for (auto &[key, stack] : stacks_) {
            stack.frames = frames_of(scan_, std::get<1>(key), &symbols_);
            join(&stack);
        }
        auto weight = [](const LeakStack &stack) { return stack.own.bytes + stack.through.bytes; };
        std::stable_sort(report_.stacks.begin(), report_.stacks.end(),
                         [&](const LeakStack &a, const LeakStack &b) {
                             return a.held != b.held ? a.held < b.held : weight(a) > weight(b);
                         });
        return std::move(report_);
    }

  private:
    // The suppression of a stack, nullptr if there is none; each is looked for once.
    Suppression *suppression_of(uint32_t site) {
        if (site == 0) return &at_start_;
        auto found = chosen_.find(site);
        if (found == chosen_.end()) {
            std::vector<Frame> frames = frames_of(scan_, site, &symbols_);
            found = chosen_.emplace(site, suppression_for(suppressions_, frames)).first;
        }
        return found->second;
    }

    LeakStack &stack_of(Held held, uint32_t site, const Suppression *suppression) {
        LeakStack &stack = stacks_[{held, site, suppression}];
        stack.held = held;
        if (suppression != nullptr) stack.suppressed_by = suppression->pattern;
        return stack;
    }

    // Stacks that read the same are one to the reader, as those of a loop that was unrolled.
    void join(LeakStack *stack) {
        std::string text = held_name(stack->held) + ("\n" + stack->suppressed_by) + "\n";
        for (const Frame &frame : stack->frames) text += frame_text(frame) + "\n";
        auto [found, is_new] = joined_.emplace(text, report_.stacks.size());
        if (is_new) {
            report_.stacks.push_back(std::move(*stack));
            return;
        }
        report_.stacks[found->second].own.add(stack->own);
        report_.stacks[found->second].through.add(stack->through);
    }

    // A block goes with the lost one that leads to it.
    void add(const ScannedBlock &block) {
        uint64_t bytes = bytes_of(block);
        if (!is_unreachable(block.held)) {
            stack_of(block.held, block.site, nullptr).own.add(bytes);
            (block.held == Held::REACHABLE ? report_.reachable : report_.by_register).add(bytes);
            return;
        }
        uint32_t leader = scan_.blocks[block.leader].site;
        Suppression *of_leader = suppression_of(leader);
        Suppression *suppression = of_leader != nullptr ? of_leader : suppression_of(block.site);
        stack_of(block.held, block.site, suppression).own.add(bytes);
        if (block.held == Held::THROUGH_LOST && suppression == of_leader)
            stack_of(Held::LOST, leader, of_leader).through.add(bytes);
        if (suppression == nullptr) {
            (block.held == Held::LOST ? report_.lost : report_.through_lost).add(bytes);
            return;
        }
        report_.suppressed.add(bytes);
        suppression->blocks++;
        suppression->bytes += bytes;
    }

    const Scan &scan_;
    Symbols symbols_;
    std::vector<Suppression> *const suppressions_;
    std::map<uint32_t, Suppression *> chosen_;
    // For what libc and the dynamic linker ask for before any constructor has run.
    Suppression at_start_ = {"(before the library's start)"};
    std::map<std::tuple<Held, uint32_t, const Suppression *>, LeakStack> stacks_;
    std::map<std::string, size_t> joined_;
    LeakReport report_;
};

// ---- Text ----

std::string amount_text(const Amount &amount) {
    return size_text((double)amount.bytes) + " in " + plural(amount.blocks, "block");
}

// What called main is the same for all.
std::string frames_text(const LeakStack &stack) {
    std::string text;
    for (const Frame &frame : stack.frames) {
        text += "      " + frame_text(frame) + "\n";
        if (frame.function == "main") break;
    }
    return text.empty() ? "      (its stack is not known)\n" : text;
}

std::string stack_text(const LeakStack &stack) {
    std::string text = "    " + amount_text(stack.own);
    if (stack.through.blocks > 0) text += ", which led to " + amount_text(stack.through);
    if (!stack.suppressed_by.empty()) text += ", suppressed by " + stack.suppressed_by;
    return text + ", from\n" + frames_text(stack);
}

std::string kind_text(const LeakReport &report, Held held, const char *title, bool suppressed,
                      size_t most) {
    std::string text;
    size_t count = 0;
    for (const LeakStack &stack : report.stacks) {
        bool is_suppressed = !stack.suppressed_by.empty();
        bool is_wanted = held == stack.held && (suppressed ? is_suppressed : !is_suppressed);
        if (!is_wanted || stack.own.blocks == 0) continue;
        if (count++ == 0) text += std::string("  ") + title + "\n";
        if (most == 0 || count <= most) text += stack_text(stack);
    }
    if (most != 0 && count > most)
        text += "    ... and " + plural(count - most, "stack") + " more (--most=0)\n";
    return text;
}

std::string sum_text(const LeakReport &report) {
    std::string text = "  in all: lost " + amount_text(report.lost);
    text += "; through lost blocks " + amount_text(report.through_lost);
    if (report.by_register.blocks > 0)
        text += "; by registers of other threads " + amount_text(report.by_register);
    text += "; still reachable " + amount_text(report.reachable);
    if (report.suppressed.blocks > 0) text += "; suppressed " + amount_text(report.suppressed);
    text += format("\n  it stood still for %.3g ms to be copied", report.stall * 1000);
    if (report.other_threads > 0)
        text += format(", its %s for %.3g ms", plural(report.other_threads, "other thread").c_str(),
                       report.stopped * 1000);
    text += "\n";
    if (!report.registers_known)
        text +=
            "  note: registers of other threads could not be read (no ptrace): a block that only "
            "one of them leads to counts as lost\n";
    return text;
}

std::string report_text(const LeakReport &report, const LeakView &view) {
    std::string text =
        format("poolalloc leaks: %s (process %d): ", report.name.c_str(), report.process);
    Amount all = report.lost;
    all.blocks += report.through_lost.blocks;
    all.bytes += report.through_lost.bytes;
    text += all.blocks == 0 ? "no leaks\n" : amount_text(all) + " leaked\n";
    auto add = [&](Held held, const char *title, bool suppressed) {
        text += kind_text(report, held, title, suppressed, view.most);
    };
    add(Held::LOST, "lost, as nothing leads there:", false);
    add(Held::THROUGH_LOST, "lost, as only lost blocks lead there:", false);
    add(Held::BY_REGISTER, "held by a register of another thread alone:", false);
    if (view.reachable) add(Held::REACHABLE, "still reachable:", false);
    if (view.suppressed) {
        add(Held::LOST, "suppressed:", true);
        add(Held::THROUGH_LOST, "suppressed, as only lost blocks lead there:", true);
    }
    return text + sum_text(report);
}

// ---- JSON: the schema is in poolalloc(1) ----

void put_amount(Json *json, const char *key, const Amount &amount) {
    json->open(key).put("blocks", amount.blocks).put("bytes", amount.bytes).close();
}

void put_stack(Json *json, const LeakStack &stack) {
    json->open().put("held", held_name(stack.held));
    json->put("blocks", stack.own.blocks).put("bytes", stack.own.bytes);
    json->put("through_blocks", stack.through.blocks).put("through_bytes", stack.through.bytes);
    if (stack.suppressed_by.empty())
        json->null("suppressed_by");
    else
        json->put("suppressed_by", stack.suppressed_by);
    json->list("frames");
    for (const Frame &frame : stack.frames) {
        json->open().put("function", frame.function).put("file", frame.file);
        json->put("line", frame.line).put("object", frame.object).close();
    }
    json->close().close();
}

void put_report(Json *json, const LeakReport &report) {
    json->open().put("pid", report.process).put("name", report.name);
    json->put("stall", report.stall).put("stopped", report.stopped);
    json->put("other_threads", report.other_threads);
    json->put("registers_known", report.registers_known);
    put_amount(json, "lost", report.lost);
    put_amount(json, "through_lost", report.through_lost);
    put_amount(json, "by_register", report.by_register);
    put_amount(json, "reachable", report.reachable);
    put_amount(json, "suppressed", report.suppressed);
    json->list("stacks");
    for (const LeakStack &stack : report.stacks)
        if (stack.own.blocks > 0) put_stack(json, stack);
    json->close().close();
}

} // namespace

LeakReport leak_report(Frozen &frozen, std::vector<Suppression> *suppressions) {
    auto source = source_of_process(frozen.copy);
    Layout layout = layout_of(*source);
    Scan scan = scan_process(*source, layout, frozen.roots);
    LeakReport report = Builder(scan, source->mappings(), suppressions).build();
    report.process = frozen.process;
    report.name = frozen.name;
    report.stall = frozen.stall;
    report.stopped = frozen.stopped;
    report.other_threads = frozen.other_threads;
    report.registers_known = frozen.roots.others_are_known;
    return report;
}

std::string leak_text(const std::vector<LeakReport> &reports, const LeakView &view) {
    std::string text;
    for (const LeakReport &report : reports) text += report_text(report, view);
    return text;
}

std::string leak_json(const std::vector<std::string> &command, int status,
                      const std::vector<LeakReport> &reports,
                      const std::vector<std::string> &failures) {
    Json json;
    json.open().put("schema", "poolalloc.leaks").put("version", 1);
    json.put("command", shell_text(command)).put("status", status);
    json.list("failures");
    for (const std::string &failure : failures) json.open().put("what", failure).close();
    json.close().list("processes");
    for (const LeakReport &report : reports) put_report(&json, report);
    return json.close().close().text();
}
