/* SPDX-License-Identifier: MIT */
/*
 * The array, sized and aligned forms of operators new and delete that do what another form does.
 * [new.delete] wants them to reach that form as the program has it, whichever it replaced: so they
 * call it by its name, through the table that the dynamic linker fills (preempt.list keeps the
 * linker from binding the names here, a file of their own keeps the compiler from it), which costs
 * one jump. In the static archive the linker binds them.
 *
 * The eight nothrow forms are left to the C++ runtime: they must catch what the form below throws,
 * which C cannot, and reach us through that form.
 */
#include "malloc/operators.h"

OPERATOR void *_Znam(size_t size) { return _Znwm(size); }
OPERATOR void *_ZnamSt11align_val_t(size_t size, size_t alignment) {
    return _ZnwmSt11align_val_t(size, alignment);
}
OPERATOR void _ZdaPv(void *block) { _ZdlPv(block); }
OPERATOR void _ZdlPvm(void *block, size_t size) { (void)size, _ZdlPv(block); }
OPERATOR void _ZdaPvm(void *block, size_t size) { (void)size, _ZdaPv(block); }
OPERATOR void _ZdaPvSt11align_val_t(void *block, size_t alignment) {
    _ZdlPvSt11align_val_t(block, alignment);
}
OPERATOR void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t alignment) {
    (void)size, _ZdlPvSt11align_val_t(block, alignment);
}
OPERATOR void _ZdaPvmSt11align_val_t(void *block, size_t size, size_t alignment) {
    (void)size, _ZdaPvSt11align_val_t(block, alignment);
}
