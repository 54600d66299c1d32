/* SPDX-License-Identifier: MIT */
#include "malloc/cxx_scope.h"

#include <dlfcn.h>

#include "malloc/image.h"
#include "os/stack.h"

#define SET_NEW_HANDLER "_ZSt15set_new_handlerPFvvE"

/* The forms that cxx_names.c and cxx_forms.c define. No constants: every start reads the first
   ones, and the page of constants would be mapped for it. */
static char forms[] = "_Znwm\0_ZdlPv\0_Znam\0_ZdaPv\0_ZnwmSt11align_val_t\0_ZdlPvSt11align_val_t\0"
                      "_ZdlPvm\0_ZdaPvm\0_ZnamSt11align_val_t\0_ZdaPvSt11align_val_t\0"
                      "_ZdlPvmSt11align_val_t\0_ZdaPvmSt11align_val_t\0";
enum { FORMS = 12, TELLING_FORMS = 6 }; /* who replaces any form replaces one of the first 6 */

static const char *next_form(const char *form) { return form + strlen(form) + 1; }

static bool is_runtime(const struct image *image) {
    return image_find(image, SET_NEW_HANDLER, NULL) != NULL;
}

bool cxx_scope_yields;

/* ---- The runtime of a caller ---- */

struct search {
    const char *name;
    uintptr_t handler; /* 0, or only in the object that this address is in */
    uintptr_t found;   /* the first */
    unsigned count;
};

static bool find_runtime(const struct image *image, void *argument) {
    struct search *search = (struct search *)argument;
    if (search->handler != 0 && !image_contains(image, search->handler)) return false;
    uintptr_t address = is_runtime(image) ? image_address(image, search->name) : 0;
    if (address == 0) return false;
    if (search->count++ == 0) search->found = address;
    return false;
}

/* Opens a handle of its own: the list of a library that came as a dependency may be empty. It calls
   the real dlopen, as ours would think it the program's. */
static uintptr_t handler_of_library(const void *caller) {
    typedef void *open_function(const char *file, int flags);
    struct place library;
    if (!stack_find_object((uintptr_t)caller, &library)) return 0;
    open_function *open = (open_function *)dlsym(RTLD_NEXT, "dlopen");
    void *handle = open != NULL ? open(library.path, RTLD_LAZY | RTLD_NOLOAD) : NULL;
    if (handle == NULL) return 0;
    uintptr_t handler = (uintptr_t)dlsym(handle, SET_NEW_HANDLER);
    dlclose(handle);
    return handler;
}

uintptr_t cxx_scope_runtime(const char *name, const void *caller) {
    struct search all = {.name = name};
    image_each(find_runtime, &all);
    if (all.count <= 1) return all.found;
    struct search one = {.name = name};
    one.handler = (uintptr_t)dlsym(RTLD_DEFAULT, SET_NEW_HANDLER);
    if (one.handler == 0) one.handler = handler_of_library(caller);
    if (one.handler == 0) return all.found;
    image_each(find_runtime, &one);
    return one.found != 0 ? one.found : all.found;
}

/* ---- Libraries that replace operators ---- */

static bool find_replacement(const struct image *image, void *argument) {
    struct search *search = (struct search *)argument;
    if (image_is_own(image) || is_runtime(image)) return false;
    search->found = image_address(image, search->name);
    return search->found != 0;
}

uintptr_t cxx_scope_replacement(const char *name) {
    struct search search = {.name = name};
    image_each(find_replacement, &search);
    return search.found;
}

/* ---- Hiding ours ---- */

static void hide(void) {
    struct image_change changes[FORMS];
    size_t count = 0;
    if (!image_is_in_front) return;
    for (const char *form = forms; *form != '\0'; form = next_form(form)) {
        Elf64_Sym *symbol = image_find(&image_own, form, NULL);
        if (symbol != NULL) changes[count++] = (struct image_change){symbol, 0};
    }
    image_change_symbols(&image_own, changes, count);
}

/* ---- Whose operators come behind ours ---- */

enum definer { NOBODY, ALLOCATOR, REPLACER };

/* What an object that has operators is to them; a runtime's, or none, are NOBODY's. */
static enum definer definer_of(const struct image *image) {
    const char *form = forms;
    for (int i = 0; i < TELLING_FORMS; i++, form = next_form(form)) {
        if (image_find(image, form, NULL) == NULL) continue;
        if (is_runtime(image)) return NOBODY;
        return image_find(image, "malloc", NULL) != NULL ? ALLOCATOR : REPLACER;
    }
    return NOBODY;
}

struct behind {
    bool passed;        /* our own object has been */
    enum definer first; /* behind it */
};

static bool find_first_definer(const struct image *image, void *argument) {
    struct behind *behind = (struct behind *)argument;
    if (behind->passed)
        behind->first = definer_of(image);
    else
        behind->passed = image_is_own(image);
    return behind->first != NOBODY;
}

/* What the first one behind ours was when the process began: later a fork may come while another
   thread looks, and leave the dynamic linker's lock taken in the child. */
static enum definer first_definer;

void cxx_scope_hide(void) {
    if (first_definer != ALLOCATOR) hide();
}

/* ---- At the start ---- */

struct start {
    bool behind;             /* our own object has been passed */
    uintptr_t ours[FORMS];   /* addresses of our operators */
    uintptr_t others[FORMS]; /* and of the first ones behind them */
};

static bool add_operators(const struct image *image, void *argument) {
    struct start *start = (struct start *)argument;
    bool own = image_is_own(image);
    start->behind = start->behind || own;
    const char *form = forms;
    for (int i = 0; start->behind && i < FORMS; i++, form = next_form(form)) {
        uintptr_t address = image_address(image, form);
        uintptr_t *slot = own ? &start->ours[i] : &start->others[i];
        if (*slot == 0) *slot = address;
    }
    return false;
}

static uintptr_t operator_in_scope(uintptr_t address, void *argument) {
    const struct start *start = (const struct start *)argument;
    for (int i = 0; i < FORMS; i++)
        if (address == start->ours[i] && start->others[i] != 0) return start->others[i];
    return address;
}

static bool rebind(const struct image *image, void *argument) {
    if (!image_is_own(image)) image_rebind(image, operator_in_scope, argument);
    return false;
}

void cxx_scope_start(void) {
    struct start start = {.behind = false};
    struct behind behind = {.first = NOBODY};
    if (!image_is_in_front) return;
    image_each(find_first_definer, &behind);
    first_definer = behind.first;
    if (first_definer != REPLACER) return;
    cxx_scope_yields = true;
    image_each(add_operators, &start);
    image_each(rebind, &start);
    hide();
}
