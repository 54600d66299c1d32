/* SPDX-License-Identifier: MIT */
#include "graph/choice.h"

#include "graph/area.h"

enum state { UNKNOWN, LEFT_OUT, SHOWN };

bool choice_open(struct choice *choice, const struct graph *graph,
                 const poolgraph_options *options) {
    choice->graph = graph;
    choice->options = options;
    choice->state = (uint8_t *)area_new(graph->count, sizeof choice->state[0]);
    if (choice->state == NULL) {
        errno = ENOMEM;
        return false;
    }
    for (size_t i = 0; i < options->ignore_count; i++) {
        uint32_t n = graph_number(graph, options->ignore[i]);
        if (n != NOBODY) choice->state[n] = LEFT_OUT;
    }
    return true;
}

void choice_close(struct choice *choice) {
    area_free(choice->state);
    choice->state = NULL;
}

void choice_keep(struct choice *choice, uint32_t number) { choice->state[number] = SHOWN; }

static enum state ask(const struct choice *choice, uint32_t number) {
    const poolgraph_options *options = choice->options;
    if (options->filter == NULL) return SHOWN;
    return options->filter(choice->graph->object[number], options->arg) ? SHOWN : LEFT_OUT;
}

bool choice_shows(struct choice *choice, uint32_t number) {
    uint8_t *state = &choice->state[number];
    if (*state == UNKNOWN) *state = (uint8_t)ask(choice, number);
    return *state == SHOWN;
}
