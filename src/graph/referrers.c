/* SPDX-License-Identifier: MIT */
#include "graph/referrers.h"

#include "base/check.h"
#include "graph/area.h"

/* Sets first[n] to where the entries of n end. Returns how many entries there are. */
static uint64_t count(struct referrers *referrers, const struct graph *graph) {
    uint64_t end = 0;
    for (uint64_t s = 0; s < graph->first[graph->count]; s++)
        if (graph->to[s] != NOBODY) referrers->first[graph->to[s]]++;
    for (uint32_t n = 0; n < graph->count; n++) {
        end += referrers->first[n];
        referrers->first[n] = end;
    }
    return referrers->first[graph->count] = end;
}

/* Adds the entries from the last to the first, which moves first[n] back to where those of n begin.
 */
static void add_referrers(struct referrers *referrers, const struct graph *graph) {
    for (uint32_t n = graph->count; n-- > 0;)
        for (uint64_t s = graph->first[n + 1]; s-- > graph->first[n];) {
            if (graph->to[s] == NOBODY) continue;
            struct referrer entry = {n, (uint32_t)(s - graph->first[n])};
            referrers->entry[--referrers->first[graph->to[s]]] = entry;
        }
}

static bool fits_numbers(const struct graph *graph) {
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph->first[n + 1] - graph->first[n] > UINT32_MAX) return false;
    return true;
}

static bool fill_referrers(struct referrers *referrers, const struct graph *graph) {
    errno = EOVERFLOW;
    if (!fits_numbers(graph)) return false;
    errno = ENOMEM;
    referrers->first = (uint64_t *)area_new(graph->count + (size_t)1, sizeof referrers->first[0]);
    if (referrers->first == NULL) return false;
    uint64_t entries = count(referrers, graph);
    referrers->entry = (struct referrer *)area_new(entries, sizeof referrers->entry[0]);
    if (referrers->entry == NULL) return false;
    add_referrers(referrers, graph);
    return true;
}

bool referrers_open(struct referrers *referrers, const struct graph *graph) {
    int before = errno;
    memset(referrers, 0, sizeof *referrers);
    if (!fill_referrers(referrers, graph)) {
        referrers_close(referrers);
        return false;
    }
    errno = before;
    return true;
}

void referrers_close(struct referrers *referrers) {
    area_free(referrers->first);
    area_free(referrers->entry);
    memset(referrers, 0, sizeof *referrers);
}

static bool is_before(struct referrer a, struct referrer b) {
    return a.from < b.from || (a.from == b.from && a.slot < b.slot);
}

void referrers_check(const struct referrers *referrers, const struct graph *graph) {
    uint64_t slots = 0;
    for (uint64_t s = 0; s < graph->first[graph->count]; s++) slots += graph->to[s] != NOBODY;
    CHECK(referrers->first[0] == 0 && referrers->first[graph->count] == slots);
    for (uint32_t n = 0; n < graph->count; n++)
        for (uint64_t e = referrers->first[n]; e < referrers->first[n + 1]; e++) {
            struct referrer entry = referrers->entry[e];
            CHECK(graph->to[graph->first[entry.from] + entry.slot] == n);
            CHECK(e == referrers->first[n] || is_before(referrers->entry[e - 1], entry));
        }
}
