/* SPDX-License-Identifier: MIT */
/* Gives an object to free. */
#include <poolobj.h>
#include <stdlib.h>

int main(void) {
    poolobj_typespec spec = {.name = "thing", .size = 24};
    poolobj_heap *heap = poolobj_heap_new();
    free(poolobj_new(poolobj_type_new(heap, &spec)));
    return 0;
}
