/* SPDX-License-Identifier: MIT */
#include "malloc/delete_check.h"

#include "malloc/contract.h"
#include "malloc/image.h"
#include "malloc/operators.h"

/* ---- The forms that compare ---- */

static void delete_sized(void *block, size_t size) {
    contract_check_delete(block, 1, size);
    _ZdlPv(block);
}

static void delete_array_sized(void *block, size_t size) {
    contract_check_delete(block, 1, size);
    _ZdaPv(block);
}

static void delete_aligned(void *block, size_t alignment) {
    contract_check_delete(block, alignment, CONTRACT_ANY_SIZE);
    _ZdlPvSt11align_val_t(block, alignment);
}

static void delete_array_aligned(void *block, size_t alignment) {
    contract_check_delete(block, alignment, CONTRACT_ANY_SIZE);
    _ZdaPvSt11align_val_t(block, alignment);
}

static void delete_sized_aligned(void *block, size_t size, size_t alignment) {
    contract_check_delete(block, alignment, size);
    _ZdlPvSt11align_val_t(block, alignment);
}

static void delete_array_sized_aligned(void *block, size_t size, size_t alignment) {
    contract_check_delete(block, alignment, size);
    _ZdaPvSt11align_val_t(block, alignment);
}

typedef void form(void);
static const struct {
    const char *name;
    form *checked;
} forms[] = {
    {"_ZdlPvm", (form *)delete_sized},
    {"_ZdaPvm", (form *)delete_array_sized},
    {"_ZdlPvSt11align_val_t", (form *)delete_aligned},
    {"_ZdaPvSt11align_val_t", (form *)delete_array_aligned},
    {"_ZdlPvmSt11align_val_t", (form *)delete_sized_aligned},
    {"_ZdaPvmSt11align_val_t", (form *)delete_array_sized_aligned},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

/* ---- Who has operators ---- */

static bool is_ours(const char *name, uintptr_t bound) {
    return bound == image_address(&image_own, name);
}

/* Ours are also not what is bound after they were taken out of sight (cxx_scope.h). */
static bool all_are_ours(void) {
    return is_ours("_Znwm", (uintptr_t)_Znwm) && is_ours("_ZdlPv", (uintptr_t)_ZdlPv) &&
           is_ours("_ZdaPv", (uintptr_t)_ZdaPv) &&
           is_ours("_ZnwmSt11align_val_t", (uintptr_t)_ZnwmSt11align_val_t) &&
           is_ours("_ZdlPvSt11align_val_t", (uintptr_t)_ZdlPvSt11align_val_t) &&
           is_ours("_ZdaPvSt11align_val_t", (uintptr_t)_ZdaPvSt11align_val_t);
}

/* ---- Binding ---- */

static uintptr_t checked_form(uintptr_t address, void *argument) {
    const uintptr_t *usual = (const uintptr_t *)argument;
    for (int i = 0; i < FORMS; i++)
        if (address == usual[i]) return (uintptr_t)forms[i].checked;
    return address;
}

static bool bind_checked(const struct image *image, void *argument) {
    if (!image_is_own(image)) image_rebind(image, checked_form, argument);
    return false;
}

/* What is bound later, at its first call or by dlsym, finds the forms that compare by their names.
 */
void delete_check_begin(void) {
    struct image_change changes[FORMS];
    uintptr_t usual[FORMS];
    if (!image_is_in_front || !all_are_ours()) return;
    for (int i = 0; i < FORMS; i++) {
        Elf64_Sym *symbol = image_find(&image_own, forms[i].name, NULL);
        if (symbol == NULL) return;
        usual[i] = image_own.base + symbol->st_value;
        changes[i] = (struct image_change){symbol, (uintptr_t)forms[i].checked - image_own.base};
    }
    image_each(bind_checked, usual);
    image_change_symbols(&image_own, changes, FORMS);
}
