/* SPDX-License-Identifier: MIT */
#include "malloc/image.h"

#include "base/atomic.h"
#include "os/libc.h"
#include "os/os.h"

struct image image_own, image_libc;
bool image_is_in_front;

/* ---- Reading ---- */

static bool is_in_image(const struct image *image, const void *table, size_t size) {
    uintptr_t at = (uintptr_t)table;
    return at >= image->start && at <= image->end && size <= image->end - at;
}

static void read_segments(struct image *image) {
    image->start = UINTPTR_MAX;
    for (unsigned i = 0; i < image->segment_count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        uintptr_t at = image->base + segment->p_vaddr;
        if (segment->p_type == PT_DYNAMIC) image->dynamic = (const Elf64_Dyn *)at;
        if (segment->p_type != PT_LOAD) continue;
        if (at < image->start) image->start = at;
        if (at + segment->p_memsz > image->end) image->end = at + segment->p_memsz;
    }
}

/* The dynamic linker adds the base to the entries, but not where the section is read-only (the
   vDSO); addresses in a file are smaller than any base. */
static uintptr_t with_base(const struct image *image, uintptr_t address) {
    return address == 0 || address >= image->base ? address : address + image->base;
}

static uintptr_t dynamic_value(const struct image *image, Elf64_Sxword tag) {
    const Elf64_Dyn *entry = image->dynamic;
    while (entry->d_tag != DT_NULL && entry->d_tag != tag) entry++;
    return entry->d_tag == tag ? entry->d_un.d_val : 0;
}

static uintptr_t dynamic_address(const struct image *image, Elf64_Sxword tag) {
    return with_base(image, dynamic_value(image, tag));
}

/* Reads all in one pass: the start of every process waits for it. */
static void read_dynamic(struct image *image) {
    const Elf64_Dyn *entry = image->dynamic;
    for (; is_in_image(image, entry, sizeof *entry) && entry->d_tag != DT_NULL; entry++) {
        uintptr_t value = entry->d_un.d_val;
        if (entry->d_tag == DT_GNU_HASH) image->hash = (const uint32_t *)with_base(image, value);
        if (entry->d_tag == DT_STRTAB) image->names = (const char *)with_base(image, value);
        if (entry->d_tag == DT_SYMTAB) image->symbols = (Elf64_Sym *)with_base(image, value);
        if (entry->d_tag == DT_STRSZ) image->names_size = value;
    }
    if (!is_in_image(image, entry, sizeof *entry)) image->dynamic = NULL;
}

static bool has_tables(const struct image *image) {
    return image->dynamic != NULL && is_in_image(image, image->hash, 4 * sizeof *image->hash) &&
           is_in_image(image, image->names, image->names_size) && image->hash[0] != 0 &&
           image->hash[2] != 0;
}

struct walk {
    image_visitor *visit;
    void *argument;
};

static int visit_one(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    const struct walk *walk = (const struct walk *)argument;
    struct image image = {
        .base = info->dlpi_addr,
        .segments = info->dlpi_phdr,
        .segment_count = info->dlpi_phnum,
    };
    read_segments(&image);
    read_dynamic(&image);
    if (!has_tables(&image)) image.symbols = NULL;
    return walk->visit(&image, walk->argument);
}

bool image_each(image_visitor *visit, void *argument) {
    struct walk walk = {visit, argument};
    return dl_iterate_phdr(visit_one, &walk) != 0;
}

static bool note_image(const struct image *image, void *unused) {
    static char libcs[] = LIBC_MARK; /* no constant: see cxx_scope.c */
    (void)unused;
    if (image_contains(image, (uintptr_t)image_start)) {
        image_own = *image;
        image_is_in_front = image_libc.start == 0;
    } else if (image_libc.start == 0 && image_find(image, libcs, NULL) != NULL) {
        image_libc = *image;
    }
    return image_own.start != 0 && image_libc.start != 0;
}

void image_start(void) {
    image_own.start = image_libc.start = 0;
    image_each(note_image, NULL);
}

/* ---- Looking up: DT_GNU_HASH ----
   Four words, a Bloom filter, buckets with the index of their first symbol, and the chain: a hash
   for each symbol from hash[1] on. The symbols of a bucket lie side by side, and the lowest bit of
   the hash is set in the last one's. */

static uint32_t hash_of_name(const char *name) {
    uint32_t hash = 5381;
    for (; *name != '\0'; name++) hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool may_have(const struct image *image, uint32_t hash) {
    const uint64_t *filter = (const uint64_t *)(image->hash + 4);
    uint32_t words = image->hash[2];
    if (!is_in_image(image, filter, words * sizeof *filter)) return false;
    uint64_t word = filter[hash / 64 % words];
    return (word >> (hash % 64) & word >> (hash >> (image->hash[3] & 31)) % 64 & 1) != 0;
}

static bool is_function(const struct image *image, const Elf64_Sym *symbol, const char *name) {
    return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
           symbol->st_value != 0 && symbol->st_name < image->names_size &&
           strcmp(image->names + symbol->st_name, name) == 0;
}

Elf64_Sym *image_find(const struct image *image, const char *name, const Elf64_Sym *after) {
    uint32_t hash = hash_of_name(name);
    if (image->symbols == NULL || !may_have(image, hash)) return NULL;
    const uint32_t *buckets = image->hash + 4 + image->hash[2] * 2;
    const uint32_t *chain = buckets + image->hash[0];
    uint32_t index = buckets[hash % image->hash[0]], first = image->hash[1];
    if (index < first) return NULL; /* an empty bucket */
    for (;; index++) {
        const uint32_t *link = chain + (index - first);
        Elf64_Sym *symbol = image->symbols + index;
        if (!is_in_image(image, link, sizeof *link)) return NULL;
        if (!is_in_image(image, symbol, sizeof *symbol)) return NULL;
        bool passed = after == NULL || symbol > after;
        if (passed && (*link | 1) == (hash | 1) && is_function(image, symbol, name)) return symbol;
        if (*link & 1) return NULL;
    }
}

uintptr_t image_address(const struct image *image, const char *name) {
    const Elf64_Sym *symbol = image_find(image, name, NULL);
    return symbol != NULL ? image->base + symbol->st_value : 0;
}

/* ---- Changing ---- */

struct pages {
    uintptr_t start, end;
};

static struct pages pages_of_changes(const struct image_change *changes, size_t count) {
    struct pages pages = {UINTPTR_MAX, 0};
    for (size_t i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)changes[i].symbol;
        if (at < pages.start) pages.start = at;
        if (at + sizeof(Elf64_Sym) > pages.end) pages.end = at + sizeof(Elf64_Sym);
    }
    pages.start = align_down(pages.start, os_page_size());
    pages.end = align_up(pages.end, os_page_size());
    return pages;
}

static const Elf64_Phdr *segment_of(const struct image *image, uintptr_t address) {
    for (unsigned i = 0; i < image->segment_count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        uintptr_t at = image->base + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address >= at && address < at + segment->p_memsz)
            return segment;
    }
    return NULL;
}

/* Linkers put the tables first and code behind the last of them. */
static uintptr_t tables_end(const struct image *image) {
    uintptr_t end = (uintptr_t)image->names + image->names_size;
    if (image->dynamic == NULL) return end;
    uintptr_t data = dynamic_address(image, DT_RELA) + dynamic_value(image, DT_RELASZ);
    uintptr_t jumps = dynamic_address(image, DT_JMPREL) + dynamic_value(image, DT_PLTRELSZ);
    return size_max(end, size_max(data, jumps));
}

bool image_change_symbols(const struct image *image, const struct image_change *changes,
                          size_t count) {
    if (count == 0) return true;
    struct pages pages = pages_of_changes(changes, count);
    const Elf64_Phdr *segment = segment_of(image, (uintptr_t)changes[0].symbol);
    if (segment == NULL) return false;
    bool executable = (segment->p_flags & PF_X) != 0;
    if (executable && pages.end > tables_end(image)) return false;
    void *at = (void *)pages.start;
    size_t size = pages.end - pages.start;
    if (!os_set_access(at, size, OS_READ_WRITE)) return false;
    /* Partner: other threads' look-ups, which read the word as it was or as it is now. */
    for (size_t i = 0; i < count; i++)
        atomic_u64_store((struct atomic_u64 *)&changes[i].symbol->st_value, changes[i].value);
    os_set_access(at, size, executable ? OS_READ_EXECUTE : OS_READ);
    return true;
}

/* ---- Rebinding ---- */

static bool is_read_only(const struct image *image, uintptr_t address) {
    for (unsigned i = 0; i < image->segment_count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        uintptr_t at = image->base + segment->p_vaddr;
        if (segment->p_type == PT_GNU_RELRO && address >= at && address < at + segment->p_memsz)
            return true;
    }
    return false;
}

static void set_image_word(const struct image *image, uintptr_t *word, uintptr_t value) {
    void *page = (void *)align_down((uintptr_t)word, os_page_size());
    bool closed = is_read_only(image, (uintptr_t)word);
    if (closed && !os_set_access(page, os_page_size(), OS_READ_WRITE)) return;
    *word = value;
    if (closed) os_set_access(page, os_page_size(), OS_READ);
}

static void rebind_table(const struct image *image, Elf64_Sxword table, Elf64_Sxword size,
                         image_rebinder *rebind, void *argument) {
    if (image->dynamic == NULL) return;
    const Elf64_Rela *entry = (const Elf64_Rela *)dynamic_address(image, table);
    size_t bytes = dynamic_value(image, size);
    if (!is_in_image(image, entry, bytes)) return;
    for (size_t i = 0; i < bytes / sizeof *entry; i++) {
        uintptr_t *word = (uintptr_t *)(image->base + entry[i].r_offset);
        if (ELF64_R_SYM(entry[i].r_info) == 0 || !is_in_image(image, word, sizeof *word)) continue;
        uintptr_t value = rebind(*word, argument);
        if (value != *word) set_image_word(image, word, value);
    }
}

void image_rebind(const struct image *image, image_rebinder *rebind, void *argument) {
    rebind_table(image, DT_RELA, DT_RELASZ, rebind, argument);
    rebind_table(image, DT_JMPREL, DT_PLTRELSZ, rebind, argument);
}
