/* SPDX-License-Identifier: MIT */
#include "os/stack.h"

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

/* ---- Objects ---- */

struct object {
    const struct link_map *map;
    uintptr_t start, end;
};

#ifdef DLFO_STRUCT_HAS_EH_DBASE /* glibc 2.35 */
static bool find_object(uintptr_t address, struct object *object) {
    struct dl_find_object found;
    if (_dl_find_object((void *)address, &found) != 0) return false;
    *object = (struct object){found.dlfo_link_map, (uintptr_t)found.dlfo_map_start,
                              (uintptr_t)found.dlfo_map_end};
    return true;
}
#else
static bool find_object(uintptr_t address, struct object *object) {
    Dl_info info;
    struct link_map *map;
    if (dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) == 0) return false;
    *object = (struct object){map, (uintptr_t)info.dli_fbase, address + 1};
    return true;
}
#endif

/* ---- Symbols ---- */

struct symbols {
    const Elf64_Sym *table;
    const char *names;
    size_t names_size;
    const uint32_t *hash; /* of DT_GNU_HASH */
};

/* The dynamic linker has made addresses of the values, but for objects that it can't write. */
static uintptr_t address_of(const struct object *object, const Elf64_Dyn *entry) {
    uintptr_t value = entry->d_un.d_ptr;
    return value >= object->start && value < object->end ? value : object->map->l_addr + value;
}

static bool has_symbols(const struct object *object, struct symbols *symbols) {
    *symbols = (struct symbols){NULL, NULL, 0, NULL};
    for (const Elf64_Dyn *at = object->map->l_ld; at != NULL && at->d_tag != DT_NULL; at++) {
        uintptr_t address = address_of(object, at);
        if (at->d_tag == DT_SYMTAB) symbols->table = (const Elf64_Sym *)address;
        if (at->d_tag == DT_STRTAB) symbols->names = (const char *)address;
        if (at->d_tag == DT_STRSZ) symbols->names_size = at->d_un.d_val;
        if (at->d_tag == DT_GNU_HASH) symbols->hash = (const uint32_t *)address;
    }
    return symbols->table != NULL && symbols->names != NULL && symbols->hash != NULL;
}

/* The table has no length of its own: the last chain of the hash ends with its last symbol. */
static uint32_t count_symbols(const struct symbols *symbols) {
    const uint32_t *hash = symbols->hash, *buckets = hash + 4 + hash[2] * 2;
    uint32_t last = 0;
    for (uint32_t i = 0; i < hash[0]; i++) last = buckets[i] > last ? buckets[i] : last;
    if (last < hash[1]) return 0;
    const uint32_t *chain = buckets + hash[0] - hash[1];
    while ((chain[last] & 1) == 0) last++;
    return last + 1;
}

static bool is_at(const Elf64_Sym *symbol, uintptr_t offset) {
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF &&
           offset - symbol->st_value < symbol->st_size;
}

static void find_symbol(const struct object *object, uintptr_t offset, struct place *place) {
    struct symbols symbols;
    if (!has_symbols(object, &symbols)) return;
    uint32_t count = count_symbols(&symbols);
    for (uint32_t i = symbols.hash[1]; i < count; i++) {
        const Elf64_Sym *symbol = &symbols.table[i];
        if (!is_at(symbol, offset) || symbol->st_name >= symbols.names_size) continue;
        place->symbol = symbols.names + symbol->st_name;
        place->symbol_offset = offset - symbol->st_value;
        return;
    }
}

static bool locate(uintptr_t address, struct object *object, struct place *place) {
    if (!find_object(address, object)) return false;
    *place = (struct place){.path = object->map->l_name,
                            .offset = address - object->map->l_addr,
                            .start = object->start,
                            .end = object->end};
    return true;
}

bool stack_find_object(uintptr_t address, struct place *place) {
    struct object object;
    return locate(address, &object, place);
}

bool stack_find_place(uintptr_t address, struct place *place) {
    struct object object;
    if (!locate(address, &object, place)) return false;
    find_symbol(&object, place->offset, place);
    return true;
}

/* ---- Unwinding ---- */

struct walk {
    struct stack *stack;
    uintptr_t own_start, own_end;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
    struct walk *walk = (struct walk *)argument;
    uintptr_t caller = _Unwind_GetIP(context);
    bool is_own = caller - walk->own_start < walk->own_end - walk->own_start;
    if (caller == 0 || walk->stack->depth == STACK_MOST) return _URC_END_OF_STACK;
    if (!is_own || walk->stack->depth > 0) walk->stack->callers[walk->stack->depth++] = caller;
    return _URC_NO_REASON;
}

/* In an object of its own, this library begins a stack with the caller of its outermost frame. */
static void find_own(struct walk *walk) {
    struct object object;
    bool found = find_object((uintptr_t)visit, &object) && object.map->l_name[0] != '\0';
    walk->own_start = found ? object.start : 0;
    walk->own_end = found ? object.end : 0;
}

void stack_unwind(struct stack *stack) {
    int saved_errno = errno;
    struct walk walk = {stack, 0, 0};
    stack->depth = 0;
    find_own(&walk);
    _Unwind_Backtrace(visit, &walk);
    errno = saved_errno;
}
