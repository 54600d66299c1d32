// SPDX-License-Identifier: MIT
#include "finding.h"

#include <algorithm>
#include <functional>

namespace {

const double MIB = 1024 * 1024;

// Less than this is no problem, whatever its share: of a small process everything is a large part.
const double LEAST_BYTES = 4 * MIB, LEAST_SHARE = 5; // percent of what is resident
// A growth that would take longer than this to make LEAST_BYTES is not worth a word.
const double HORIZON = 60; // seconds

class Look {
  public:
    Look(const std::vector<Account> &looks, double seconds)
        : now_(looks.back()), looks_(looks), seconds_(seconds),
          whole_((double)now_.resident.value_or(now_.sum())) {
        for (const ArenaFigures &arena : now_.heap.arenas) {
            arenas_ += arena.used > 0;
            sparse_ += arena.used > 0 && arena.used <= 4;
        }
    }
    std::vector<Finding> all();

  private:
    void growth();
    void beside();
    void threads();
    void awaiting();
    void free_pages();
    void metadata();
    void stacks();
    void others();
    void swapped();
    void well();

    // Most arenas keep only a few pages busy.
    bool is_sparse() const { return arenas_ >= 16 && sparse_ * 2 > arenas_; }
    bool matters(double bytes) const {
        return bytes >= LEAST_BYTES && share(bytes, whole_) >= LEAST_SHARE;
    }
    std::string of_whole(double bytes) const {
        return size_text(bytes) + format(" (%.0f %% of resident memory)", share(bytes, whole_));
    }
    std::string largest_classes(const std::function<double(unsigned)> &weight, unsigned most) const;
    void add(Finding finding) { findings_.push_back(std::move(finding)); }

    const Account &now_;
    const std::vector<Account> &looks_;
    const double seconds_, whole_;
    uint64_t arenas_ = 0, sparse_ = 0; // with something live; with at most 4 such pages
    std::vector<Finding> findings_;
};

// "49 to 64 bytes (120 MiB), 1 to 16 bytes (3 MiB)".
std::string Look::largest_classes(const std::function<double(unsigned)> &weight,
                                  unsigned most) const {
    std::vector<std::pair<double, unsigned>> order;
    for (unsigned c = 1; c < now_.heap.classes.size(); c++)
        if (weight(c) > 0) order.emplace_back(-weight(c), c);
    std::sort(order.begin(), order.end());
    std::string text;
    double heaviest = order.empty() ? 0 : -order[0].first;
    for (size_t i = 0; i < order.size() && i < most && -order[i].first > heaviest / 10; i++)
        text += (i > 0 ? ", " : "") + class_text(now_.heap, order[i].second) + " (" +
                size_text(-order[i].first) + ")";
    return text;
}

// Growth counts if it goes on from look to look: what a program takes once is not a leak.
void Look::growth() {
    if (looks_.size() < 3 || seconds_ <= 0) return;
    for (size_t i = 1; i < looks_.size(); i++)
        if (looks_[i].heap.live_bytes <= looks_[i - 1].heap.live_bytes) return;
    const Snapshot &first = looks_.front().heap, &last = now_.heap;
    double grown = (double)last.live_bytes - (double)first.live_bytes, rate = grown / seconds_;
    if (rate * HORIZON < LEAST_BYTES || share(rate * HORIZON, whole_) < LEAST_SHARE) return;
    std::string classes = largest_classes(
        [&](unsigned c) {
            return ((double)last.classes[c].live - (double)first.classes[c].live) *
                   last.classes[c].stride;
        },
        3);
    if (classes.empty()) classes = "above 64 KiB";
    add({"growth", std::max(rate * HORIZON, (double)last.resident.live),
         "Live blocks grow by " + size_text(rate) + " a second: in " + format("%.1f", seconds_) +
             " s " + size_text(grown) + " more were allocated than freed",
         "blocks of " + classes,
         "if that goes on, it is a leak or a queue, a cache or a table without a bound: look for "
         "who "
         "allocates blocks of these sizes"});
}

void Look::beside() {
    const Snapshot &heap = now_.heap;
    double bytes = (double)heap.resident.beside;
    bool by_arena = is_sparse() && now_.resident.has_value();
    if (by_arena) bytes += (double)heap.metadata;
    if (!matters(bytes) || bytes < 0.15 * (double)now_.of_heap()) return;
    uint64_t holders = 0, live = 0;
    for (const ClassFigures &c : heap.classes)
        if (c.beside > 0) {
            holders += c.holders;
            live += c.live + c.awaiting;
        }
    std::string where =
        format("%s with %.1f live blocks each on average", plural(holders, "pool").c_str(),
               holders > 0 ? (double)live / (double)holders : 0.0);
    if (by_arena)
        where += "; " + count_text(sparse_) + " of " + count_text(arenas_) +
                 " arenas of 256 KiB keep at most 4 of 64 pages busy, and each has records: " +
                 size_text((double)heap.metadata) + " in all";
    add({"fragmentation", bytes,
         of_whole(bytes) +
             (by_arena ? " are held by few live blocks that lie far apart"
                       : " are free but cannot go back: each page of them has a live block on it"),
         where + ". Sizes that hold it: " +
             largest_classes([&](unsigned c) { return (double)heap.classes[c].beside; }, 3),
         "a few blocks outlived the many that were allocated with them: allocate what lives long "
         "before or apart, or copy it once when the work is done. New blocks of these sizes fill "
         "the gaps"});
}

void Look::threads() {
    const Snapshot &heap = now_.heap;
    double bytes = (double)(heap.resident.at_hand + heap.resident.empty);
    uint64_t in_use = 0, asleep = 0, most = 0;
    for (const HeapFigures &figures : heap.heaps) {
        in_use += figures.in_use && figures.held() > 0;
        asleep += figures.in_use && figures.held() > 0 && figures.asleep;
        most = std::max(most, figures.held());
    }
    if (!matters(bytes) || bytes < 0.1 * (double)now_.of_heap()) return;
    std::string of =
        in_use == 1 ? "a thread keeps them" : count_text(in_use) + " threads keep them";
    add({"threads", bytes,
         of_whole(bytes) + " are free blocks at hand: " + of + " for the next calls",
         "at most " + size_text((double)most) + " by one thread" +
             (asleep > 0 ? "; " + plural(asleep, "of them has", "of them have") +
                               " not called malloc or free for long"
                         : "") +
             ". A thread that rests gives nothing back by itself",
         "fewer threads, or end those that have no work; a call of malloc_trim(0) reaches the "
         "others "
         "when they next allocate"});
}

void Look::awaiting() {
    double bytes = (double)now_.heap.resident.awaiting;
    if (!matters(bytes)) return;
    uint64_t owners = 0, asleep = 0;
    for (const HeapFigures &figures : now_.heap.heaps) {
        owners += figures.awaiting > 0;
        asleep += figures.awaiting > 0 && (figures.asleep || !figures.in_use);
    }
    add({"awaiting", bytes,
         of_whole(bytes) + " were freed by other threads, and their owners have not taken them in",
         plural(owners, "thread") + " allocated them" +
             (asleep > 0 ? "; " + count_text(asleep) + " of these did not call malloc or free since"
                         : "") +
             ". Pages whose blocks were all freed go back without the owner",
         "let the thread that allocates also free, or call malloc or free now and then; "
         "malloc_trim(0) by any thread takes them in"});
}

void Look::free_pages() {
    const Snapshot &heap = now_.heap;
    double bytes = (double)heap.resident.free;
    if (!matters(bytes)) return;
    bool stays = heap.purge_delay > 60000 || (double)heap.purge_keep > bytes / 2;
    Finding finding{"free_pages",
                    bytes,
                    of_whole(bytes) + " are whole free pages",
                    "they go back " + account_when_pages_go(heap),
                    "",
                    !stays};
    if (stays)
        finding.todo =
            "a shorter purge_delay, no M_TRIM_THRESHOLD, or malloc_trim(0) gives them back";
    else if (!heap.purge_thread)
        finding.todo = "nothing, but for a program that falls idle: purge_thread=on";
    add(finding);
}

void Look::metadata() {
    double bytes = (double)now_.heap.metadata;
    if (!now_.resident || is_sparse() || !matters(bytes) || bytes < 0.1 * (double)now_.of_heap())
        return;
    add({"metadata", bytes, of_whole(bytes) + " are records of the allocator itself",
         count_text(now_.heap.arenas_mapped) + " arenas have records, for " +
             size_text((double)now_.heap.resident.live) + " of live blocks",
         "nothing: they go with the memory that they are about"});
}

void Look::stacks() {
    double bytes = (double)now_.stacks;
    if (!matters(bytes) || share(bytes, whole_) < 25) return;
    add({"stacks", bytes, of_whole(bytes) + " are stacks of " + plural(now_.threads, "thread"),
         "not the allocator's", "fewer threads, or less on their stacks"});
}

void Look::others() {
    double bytes = (double)(now_.other + now_.shared);
    if (!now_.resident || !matters(bytes) || share(bytes, whole_) < 25) return;
    add({"other", bytes, of_whole(bytes) + " do not come from malloc",
         "static data, mappings of the program's own, or another allocator inside, as of Java, "
         "Python or Go",
         "look at /proc/" + std::to_string(now_.process_id) + "/smaps, and ask that allocator"});
}

void Look::swapped() {
    double bytes = (double)std::max(now_.swapped, now_.heap.swapped);
    if (!matters(bytes)) return;
    add({"swap", bytes, size_text(bytes) + " are in swap, and not part of resident memory",
         "the system took them away under pressure", "more memory, or less of it in use"});
}

void Look::well() {
    double live = (double)now_.heap.resident.live;
    double of_heap = (double)now_.of_heap();
    bool has_trouble = std::any_of(findings_.begin(), findings_.end(),
                                   [](const Finding &finding) { return !finding.is_well; });
    Finding finding{"live", live, "", "", "", true};
    finding.what =
        of_whole(live) + " are live blocks: what the program has allocated and not freed";
    finding.why = "blocks of " +
                  largest_classes(
                      [&](unsigned c) {
                          return (double)now_.heap.classes[c].live * now_.heap.classes[c].stride;
                      },
                      3);
    if (now_.heap.large_bytes + now_.heap.direct_bytes > 0)
        finding.why +=
            "; above 64 KiB " + size_text((double)(now_.heap.large_bytes + now_.heap.direct_bytes));
    if (!has_trouble)
        finding.what = format("Nothing to mend: %.0f %% of what malloc holds are live blocks, %s",
                              share(live, of_heap), size_text(live).c_str());
    add(finding);
}

std::vector<Finding> Look::all() {
    growth();
    beside();
    threads();
    awaiting();
    free_pages();
    metadata();
    stacks();
    others();
    swapped();
    well();
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding &a, const Finding &b) {
        return a.is_well != b.is_well ? b.is_well : a.bytes > b.bytes;
    });
    // A process in order is said to be so first.
    auto good = std::find_if(findings_.begin(), findings_.end(), [](const Finding &finding) {
        return finding.what.compare(0, 7, "Nothing") == 0;
    });
    if (good != findings_.end()) std::rotate(findings_.begin(), good, good + 1);
    return findings_;
}

} // namespace

std::vector<Finding> findings_of(const std::vector<Account> &looks, double seconds) {
    return Look(looks, seconds).all();
}
