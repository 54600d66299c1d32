/* SPDX-License-Identifier: MIT */
/*
 * The object that an address lies in, as the unwinder of a compiler made for glibc 2.35 asks for
 * it. Another C library does not have that function, and with it such an unwinder (musl-gcc's) can
 * be linked. Weak, and seen from outside: in a static program the unwinder is not part of this
 * library.
 */
#include <link.h>

#include "base/base.h"

/* What glibc calls struct dl_find_object, laid out as on machines where it has neither a base of
   data nor a count. */
struct found_object {
    unsigned long long flags;
    void *start, *end;
    void *link_map;
    void *frames; /* PT_GNU_EH_FRAME */
    unsigned long long reserved[7];
};

struct search {
    uintptr_t address;
    struct found_object *found;
};

static int find_in_object(struct dl_phdr_info *info, size_t size, void *argument) {
    struct search *search = (struct search *)argument;
    uintptr_t start = UINTPTR_MAX, end = 0, frames = 0;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME) frames = at;
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        start = size_min(start, at);
        end = size_max(end, at + info->dlpi_phdr[i].p_memsz);
    }
    if (frames == 0 || search->address < start || search->address >= end) return 0;
    *search->found =
        (struct found_object){.start = (void *)start, .end = (void *)end, .frames = (void *)frames};
    return 1;
}

__attribute__((weak, visibility("default"))) int _dl_find_object(void *address, void *found);
int _dl_find_object(void *address, void *found) {
    struct search search = {(uintptr_t)address, (struct found_object *)found};
    return dl_iterate_phdr(find_in_object, &search) != 0 ? 0 : -1;
}
