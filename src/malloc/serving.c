/* SPDX-License-Identifier: MIT */
#include "malloc/serving.h"

#include "malloc/image.h"

enum answer { UNKNOWN, YES, NO };

/* The first object that defines malloc is the one that everybody finds. */
static bool is_definer(const struct image *image, void *argument) {
    if (image_address(image, "malloc") == 0) return false;
    bool ours = image_contains(image, (uintptr_t)serving_process);
    *(enum answer *)argument = ours ? YES : NO;
    return true;
}

bool serving_process(void) {
    static enum answer answer;
    if (answer == UNKNOWN) {
        answer = YES;
        image_each(is_definer, &answer);
    }
    return answer == YES;
}
