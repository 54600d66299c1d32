// SPDX-License-Identifier: MIT
#include "profile_text.h"

#include <algorithm>
#include <cstdlib>

#include "proc.h"
#include "text.h"

namespace {

struct Row { // a line of code
    const Frame *frame;
    Figures figures;
};

// What is zero in all that is shown is left out; what weighs most comes first, and of a difference
// what grew.
std::vector<Row> rows_of(const SampleProfile &profile, Figure order) {
    std::map<std::string, size_t> places;
    std::vector<Row> rows;
    for (const Stack &stack : profile.stacks) {
        const Frame &frame = profile_holder(profile, stack);
        auto [place, is_new] = places.emplace(
            frame.function + '\n' + frame.file + '\n' + std::to_string(frame.line), rows.size());
        if (is_new) rows.push_back({&frame, {}});
        for (size_t i = 0; i < FIGURES; i++) rows[place->second].figures[i] += stack.figures[i];
    }
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [](const Row &row) { return row.figures == Figures{}; }),
               rows.end());
    std::stable_sort(rows.begin(), rows.end(), [order](const Row &a, const Row &b) {
        return a.figures[order] != b.figures[order]
                   ? a.figures[order] > b.figures[order]
                   : a.figures[ALLOCATED_BYTES] > b.figures[ALLOCATED_BYTES];
    });
    return rows;
}

const char *name_of(Figure figure) {
    return figure == PEAK_BYTES ? "at peak" : figure == ALLOCATED_BYTES ? "allocated" : "in use";
}

std::string bytes_text(int64_t bytes, bool is_difference) {
    return (is_difference && bytes > 0 ? "+" : "") + size_text((double)bytes);
}

// The rows that weigh most, in their order.
std::vector<Row> weighty(const std::vector<Row> &rows, const ProfileView &view) {
    if (view.rows == 0 || rows.size() <= view.rows) return rows;
    std::vector<int64_t> weights;
    for (const Row &row : rows) weights.push_back(std::llabs(row.figures[view.order]));
    std::nth_element(weights.begin(), weights.begin() + view.rows - 1, weights.end(),
                     std::greater<>());
    int64_t least = weights[view.rows - 1];
    std::vector<Row> chosen;
    for (const Row &row : rows)
        if (std::llabs(row.figures[view.order]) >= least && chosen.size() < view.rows)
            chosen.push_back(row);
    return chosen;
}

std::string summary(const SampleProfile &profile, const ProfileView &view) {
    Figures sum = profile.totals();
    auto text = [&](Figure figure) { return bytes_text(sum[figure], view.is_difference); };
    return "in use " + text(IN_USE_BYTES) + ", at peak " + text(PEAK_BYTES) + ", allocated " +
           text(ALLOCATED_BYTES);
}

// A difference has shares of all that moved, up or down.
int64_t whole_of(const std::vector<Row> &rows, Figure order) {
    int64_t whole = 0;
    for (const Row &row : rows) whole += std::llabs(row.figures[order]);
    return whole;
}

} // namespace

Figure profile_order(const SampleProfile &profile) {
    Figures sum = profile.totals();
    return std::llabs(sum[IN_USE_BYTES]) * 10 >= std::llabs(sum[PEAK_BYTES]) ? IN_USE_BYTES
                                                                             : PEAK_BYTES;
}

std::string profile_table(const SampleProfile &profile, const ProfileView &view) {
    std::string text = view.title + "\n" + summary(profile, view);
    if (profile.mean != 0)
        text += "; estimates, of a sample every " + size_text((double)profile.mean);
    for (const std::string &note : view.notes) text += "\n" + note;
    std::vector<Row> all = rows_of(profile, view.order);
    if (all.empty())
        return text + (view.is_difference ? "\nno difference\n"
                                          : "\nno block was sampled: a smaller --mean sees more\n");
    text += format("\n\n%11s%11s%11s%8s  by %s\n", "in use", "at peak", "allocated", "share",
                   name_of(view.order));
    int64_t whole = whole_of(all, view.order);
    std::vector<Row> rows = weighty(all, view);
    for (const Row &row : rows) {
        for (Figure figure : {IN_USE_BYTES, PEAK_BYTES, ALLOCATED_BYTES})
            text += format("%11s", bytes_text(row.figures[figure], view.is_difference).c_str());
        text += format("%6.1f %%  %s", share((double)row.figures[view.order], (double)whole),
                       row.frame->text().c_str());
        if (row.frame->file.empty() && !row.frame->object.empty())
            text += " (" + base_name(row.frame->object) + ")";
        text += "\n";
    }
    if (all.size() > rows.size())
        text += format("and %s more (--rows=0 shows all)\n",
                       plural(all.size() - rows.size(), "line").c_str());
    return text;
}

static void put_figures(const Figures &figures, Json *json) {
    static const char *const names[FIGURES] = {"allocated_blocks", "allocated_bytes",
                                               "in_use_blocks", "in_use_bytes", "peak_bytes"};
    for (size_t i = 0; i < FIGURES; i++) json->put(names[i], figures[i]);
}

std::string profile_json(const SampleProfile &profile, const ProfileView &view) {
    Json json;
    json.open().put("schema", "poolalloc.profile").put("version", 1).put("target", view.title);
    json.put("is_difference", view.is_difference).put("mean_bytes", profile.mean).open("total");
    put_figures(profile.totals(), &json);
    json.close().list("notes");
    for (const std::string &note : view.notes) json.put(nullptr, note);
    json.close().list("lines");
    for (const Row &row : rows_of(profile, view.order)) {
        json.open().put("function", row.frame->function).put("file", row.frame->file);
        json.put("line", row.frame->line).put("object", row.frame->object);
        put_figures(row.figures, &json);
        json.close();
    }
    return json.close().close().text();
}

std::string profile_folded(const SampleProfile &profile, Figure figure) {
    std::map<std::string, int64_t> lines; // stacks that differ by lines of code are one here
    for (const Stack &stack : profile.stacks) {
        std::string line;
        for (size_t i = stack.frames.size(); i-- > 0;) {
            std::string name = profile.frames[stack.frames[i]].function;
            std::replace(name.begin(), name.end(), ';', ':');
            line += name + (i > 0 ? ";" : "");
        }
        if (!line.empty()) lines[line] += stack.figures[figure];
    }
    std::string text;
    for (const auto &[line, bytes] : lines)
        if (bytes != 0) text += line + " " + std::to_string(bytes) + "\n";
    return text;
}
