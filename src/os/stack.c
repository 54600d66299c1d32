/* SPDX-License-Identifier: MIT */
#include "os/stack.h"

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#include "base/atomic.h"
#include "os/frame_rule.h"

/* ---- Objects ---- */

struct object {
    const char *name; /* "" for the program itself */
    uintptr_t base;
    const Elf64_Dyn *dynamic;
    uintptr_t start, end;
};

#ifdef DLFO_STRUCT_HAS_EH_DBASE /* glibc 2.35 */
static bool find_object(uintptr_t address, struct object *object) {
    struct dl_find_object found;
    if (_dl_find_object((void *)address, &found) != 0) return false;
    const struct link_map *map = found.dlfo_link_map;
    *object = (struct object){map->l_name, map->l_addr, map->l_ld, (uintptr_t)found.dlfo_map_start,
                              (uintptr_t)found.dlfo_map_end};
    return true;
}
#else
struct search {
    uintptr_t address;
    struct object *object;
    bool begun; /* the program, which comes first, has been looked at */
};

static int stack_visit_object(struct dl_phdr_info *info, size_t size, void *argument) {
    struct search *search = (struct search *)argument;
    struct object *object = search->object;
    *object = (struct object){search->begun ? info->dlpi_name : "", info->dlpi_addr, NULL,
                              UINTPTR_MAX, 0};
    search->begun = true;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) object->dynamic = (const Elf64_Dyn *)at;
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        object->start = size_min(object->start, at);
        object->end = size_max(object->end, at + info->dlpi_phdr[i].p_memsz);
    }
    return search->address >= object->start && search->address < object->end;
}

static bool find_object(uintptr_t address, struct object *object) {
    struct search search = {address, object, false};
    return dl_iterate_phdr(stack_visit_object, &search) != 0;
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
static uintptr_t entry_address(const struct object *object, const Elf64_Dyn *entry) {
    uintptr_t value = entry->d_un.d_ptr;
    return value >= object->start && value < object->end ? value : object->base + value;
}

static bool has_symbols(const struct object *object, struct symbols *symbols) {
    *symbols = (struct symbols){NULL, NULL, 0, NULL};
    for (const Elf64_Dyn *at = object->dynamic; at != NULL && at->d_tag != DT_NULL; at++) {
        uintptr_t address = entry_address(object, at);
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
    *place = (struct place){.path = object->name,
                            .offset = address - object->base,
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

/* ---- Frame pointers, where there are no rules of frames ----
 *
 * A chain of them is a few loads where the unwinder reads tables for each frame, but functions that
 * keep something else in the register make it end early or leave out callers. How a function keeps
 * its frame is decided by where in it the call stands: so two equal chains of return addresses are
 * of equal stacks. A chain that the unwinder has once found to be the stack, but for the few
 * functions that start a thread, is believed when it is met again.
 */

enum { TAIL_MOST = 3, CHAINS = 1024, STACK_PAGE = 4096, FRAMES_SPAN = 8 * 1024 * 1024 };

/* The register, as the unwinder counts, and where its address has the caller's frame pointer and
   the return address, in words from there. */
#if defined(__x86_64__)
enum { FRAME_REGISTER = 6, FRAME_WORDS = 0, STACK_REGISTER = 7, RETURN_REGISTER = 16 };
#elif defined(__aarch64__)
enum { FRAME_REGISTER = 29, FRAME_WORDS = 0, STACK_REGISTER = 31, RETURN_REGISTER = 30 };
#elif defined(__riscv)
enum { FRAME_REGISTER = 8, FRAME_WORDS = -2, STACK_REGISTER = 2, RETURN_REGISTER = 1 };
#else /* they are unknown: the unwinder does it all */
enum { FRAME_REGISTER = -1, FRAME_WORDS = 0, STACK_REGISTER = 0, RETURN_REGISTER = 0 };
#endif

struct chain {
    struct atomic_u64 hash; /* 0: unused, or just written */
    struct atomic_u32 tail_depth;
    struct atomic_u64 tail[TAIL_MOST]; /* behind the frames that the chain has */
};
static struct {
    struct chain chains[CHAINS];
    struct atomic_u32 written;            /* 1: a chain is, just now */
    struct atomic_u32 met;                /* stacks that were completed without the unwinder */
    struct atomic_u64 own_start, own_end; /* of this library; 0: not looked for yet */
} stack_state;

uint32_t stack_met(void) { return atomic_u32_load(&stack_state.met); }

/* Frames lie one above the other, on pages that are known to be there or found to be. */
static void follow(struct stack *stack, uintptr_t frame, uintptr_t lowest) {
    uintptr_t known = align_down(lowest - 1, STACK_PAGE), last = lowest;
    while (stack->depth < STACK_MOST && frame % sizeof(uintptr_t) == 0 && frame > last &&
           frame - lowest < FRAMES_SPAN) {
        const uintptr_t *words = (const uintptr_t *)frame + FRAME_WORDS;
        uintptr_t page = align_down((uintptr_t)&words[1], STACK_PAGE);
        if (page != known &&
            !(frame_rule_can_read((uintptr_t)words, lowest) && frame_rule_can_read(page, lowest)))
            return;
        known = page;
        if (words[1] < STACK_PAGE) return;
        stack->callers[stack->depth++] = words[1];
        last = frame;
        frame = words[0];
    }
}

static uint64_t add_to_hash(uint64_t hash, uintptr_t caller) {
    return rotate_left((hash ^ caller) * 0x9e3779b97f4a7c15, 29);
}

/* Two halves, of which neither waits for the other's multiplications. */
uint64_t stack_hash(const struct stack *stack) {
    uint64_t even = stack->depth, odd = 0;
    unsigned i = 0;
    for (; i + 1 < stack->depth; i += 2) {
        even = add_to_hash(even, stack->callers[i]);
        odd = add_to_hash(odd, stack->callers[i + 1]);
    }
    if (i < stack->depth) even = add_to_hash(even, stack->callers[i]);
    uint64_t hash = add_to_hash(even, odd);
    return hash ^ (hash >> 32);
}

/* Never 0, which is an unused place. */
static uint64_t chain_hash(const struct stack *chain) { return stack_hash(chain) | 1; }

static struct chain *chain_place(uint64_t hash) {
    return &stack_state.chains[(hash >> 40) % CHAINS];
}

/* Completes a chain that was met before. Partner: remember_chain; what is read between two looks at
   the hash is of that hash. */
static bool meet_chain(struct stack *stack, uint64_t hash) {
    const struct chain *chain = chain_place(hash);
    if (stack->depth < 2 || atomic_u64_load_acquire(&chain->hash) != hash) return false;
    uintptr_t tail[TAIL_MOST];
    uint32_t count = atomic_u32_load(&chain->tail_depth);
    for (unsigned i = 0; i < TAIL_MOST; i++) tail[i] = atomic_u64_load_acquire(&chain->tail[i]);
    if (atomic_u64_load(&chain->hash) != hash) return false;
    for (unsigned i = 0; i < count && stack->depth < STACK_MOST; i++)
        stack->callers[stack->depth++] = tail[i];
    atomic_u32_add(&stack_state.met, 1);
    return true;
}

/* There is one writer at a time, and none that waits. */
static void remember_chain(const struct stack *chain, const struct stack *stack) {
    if (chain->depth < 2 || chain->depth > stack->depth || stack->depth == STACK_MOST) return;
    unsigned tail = stack->depth - chain->depth;
    if (tail > TAIL_MOST) return;
    if (memcmp(chain->callers, stack->callers, chain->depth * sizeof chain->callers[0]) != 0)
        return;
    if (atomic_u32_exchange(&stack_state.written, 1) != 0) return;
    uint64_t hash = chain_hash(chain);
    struct chain *to = chain_place(hash);
    atomic_u64_store(&to->hash, 0);
    atomic_u32_store_release(&to->tail_depth, tail);
    for (unsigned i = 0; i < tail; i++)
        atomic_u64_store_release(&to->tail[i], stack->callers[chain->depth + i]);
    atomic_u64_store_release(&to->hash, hash); /* partner: meet_chain */
    atomic_u32_store(&stack_state.written, 0);
}

/* ---- Places without tables ----
 *
 * Where the unwinder finds no tables it reads the code, which may be what ends a signal handler.
 * But who has a stack of its own may begin it with any word, code that was made at run time may be
 * gone, and who swaps parts of stacks calls malloc meanwhile. So this library's unwinder is linked
 * to ask here for tables (ld's --wrap), and a place whose code can't be read has some that say that
 * it has no caller. They are of the kind of .eh_frame (Linux Standard Base, chapter 10).
 */

enum { DEFINE_CFA = 0x0c, UNDEFINED = 0x07, NOWHERE_START = 0 };

static const struct {
    uint32_t cie_size, cie_id;
    uint8_t version, augmentation, code_factor, data_factor, return_register, program[7];
    uint32_t size, to_cie, range[4];
} nowhere = {
    .cie_size = 16,
    .version = 1,
    .code_factor = 1,
    .data_factor = 0x78, /* -8 */
    .return_register = RETURN_REGISTER,
    .program = {DEFINE_CFA, STACK_REGISTER, 0, UNDEFINED, RETURN_REGISTER},
    .size = 20,
    .to_cie = 24,
};
static_assert(offsetof(__typeof__(nowhere), size) == 20 && sizeof nowhere == 44, "sizes are right");

/* What the unwinder calls struct dwarf_eh_bases. */
struct bases {
    void *text, *data;
    uintptr_t start; /* of the function */
};

const void *__real__Unwind_Find_FDE(void *place, struct bases *bases) __attribute__((weak));
__attribute__((used)) const void *__wrap__Unwind_Find_FDE(void *place, struct bases *bases);

/* Returns what describes the function at the place, or NULL. */
const void *__wrap__Unwind_Find_FDE(void *place, struct bases *bases) {
    enum { CODE_READ = 16 };
    const void *found = __real__Unwind_Find_FDE(place, bases);
    if (found != NULL || FRAME_REGISTER < 0) return found;
    uintptr_t code = align_down((uintptr_t)place, sizeof(uint64_t));
    if (frame_rule_is_mapped(code) && frame_rule_is_mapped(code + CODE_READ)) return NULL;
    *bases = (struct bases){NULL, NULL, NOWHERE_START};
    return &nowhere.size;
}

/* True if what describes the function at a place has a step that finds frames by the frame pointer:
   by the register, or by an expression that begins with it. Bytes of other steps may look like one.
 */
static bool may_go_by_pointer(uintptr_t place) {
    enum { HEAD = 2 * sizeof(uint32_t), CFA_REGISTER = 0x0d, CFA_EXPRESSION = 0x0f, BASE_0 = 0x70 };
    struct bases bases;
    const uint8_t *found = NULL;
    if (FRAME_REGISTER >= 0 && __real__Unwind_Find_FDE != NULL)
        found = (const uint8_t *)__real__Unwind_Find_FDE((void *)(place - 1), &bases);
    if (found == NULL) return false;
    uint32_t size;
    memcpy(&size, found, sizeof size);
    const uint8_t *end = found + sizeof size + size;
    for (const uint8_t *at = found + HEAD; at + 2 < end; at++) {
        bool by_register =
            (at[0] == CFA_REGISTER || at[0] == DEFINE_CFA) && at[1] == FRAME_REGISTER;
        if (by_register || (at[0] == CFA_EXPRESSION && at[2] == BASE_0 + FRAME_REGISTER))
            return true;
    }
    return false;
}

/* ---- Unwinding ---- */

static_assert((int)STACK_MOST <= (int)TRAIL_WALK, "the trail has room for a walk");

struct walk {
    unsigned most; /* callers that are asked for */
    struct stack *stack;
    struct stack chain; /* by frame pointers, from the first caller on */
    struct stretch own;
    struct frame last;
    bool begun, met;
};

/* False, and no stack, if a rule is missing on the way. */
static bool follow_rules(struct walk *walk, struct frame frame) {
    enum frame_step step;
    walk->stack->depth =
        frame_rule_follow(frame, &walk->own, walk->stack->callers, walk->most, &step);
    if (step != FRAME_UNKNOWN || walk->stack->depth == walk->most) {
        atomic_u32_add(&stack_state.met, 1);
        return true;
    }
    walk->stack->depth = 0;
    return false;
}

static uintptr_t frame_pointer(struct _Unwind_Context *context) {
    return FRAME_REGISTER >= 0 ? _Unwind_GetGR(context, FRAME_REGISTER) : 0;
}

/* True if the frame pointer may be what it is called: it leads to words of the stack further out.
 */
static bool leads_out(const struct frame *frame) {
    uintptr_t at = frame->pointer, lowest = frame->stack;
    return at % sizeof at == 0 && at >= lowest && at - lowest < FRAMES_SPAN &&
           frame_rule_can_read(at, lowest) && frame_rule_can_read(at + sizeof at, lowest);
}

/* False: the walk has come to no frame, or to one from which the unwinder must not go on. */
static bool learn(struct walk *walk, struct _Unwind_Context *context) {
    struct frame frame = {_Unwind_GetIP(context), _Unwind_GetCFA(context), frame_pointer(context)};
    bool is_frame = frame.place != 0 && _Unwind_GetRegionStart(context) != NOWHERE_START;
    if (walk->begun) frame_rule_learn(&walk->last, is_frame ? &frame : NULL);
    walk->last = frame;
    return is_frame && (leads_out(&frame) || !may_go_by_pointer(frame.place));
}

static bool begin_with_chain(struct walk *walk, struct _Unwind_Context *context) {
    walk->chain.callers[0] = _Unwind_GetIP(context);
    walk->chain.depth = 1;
    follow(&walk->chain, frame_pointer(context), _Unwind_GetCFA(context));
    struct stack *stack = walk->stack;
    stack->depth = walk->chain.depth;
    memcpy(stack->callers, walk->chain.callers, stack->depth * sizeof stack->callers[0]);
    if (meet_chain(stack, chain_hash(&walk->chain))) return true;
    stack->depth = 0;
    return false;
}

/* The first frame is that of stack_unwind or stack_unwind_some. */
static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
    struct walk *walk = (struct walk *)argument;
    uintptr_t caller = _Unwind_GetIP(context);
    bool leave_out = !walk->begun || stretch_has(&walk->own, caller);
    bool goes_on = learn(walk, context);
    walk->begun = true;
    if (!goes_on || walk->stack->depth == walk->most) return _URC_END_OF_STACK;
    if (leave_out && walk->stack->depth == 0) return _URC_NO_REASON;
    if (!frame_rule_works() && walk->stack->depth == 0 && begin_with_chain(walk, context)) {
        walk->met = true;
        return _URC_END_OF_STACK;
    }
    walk->stack->callers[walk->stack->depth++] = caller;
    return _URC_NO_REASON;
}

/* An object lies where it is for as long as its code runs, so this one is looked for once. */
static void find_own(void) {
    struct object object;
    if (!find_object((uintptr_t)visit, &object)) return;
    bool is_library = object.name[0] != '\0';
    atomic_u64_store(&stack_state.own_start, is_library ? object.start : UINTPTR_MAX);
    atomic_u64_store_release(&stack_state.own_end, /* partner: begin_with_own */
                             is_library ? object.end : UINTPTR_MAX);
}

/* In an object of its own, this library begins a stack with the caller of its outermost frame.
   Partner: find_own. */
static void begin_with_own(struct walk *walk) {
    if (atomic_u64_load_acquire(&stack_state.own_end) == 0) find_own();
    walk->own.end = atomic_u64_load_acquire(&stack_state.own_end);
    walk->own.start = atomic_u64_load(&stack_state.own_start);
}

/* What the frame of this function says of its caller's, where rules work. */
#define CALLERS_FRAME                                                                              \
    {                                                                                              \
        (uintptr_t) __builtin_return_address(0), (uintptr_t)__builtin_frame_address(0) + 16,       \
            *(const uintptr_t *)__builtin_frame_address(0)                                         \
    }

/* This has no frame of its own, as visit leaves out one frame. */
ALWAYS_INLINE void unwind_by_tables(struct walk *walk) {
    _Unwind_Reason_Code end = _Unwind_Backtrace(visit, walk);
    if (end == _URC_END_OF_STACK) frame_rule_learn(&walk->last, NULL);
    if (!walk->met && walk->stack->depth < walk->most) remember_chain(&walk->chain, walk->stack);
}

/* This is part of the function that is called, whose frame is the first. */
ALWAYS_INLINE void unwind(struct stack *stack, unsigned most) {
    int saved_errno = errno;
    struct walk walk; /* large, and mostly not looked at */
    struct frame caller = CALLERS_FRAME;
    walk.stack = stack;
    walk.most = most;
    walk.begun = walk.met = false;
    walk.chain.depth = stack->depth = 0;
    begin_with_own(&walk);
    if (!frame_rule_works() || !follow_rules(&walk, caller)) unwind_by_tables(&walk);
    if (stack->depth > most) stack->depth = most;
    errno = saved_errno;
}

NOINLINE void stack_unwind(struct stack *stack) { unwind(stack, STACK_MOST); }

NOINLINE void stack_unwind_some(struct stack *stack, unsigned most) { unwind(stack, most); }
