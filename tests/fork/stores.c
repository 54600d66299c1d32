/* SPDX-License-Identifier: MIT */
#include "stores.h"

#include <stdio.h>

#include "../support/expect.h"

NO_HOOK struct store *store_at(struct store stores[STORES], uintptr_t address) {
    size_t i = address * 2654435761u % STORES;
    while (stores[i].address != 0 && stores[i].address != address) i = (i + 1) % STORES;
    stores[i].address = address;
    return &stores[i];
}

NO_HOOK void stores_write(const struct store stores[STORES], const char *path) {
    FILE *file = fopen(path, "w");
    EXPECT(file != NULL);
    for (int i = 0; i < STORES; i++)
        if (stores[i].address != 0) fprintf(file, "%lx\n", (unsigned long)stores[i].address);
    EXPECT(fclose(file) == 0);
}
