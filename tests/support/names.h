// SPDX-License-Identifier: MIT
// names.h - one set of allocation functions as a table. The contract is tested once and runs on
// every set that is linked in: names_plain.cc (malloc, free, ... of the process, whoever serves
// them) and names_prefixed.cc (poolalloc_malloc, ...). Calls through the table also keep the
// compiler from treating malloc as what it knows.
#ifndef POOLALLOC_TEST_NAMES_H
#define POOLALLOC_TEST_NAMES_H

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

struct Names {
    const char *title;
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*reallocarray)(void *, size_t, size_t);
    void (*free)(void *);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    size_t (*usable_size)(void *);
    // Null where the C library has none (glibc before 2.42 has no C23 forms).
    void (*free_sized)(void *, size_t);
    void (*free_aligned_sized)(void *, size_t, size_t);
    // Null in the prefixed set.
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    void (*cfree)(void *);
};

// GoogleTest shows a set of names by its title.
inline void PrintTo(const Names &names, std::ostream *stream) { *stream << names.title; }

// The sets linked into this program.
std::vector<Names> &all_names();

struct NamesEntry {
    explicit NamesEntry(const Names &names) { all_names().push_back(names); }
};

// A function of the process by name, or null; for what the C library may lack.
void *find_function(const char *name);

// The alignment that every block has: POOLALLOC_TEST_ALIGN of the environment, or that of the
// library linked in.
size_t minimum_alignment();

#endif
