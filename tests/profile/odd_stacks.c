/* SPDX-License-Identifier: MIT */
/*
 * odd_stacks CASE SIZE - takes and frees a block where the stack has no callers that could be
 * followed. In the case "end" it is a stack of its own, whose outermost frame returns to an address
 * that is none. In "gone" the caller is code whose page is unmapped meanwhile. In "pointer" it is a
 * function that goes by its frame pointer, which leads nowhere; in "later" it led on before, so
 * that a walk has learned how the function keeps its frame. Status 77: not on this processor.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t size;

static void use_memory(void) {
    void *volatile block = malloc(size);
    free(block);
}

static __attribute__((noreturn)) void use_and_end(void) {
    use_memory();
    _exit(0);
}

#if defined(__x86_64__)

static void on_own_stack(void) {
    static char stack[1 << 18] __attribute__((aligned(16)));
    void **top = (void **)(stack + sizeof stack) - 3;
    top[0] = (void *)0xdeaddeaddeaddead;
    __asm__ volatile("mov %0, %%rsp; xor %%ebp, %%ebp; jmp *%1" : : "r"(top), "r"(use_and_end));
}

static void *code;
static void use_without_code(void) {
    munmap(code, 4096);
    use_and_end();
}

static void from_code_that_goes(void) {
    /* It makes room, calls what %rdi says, and returns. */
    static const unsigned char call[] = {0x48, 0x83, 0xec, 8, 0xff, 0xd7,
                                         0x48, 0x83, 0xc4, 8, 0xc3};
    typedef void caller(void (*)(void));
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) _exit(1);
    memcpy(code, call, sizeof call);
    if (mprotect(code, 4096, PROT_READ | PROT_EXEC) != 0) _exit(1);
    caller *function;
    memcpy(&function, &code, sizeof function);
    function(use_without_code);
}

/* The place of its frame is told by the frame pointer, which it sets to `pointer`, if that is
 * given. */
void call_by_pointer(void *pointer, void (*called)(void));
__asm__(".text\n"
        ".type call_by_pointer, @function\n"
        "call_by_pointer:\n"
        ".cfi_startproc\n"
        "push %rbp\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset 6, -16\n"
        "mov %rsp, %rbp\n"
        ".cfi_def_cfa_register 6\n"
        "push %rbx\n"
        "sub $8, %rsp\n"
        "mov %rbp, %rbx\n"
        "test %rdi, %rdi\n"
        "cmovne %rdi, %rbp\n"
        "call *%rsi\n"
        "mov %rbx, %rbp\n"
        "add $8, %rsp\n"
        "pop %rbx\n"
        "pop %rbp\n"
        ".cfi_def_cfa 7, 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size call_by_pointer, . - call_by_pointer\n");

static void by_pointer(int before) {
    for (int i = 0; i < before; i++) call_by_pointer(NULL, use_memory);
    call_by_pointer((void *)0xdeaddeaddead0, use_and_end);
}

int main(int argc, char **argv) {
    size = argc > 2 ? strtoul(argv[2], NULL, 0) : 100;
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "end") == 0) on_own_stack();
    if (strcmp(name, "gone") == 0) from_code_that_goes();
    if (strcmp(name, "pointer") == 0) by_pointer(0);
    if (strcmp(name, "later") == 0) by_pointer(3);
    return 2;
}

#else

int main(void) {
    (void)use_and_end;
    return 77;
}

#endif
