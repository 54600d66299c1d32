// SPDX-License-Identifier: MIT
// find.cc - where the library's descriptor is in a process, by the symbols of what it has loaded.
#include "base/base.h"
#include "elf_file.h"
#include "layout.h"
#include "malloc/descriptor.h"
#include "proc.h"

// The address of the descriptor if the file has one; 0: it does not, or what is there is none.
static uint64_t descriptor_in(Source &source, const Mapping &mapping, const std::string &file) {
    auto value = elf_symbol(file, "poolalloc_descriptor");
    struct descriptor found;
    if (!value) return 0;
    uint64_t address = mapping.start + *value;
    size_t head = offsetof(struct descriptor, fields);
    return source.read(address, &found, head) &&
                   memcmp(found.magic, DESCRIPTOR_MAGIC, sizeof found.magic) == 0
               ? address
               : 0;
}

static LibraryPlace look(Source &source, bool (*chosen)(const std::string &path)) {
    for (const Mapping &mapping : source.mappings()) {
        if (mapping.offset != 0 || !mapping.is_file() || !chosen(mapping.path)) continue;
        uint64_t address = elf_descriptor_in_memory(source, mapping.start);
        if (address == 0) address = descriptor_in(source, mapping, source.file_path(mapping.path));
        if (address != 0) return {address, mapping.path};
    }
    return {};
}

static bool is_ours(const std::string &path) {
    return base_name(path).find("poolalloc") != std::string::npos;
}

static bool may_be_library(const std::string &path) { return !is_ours(path); }

// The file of the usual name first, then all others: a program may be linked with the archive.
LibraryPlace library_find(Source &source) {
    LibraryPlace place = look(source, is_ours);
    return place.descriptor != 0 ? place : look(source, may_be_library);
}

Layout layout_of(Source &source) {
    LibraryPlace place = library_find(source);
    if (place.descriptor != 0) return Layout(source, place.descriptor);
    std::string what = source.is_live() ? std::to_string(source.process_id()) : "-- COMMAND";
    throw Failure(source.title() + " does not run on poolalloc; `poolalloc check " + what +
                      "` says why",
                  STATUS_NO);
}
