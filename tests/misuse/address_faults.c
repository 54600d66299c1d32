/* SPDX-License-Identifier: MIT */
/* Addresses that never were the start of a block: interior ones, wild ones, memory of others. */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../support/hide.h"
#include "misuse.h"

enum { PAGE = 4096, SMALL = 512 };

static void *inside(void *block, size_t offset) {
    return offset > 0 && offset < malloc_usable_size(block) ? (char *)hide(block) + offset : NULL;
}
static void *plus_1(void *block, size_t size) {
    (void)size;
    return inside(block, 1);
}
static void *plus_8(void *block, size_t size) {
    (void)size;
    return inside(block, 8);
}
static void *plus_16(void *block, size_t size) {
    (void)size;
    return inside(block, 16);
}
static void *plus_half(void *block, size_t size) { return inside(block, size / 2); }
static void *last_byte(void *block, size_t size) { return inside(block, size - 1); }
static void *plus_page(void *block, size_t size) {
    /* Above the pools, a block of a page or a part of it has a live neighbour there. */
    if (size > SMALL && PAGE % malloc_usable_size(block) == 0) return NULL;
    return (char *)hide(block) + PAGE;
}
static void *plus_gibibyte(void *block, size_t size) {
    (void)size;
    return (char *)hide(block) + ((size_t)1 << 30);
}

/* The slot behind the newest block of a pool that is being filled for the first time. */
static void *never_allocated(void *block, size_t size) {
    if (size > SMALL) return NULL;
    uintptr_t stride = malloc_usable_size(block), highest = (uintptr_t)block;
    for (int i = 0; i < 3; i++) {
        uintptr_t next = (uintptr_t)hide(malloc(size));
        if (next / PAGE == highest / PAGE && next > highest) highest = next;
    }
    uintptr_t slot = highest + stride * 3; /* behind the siblings of misuse.c */
    return slot / PAGE == highest / PAGE && slot % PAGE + stride <= PAGE ? (void *)slot : NULL;
}

/* What is left at the end of a pool whose block size does not divide it. */
static void *tail_slack(void *block, size_t size) {
    size_t slack = PAGE % malloc_usable_size(block);
    if (size > SMALL || slack == 0) return NULL;
    return (void *)(((uintptr_t)hide(block) | (PAGE - 1)) + 1 - slack);
}

static void *address(uintptr_t value) { return hide((void *)value); }
static void *one(void *block, size_t size) {
    (void)block, (void)size;
    return address(1);
}
static void *sixteen(void *block, size_t size) {
    (void)block, (void)size;
    return address(16);
}
static void *dead_beef(void *block, size_t size) {
    (void)block, (void)size;
    return address(0xdeadbeef);
}
static void *dead_beef_aligned(void *block, size_t size) {
    (void)block, (void)size;
    return address(0xdeadbee0);
}
static void *non_canonical(void *block, size_t size) {
    (void)block, (void)size;
    return address(0xdeadbeef0000000);
}
static void *kernel_half(void *block, size_t size) {
    (void)block, (void)size;
    return address(0xffff800000001000);
}
static void *highest_address(void *block, size_t size) {
    (void)block, (void)size;
    return address(UINTPTR_MAX - 15);
}

/* The stack of the thread that calls it; the frame is gone, but not the memory. */
static __attribute__((noinline)) void *stack(void *block, size_t size) {
    (void)block, (void)size;
    _Alignas(16) char local[64];
    return hide(local);
}
static void *static_variable(void *block, size_t size) {
    (void)block, (void)size;
    static _Alignas(64) char variable[4096];
    return hide(variable);
}
static void *string_literal(void *block, size_t size) {
    (void)block, (void)size;
    return hide((void *)(uintptr_t) "a string literal of some length");
}
static void *code(void *block, size_t size) {
    (void)block, (void)size;
    return (void *)(uintptr_t)&code;
}
static void *mapped_page(void *block, size_t size) {
    (void)block, (void)size;
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}
static void *closed_page(void *block, size_t size) {
    (void)block, (void)size;
    void *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

const struct fault address_faults[] = {
    {"block + 1", plus_1, INTERIOR},
    {"block + 8", plus_8, INTERIOR},
    {"block + 16", plus_16, INTERIOR},
    {"block + size/2", plus_half, INTERIOR},
    {"block + size - 1", last_byte, INTERIOR},
    {"block + 4 KiB", plus_page, ANY},
    {"block + 1 GiB", plus_gibibyte, ANY},
    {"never-allocated slot", never_allocated, FREED | UNALLOCATED},
    {"tail slack of a pool", tail_slack, INTERIOR},
    {"address 1", one, FOREIGN},
    {"address 16", sixteen, FOREIGN},
    {"address 0xdeadbeef", dead_beef, FOREIGN},
    {"address 0xdeadbee0", dead_beef_aligned, FOREIGN},
    {"non-canonical address", non_canonical, FOREIGN},
    {"kernel address", kernel_half, FOREIGN},
    {"highest address", highest_address, FOREIGN},
    {"stack", stack, FOREIGN},
    {"static variable", static_variable, FOREIGN},
    {"string literal", string_literal, FOREIGN},
    {"code", code, FOREIGN},
    {"page of mmap", mapped_page, FOREIGN},
    {"page without access", closed_page, FOREIGN},
    {NULL, NULL, 0},
};
