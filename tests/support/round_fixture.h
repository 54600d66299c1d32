// SPDX-License-Identifier: MIT
// round_fixture.h - a round that goes on unit by unit, up to where a test wants it.
#ifndef POOLALLOC_TEST_ROUND_FIXTURE_H
#define POOLALLOC_TEST_ROUND_FIXTURE_H

#include "object/collect.h"
#include "object/round.h"
#include "support/object_fixture.h"

class RoundSteps : public ObjectTest {
  protected:
    // Steps of a single unit until `until` is true, or to the end of the round.
    template <class Until> bool step_until(Until until) {
        while (collect_step(heap_, UINT64_MAX, 0))
            if (until(heap_->round)) return true;
        return false;
    }
    // Up to the beginning of a phase.
    bool step_to(enum round_phase phase) {
        return step_until([&](const gc_round &round) { return round.phase == phase; });
    }
    void finish() {
        step_until([](const gc_round &) { return false; });
    }
    static bool is_white(const Node *node) {
        return ledger_set_has(&ledger_round(node)->white, node);
    }
    // A ring of nodes that nothing else leads to; its first node.
    Node *lost_ring(poolobj_type *type, int count) {
        Node *first = ring(type, count);
        poolobj_decref(first);
        return first;
    }
};

#endif
