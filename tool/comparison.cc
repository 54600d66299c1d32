// SPDX-License-Identifier: MIT
#include "comparison.h"

#include <algorithm>
#include <cmath>

#include "page.h"
#include "text.h"

const std::vector<Metric> &Comparison::metrics() {
    static const std::vector<Metric> all = {
        {"seconds", "time", false, true, [](const Run &run) { return run.seconds; }},
        {"processor_seconds", "processor time", false, true,
         [](const Run &run) { return run.processor; }},
        {"peak_bytes", "peak memory", true, false, [](const Run &run) { return run.peak; }},
        {"final_bytes", "memory at the end", true, false,
         [](const Run &run) { return run.final.value_or(-1); }},
        {"page_faults", "page faults", false, false, [](const Run &run) { return run.faults; }},
    };
    return all;
}

std::vector<double> Comparison::values(size_t contender, const Metric &metric) const {
    std::vector<double> values;
    for (const Run &run : contenders[contender].runs) values.push_back(metric.value(run));
    return values;
}

Ratio Comparison::ratio(size_t contender, const Metric &metric) const {
    return ratio_of(values(contender, metric), values(0, metric));
}

static bool is_known(const std::vector<double> &values) {
    return !values.empty() && *std::min_element(values.begin(), values.end()) >= 0;
}

static std::string value_text(const Metric &metric, double value) {
    if (metric.is_memory) return size_text(value);
    if (!metric.is_time) return count_text((uint64_t)value);
    if (value < 0.9995)
        return format("%.*f ms", value < 0.01 ? 2 : value < 0.1 ? 1 : 0, value * 1000);
    return format("%.*f s", value < 10 ? 2 : 1, value);
}

static std::string percent(double ratio) {
    double difference = (ratio - 1) * 100;
    return format(std::fabs(difference) < 9.95 ? "%+.1f" : "%+.0f", difference);
}

// "12 % less (-14 to -10)", or "no difference (-3.1 to +2.0)"; where the runs differ so much that
// there may be one of a tenth, only none is seen.
static std::string verdict(const Ratio &ratio) {
    if (!ratio.is_known) return "too few runs to tell";
    std::string interval = " (" + percent(ratio.low) + " to " + percent(ratio.high) + ")";
    bool is_wide = ratio.high - ratio.low > 0.2;
    if (!ratio.differs()) return (is_wide ? "no difference seen" : "no difference") + interval;
    double difference = std::fabs(ratio.mean - 1) * 100;
    if (ratio.mean > 3) return format("%.1f times as much", ratio.mean) + interval;
    return format(difference < 9.95 ? "%.1f %% " : "%.0f %% ", difference) +
           (ratio.mean < 1 ? "less" : "more") + interval;
}

static std::string head_note(const Comparison &comparison) {
    std::string note = plural(comparison.contenders[0].runs.size(), "run") +
                       " each, in turns; medians; in brackets percent of the difference to " +
                       comparison.contenders[0].allocator.name + ", with 99 % confidence";
    if (comparison.load > 0.6 * comparison.processors)
        note += format("; the machine was busy (load %.1f on %s), so that times differ more",
                       comparison.load, plural(comparison.processors, "processor").c_str());
    return note;
}

std::string comparison_text(const Comparison &comparison) {
    std::string text = shell_text(comparison.words) + "\n" + head_note(comparison) + "\n";
    for (const Metric &metric : Comparison::metrics()) {
        text += std::string("\n") + metric.name + "\n";
        for (size_t i = 0; i < comparison.contenders.size(); i++) {
            const Contender &contender = comparison.contenders[i];
            std::vector<double> values = comparison.values(i, metric);
            text += format("  %-12s", contender.allocator.name.c_str());
            if (contender.failed != 0)
                text += format("  failed: status %d\n", contender.failed);
            else if (!is_known(values))
                text += "  not known: the program may not be traced here\n";
            else
                text += format("%11s", value_text(metric, median_of(values)).c_str()) +
                        (i == 0 ? "" : "   " + verdict(comparison.ratio(i, metric))) + "\n";
        }
    }
    return text;
}

// ---- JSON ----

static void put_metric(const Comparison &comparison, size_t i, const Metric &metric, Json *json) {
    std::vector<double> values = comparison.values(i, metric);
    json->open(metric.key);
    if (is_known(values)) {
        json->put("median", median_of(values));
        Ratio ratio = comparison.ratio(i, metric);
        if (ratio.is_known && i > 0)
            json->put("ratio", ratio.mean)
                .put("low", ratio.low)
                .put("high", ratio.high)
                .put("differs", ratio.differs());
        json->list("runs");
        for (double value : values) json->put(nullptr, value);
        json->close();
    }
    json->close();
}

std::string comparison_json(const Comparison &comparison) {
    Json json;
    json.open().put("schema", "poolalloc.compare").put("version", 1);
    json.put("command", shell_text(comparison.words)).put("load", comparison.load);
    json.put("processors", comparison.processors).put("confidence", 0.99).list("allocators");
    for (size_t i = 0; i < comparison.contenders.size(); i++) {
        const Contender &contender = comparison.contenders[i];
        json.open().put("name", contender.allocator.name).put("path", contender.allocator.path);
        json.put("failed_status", contender.failed);
        for (const Metric &metric : Comparison::metrics()) put_metric(comparison, i, metric, &json);
        json.close();
    }
    return json.close().close().text();
}

// ---- HTML ----

static const unsigned bar_left = 110, bar_width = 520, bar_height = 22, bar_top = 8,
                      label_width = 260;

// A bar for the median, with the interval as a line at its end.
static std::string bar_svg(const Comparison &comparison, const Metric &metric, size_t i,
                           double most, unsigned y) {
    const Contender &contender = comparison.contenders[i];
    double base = median_of(comparison.values(0, metric)),
           value = median_of(comparison.values(i, metric));
    Ratio ratio = comparison.ratio(i, metric);
    auto place = [&](double of) { return bar_left + of / most * bar_width; };
    const char *colour = i == 0                                    ? "#8a8a8a"
                         : contender.allocator.name == "poolalloc" ? "#2171b5"
                                                                   : "#9ecae1";
    std::string text = format("<text x=\"%u\" y=\"%u\" text-anchor=\"end\">%s</text>", bar_left - 8,
                              y + 15, html_text(contender.allocator.name).c_str());
    text += format("<rect x=\"%u\" y=\"%u\" width=\"%.1f\" height=\"%u\" fill=\"%s\"/>", bar_left,
                   y + 3, value / most * bar_width, bar_height - 6, colour);
    double end = value;
    if (i > 0 && ratio.is_known) {
        double low = base * ratio.low, high = std::min(base * ratio.high, most);
        end = std::max(end, high);
        text +=
            format("<path d=\"M%.1f %uH%.1fM%.1f %uv8M%.1f %uv8\" stroke=\"#222\" fill=\"none\"/>",
                   place(low), y + 11, place(high), place(low), y + 7, place(high), y + 7);
    }
    text +=
        format("<text x=\"%.1f\" y=\"%u\">%s%s</text>\n", place(end) + 8, y + 15,
               value_text(metric, value).c_str(), i == 0 ? "" : (", " + verdict(ratio)).c_str());
    return text;
}

static std::string chart_svg(const Comparison &comparison, const Metric &metric) {
    double most = 0;
    unsigned count = 0;
    for (size_t i = 0; i < comparison.contenders.size(); i++)
        if (comparison.contenders[i].failed == 0) {
            most = std::max(most, median_of(comparison.values(i, metric)));
            count++;
        }
    most *= 1.1;
    unsigned width = bar_left + bar_width + label_width, height = bar_top + count * bar_height + 4;
    std::string text =
        format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
               "height=\"%u\" font-family=\"sans-serif\" font-size=\"12\">\n",
               width, height, width, height);
    double base = median_of(comparison.values(0, metric));
    text += format("<path d=\"M%.1f %uv%u\" stroke=\"#bbb\" stroke-dasharray=\"3 3\"/>\n",
                   bar_left + base / most * bar_width, bar_top, count * bar_height);
    unsigned y = bar_top;
    for (size_t i = 0; i < comparison.contenders.size(); i++)
        if (comparison.contenders[i].failed == 0) {
            text += bar_svg(comparison, metric, i, most, y);
            y += bar_height;
        }
    return text + "</svg>\n";
}

std::string comparison_html(const Comparison &comparison) {
    std::string body =
        "<p><code>" + html_text(shell_text(comparison.words)) + "</code></p>\n<p class=\"note\">" +
        html_text(head_note(comparison)) +
        ". Shorter bars are better; the dashed line is the first row; the black line at the end "
        "of a bar is the interval of its value.</p>\n";
    for (const Metric &metric : Comparison::metrics()) {
        body += std::string("<h2>") + metric.name + "</h2>\n";
        bool known =
            is_known(comparison.values(0, metric)) && median_of(comparison.values(0, metric)) > 0;
        body += known ? chart_svg(comparison, metric) : "<p>not known</p>\n";
    }
    body += "<h2>Libraries</h2>\n<table>\n";
    for (const Contender &contender : comparison.contenders)
        body += "<tr><td>" + html_text(contender.allocator.name) + "</td><td class=\"text\">" +
                (contender.allocator.path.empty() ? "nothing preloaded"
                                                  : html_text(contender.allocator.path)) +
                "</td><td class=\"text\">" +
                (contender.failed == 0 ? "" : format("failed: status %d", contender.failed)) +
                "</td></tr>\n";
    return page_html("poolalloc compare", body + "</table>\n");
}
