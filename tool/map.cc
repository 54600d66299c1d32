// SPDX-License-Identifier: MIT
// map.cc - poolalloc map: one row for each arena, one cell for each of its pages, by fill.
#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include "account.h"
#include "command.h"
#include "page.h"

namespace {

enum { PAGES = 64, KINDS = 8, TEXT_ROWS = 200, PICTURE_ROWS = 600, PICTURE_COLUMN = 200 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--rows", "N", "at most so many rows: larger heaps are scaled down (200; all: 0)"},
        {"--svg", "FILE", "a picture instead; - is standard output"},
        {"--html", "FILE", "a page with the picture and the sum, which needs no network"},
        {"--json", nullptr, "the rows as JSON, schema poolalloc.map"},
    };
    return rules;
}

struct MapRow { // some arenas side by side in the list
    uint64_t base = 0, live = 0, resident = 0;
    unsigned arenas = 0;
    std::array<Cell, PAGES> cells{};
    std::array<uint8_t, PAGES> fill{};
};

// The kind that most arenas have there, and the mean fill.
void merge_cell(const std::vector<ArenaFigures> &arenas, size_t first, size_t end, unsigned page,
                MapRow *row) {
    unsigned counts[KINDS] = {}, fill = 0;
    for (size_t i = first; i < end; i++) {
        counts[(unsigned)arenas[i].cells[page]]++;
        fill += arenas[i].fill[page];
    }
    row->cells[page] = (Cell)(std::max_element(counts, counts + KINDS) - counts);
    row->fill[page] = (uint8_t)(fill / (end - first));
}

std::vector<MapRow> rows_of(const Snapshot &heap, size_t most) {
    const std::vector<ArenaFigures> &arenas = heap.arenas;
    size_t step = most == 0 ? 1 : std::max<size_t>(1, (arenas.size() + most - 1) / most);
    std::vector<MapRow> rows;
    for (size_t first = 0; first < arenas.size(); first += step) {
        size_t end = std::min(first + step, arenas.size());
        MapRow row;
        row.base = arenas[first].base;
        row.arenas = (unsigned)(end - first);
        for (size_t i = first; i < end; i++) {
            row.live += arenas[i].live;
            row.resident += arenas[i].resident;
        }
        for (unsigned page = 0; page < PAGES; page++) merge_cell(arenas, first, end, page, &row);
        rows.push_back(row);
    }
    return rows;
}

// ---- Text ----

char glyph(const MapRow &row, unsigned page) {
    switch (row.cells[page]) {
    case Cell::NOT_OURS:
        return ' ';
    case Cell::NO_MEMORY:
        return '.';
    case Cell::FREE:
        return '~';
    case Cell::TAKEN:
        return 't';
    case Cell::LARGE:
        return 'L';
    default:
        return row.fill[page] == 0 ? '0' : (char)('1' + row.fill[page] * 8 / 256);
    }
}

std::string scale_note(const std::vector<MapRow> &rows) {
    return rows.empty() || rows[0].arenas == 1
               ? std::string("a row is an arena of 256 KiB, a cell a page of 4 KiB")
               : "a row is " + count_text(rows[0].arenas) +
                     " arenas of 256 KiB, a cell what most of them have there, with the mean fill";
}

// A colour for a glyph, as terminals number them: fuller is darker blue.
int colour(char letter) {
    if (letter >= '1' && letter <= '8') return "\x75\x4b\x45\x3f\x21\x1b\x15\x14"[letter - '1'];
    switch (letter) {
    case '~':
        return 220;
    case 'L':
        return 133;
    case '0':
        return 214;
    default:
        return 245;
    }
}

void print_cells(const MapRow &row, bool coloured) {
    int last = -1;
    for (unsigned page = 0; page < PAGES; page++) {
        char letter = glyph(row, page);
        if (coloured && colour(letter) != last) printf("\033[38;5;%dm", last = colour(letter));
        putchar(letter);
    }
    if (coloured) fputs("\033[0m", stdout);
}

void print_text(const Account &account, const std::vector<MapRow> &rows) {
    printf("%s: %s with memory, %s live\n", account.title.c_str(),
           plural(account.heap.arenas.size(), "arena").c_str(),
           size_text((double)account.heap.resident.live).c_str());
    printf("  %s:\n  1 to 8 eighths live, 0 free in a thread's pool, L large block,\n"
           "  t taken by a thread, ~ free page, . no memory\n\n",
           scale_note(rows).c_str());
    for (const MapRow &row : rows) {
        printf("%14lx ", (unsigned long)row.base);
        print_cells(row, isatty(1));
        printf(" %4.0f %%\n", share((double)row.live, (double)row.resident));
    }
    if (rows.empty()) puts("  (no arena has memory)");
}

// ---- Picture ----

struct Paint {
    const char *name, *colour, *meaning;
};
const Paint paints[] = {
    {"f1", "#deebf7", "1/8 live"},
    {"f2", "#c6dbef", ""},
    {"f3", "#9ecae1", ""},
    {"f4", "#6baed6", "1/2"},
    {"f5", "#4292c6", ""},
    {"f6", "#2171b5", ""},
    {"f7", "#08519c", ""},
    {"f8", "#08306b", "all live"},
    {"f0", "#fdae6b", "free, in a thread's pool"},
    {"fL", "#9e6ebd", "large block"},
    {"ft", "#b0b0b0", "taken by a thread"},
    {"ff", "#ffe08a", "free page"},
    {"fn", "#f0f0f0", "no memory"},
};

std::string paint_of(char letter) {
    if (letter == '~') return "ff";
    if (letter == '.') return "fn";
    return std::string("f") + letter;
}

const unsigned cell = 6, row_height = 7, label = 108, gap = 24, top = 56;

// One rectangle for each stretch of cells of one colour.
std::string row_svg(const MapRow &row, unsigned x, unsigned y) {
    std::string text = format(
        "<g><title>%lx: %s live of %s</title><text x=\"%u\" y=\"%u\">%lx</text>",
        (unsigned long)row.base, size_text((double)row.live).c_str(),
        size_text((double)row.resident).c_str(), x + label - 6, y + 6, (unsigned long)row.base);
    for (unsigned page = 0, end; page < PAGES; page = end) {
        char letter = glyph(row, page);
        for (end = page + 1; end < PAGES && glyph(row, end) == letter; end++) continue;
        if (letter != ' ')
            text += format("<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>",
                           paint_of(letter).c_str(), x + label + page * cell, y,
                           (end - page) * cell, row_height - 1);
    }
    return text + "</g>\n";
}

std::string legend_svg() {
    std::string text;
    unsigned x = 8;
    for (const Paint &paint : paints) {
        text += format("<rect class=\"%s\" x=\"%u\" y=\"34\" width=\"12\" height=\"12\"/>",
                       paint.name, x);
        x += 14;
        if (paint.meaning[0] == '\0') continue;
        text += format("<text class=\"l\" x=\"%u\" y=\"44\">%s</text>", x + 2, paint.meaning);
        x += 14 + 6 * (unsigned)std::string(paint.meaning).size();
    }
    return text + "\n";
}

std::string svg_of(const Account &account, const std::vector<MapRow> &rows) {
    unsigned columns =
        (unsigned)std::max<size_t>(1, (rows.size() + PICTURE_COLUMN - 1) / PICTURE_COLUMN);
    unsigned in_column = (unsigned)(rows.size() + columns - 1) / columns;
    unsigned column_width = label + PAGES * cell + gap;
    unsigned width = std::max(columns * column_width, 960u),
             height = top + in_column * row_height + 12;
    std::string text = format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" "
                              "width=\"%u\" height=\"%u\" font-family=\"sans-serif\">\n<style>",
                              width, height, width, height);
    for (const Paint &paint : paints) text += format(".%s{fill:%s}", paint.name, paint.colour);
    text += "text{font-size:7px;fill:#666;text-anchor:end}.l,.t{font-size:11px;fill:#222;text-"
            "anchor:start}"
            "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    text += format(
        "<text class=\"t\" x=\"8\" y=\"18\">%s: %s live of %s; %s</text>\n",
        html_text(account.title).c_str(), size_text((double)account.heap.resident.live).c_str(),
        size_text((double)account.heap.resident.sum()).c_str(), scale_note(rows).c_str());
    text += legend_svg();
    for (size_t i = 0; i < rows.size(); i++)
        text += row_svg(rows[i], (unsigned)(i / std::max(1u, in_column)) * column_width,
                        top + (unsigned)(i % std::max(1u, in_column)) * row_height);
    return text + "</svg>\n";
}

std::string html_of(const Account &account, const std::vector<MapRow> &rows) {
    std::string body =
        "<p class=\"note\">Each row of the picture shows its figures under the pointer.</p>\n" +
        svg_of(account, rows) + "<h2>The sum</h2>\n<table>\n";
    double whole = (double)account.resident.value_or(account.sum());
    for (const Row &row : account.rows())
        if (row.bytes > 0)
            body += format(
                "<tr><td>%s</td><td>%s</td><td>%.1f %%</td><td class=\"text\">%s</td></tr>\n",
                row.name, size_text((double)row.bytes).c_str(), share((double)row.bytes, whole),
                html_text(row.meaning).c_str());
    body += format("<tr><td>left over</td><td>%s</td><td></td><td></td></tr>\n",
                   size_text((double)account.left_over()).c_str());
    body += format("<tr><th>%s</th><th>%s</th><th></th><th></th></tr>\n</table>\n",
                   account.resident ? "resident" : "in all", size_text(whole).c_str());
    return page_html("Memory map of " + account.title, body);
}

// ---- JSON ----

std::string json_of(const Account &account, const std::vector<MapRow> &rows) {
    Json json;
    json.open().put("schema", "poolalloc.map").put("version", 1);
    json.put("target", account.title).put("pid", account.process_id).list("rows");
    for (const MapRow &row : rows) {
        std::string cells;
        for (unsigned page = 0; page < PAGES; page++) cells += glyph(row, page);
        json.open().put("base", format("0x%lx", (unsigned long)row.base)).put("arenas", row.arenas);
        json.put("cells", cells)
            .put("live_bytes", row.live)
            .put("resident_bytes", row.resident)
            .close();
    }
    return json.close().close().text();
}

int run(const Options &given) {
    auto source = source_open(target_of(given));
    Layout layout = layout_of(*source);
    Account account = account_take(*source, layout, library_find(*source));
    bool is_picture = given.has("--svg") || given.has("--html");
    auto most = (size_t)given.number("--rows", is_picture ? PICTURE_ROWS : TEXT_ROWS, 0, 1e6);
    std::vector<MapRow> rows = rows_of(account.heap, most);
    if (given.has("--svg")) page_write(given.value("--svg"), svg_of(account, rows));
    if (given.has("--html")) page_write(given.value("--html"), html_of(account, rows));
    if (given.has("--json")) fputs(json_of(account, rows).c_str(), stdout);
    if (!is_picture && !given.has("--json")) print_text(account, rows);
    return STATUS_OK;
}

} // namespace

const Command command_map = {
    "map",
    "[OPTION...] PID | CORE",
    "a picture of the heap: a row for each arena, a cell for each page",
    "Arenas without memory are left out. A heap of more rows is scaled down.\n\n"
    "Exit status: 0; 1: the process does not run on poolalloc; 2: it cannot be read.",
    options,
    run};
