// SPDX-License-Identifier: MIT
#include "symbol.h"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "failure.h"
#include "proc.h"
#include "program.h"
#include "text.h"

std::string Frame::text() const {
    if (file.empty()) return function;
    return function + " " + base_name(file) + (line != 0 ? ":" + std::to_string(line) : "");
}

namespace {

enum { PAGE = 4096 };

std::string demangled(const char *name) {
    if (name[0] != '_' || name[1] != 'Z') return name;
    int status = 0;
    char *readable = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string text = readable != nullptr ? readable : name;
    free(readable);
    return text;
}

std::string name_of(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    for (unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name})
        if (dwarf_attr_integrate(die, kind, &attribute) != nullptr)
            if (const char *name = dwarf_formstring(&attribute)) return demangled(name);
    return "";
}

bool is_function(Dwarf_Die *die) {
    int tag = dwarf_tag(die);
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
           tag == DW_TAG_entry_point;
}

// Where an inlined function was called.
void read_call(Dwarf_Die *unit, Dwarf_Die *die, std::string *file, unsigned *line) {
    Dwarf_Attribute attribute;
    Dwarf_Word number = 0;
    Dwarf_Files *files = nullptr;
    file->clear();
    *line = 0;
    if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) == 0 &&
        dwarf_getsrcfiles(unit, &files, nullptr) == 0)
        if (const char *path = dwarf_filesrc(files, number, nullptr, nullptr)) *file = path;
    if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) == 0)
        *line = (unsigned)number;
}

// The functions around an address, by the scopes of its unit: inlined ones first.
std::vector<Frame> frames_of_scopes(Dwarf_Die *unit, Dwarf_Addr address, Frame place) {
    std::vector<Frame> frames;
    Dwarf_Die *scopes = nullptr, *around = nullptr;
    int count = dwarf_getscopes(unit, address, &scopes);
    if (count > 0) count = dwarf_getscopes_die(&scopes[0], &around);
    for (int i = 0; i < count; i++) {
        if (!is_function(&around[i])) continue;
        place.function = name_of(&around[i]);
        frames.push_back(place);
        if (dwarf_tag(&around[i]) != DW_TAG_inlined_subroutine) break;
        read_call(unit, &around[i], &place.file, &place.line);
    }
    free(around);
    free(scopes);
    return frames;
}

// The unit of an address. Compilers other than gcc leave out the table that says which it is
// (.debug_aranges), and each unit has to be asked.
Dwarf_Die *unit_of(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
    if (unit != nullptr) return unit;
    do unit = dwfl_module_nextcu(module, unit, bias);
    while (unit != nullptr && dwarf_haspc(unit, address - *bias) <= 0);
    return unit;
}

void read_line(Dwarf_Die *unit, Dwarf_Addr address, Frame *place) {
    Dwarf_Line *row = dwarf_getsrc_die(unit, address);
    const char *file = row != nullptr ? dwarf_linesrc(row, nullptr, nullptr) : nullptr;
    int line = 0;
    if (file == nullptr) return;
    place->file = file;
    if (dwarf_lineno(row, &line) == 0) place->line = (unsigned)line;
}

// The file of an object now. A program that was started by a relative path says that one alone.
std::string file_of(const std::string &path, const SymbolFiles &files) {
    if (!path.empty() && path[0] == '/') return files.root + path;
    if (!files.program.empty()) return files.program;
    try {
        return path.empty() ? "" : program_find(path).path;
    } catch (const Failure &) {
        return "";
    }
}

const Dwfl_Callbacks callbacks = {dwfl_build_id_find_elf, dwfl_standard_find_debuginfo,
                                  dwfl_offline_section_address, nullptr};

// node and python with their options for perf write a line for each function that they make:
// "START SIZE NAME", both in hexadecimal digits.
struct MadeFunction {
    uint64_t size;
    std::string name;
};

std::map<uint64_t, MadeFunction> read_made(const std::string &path) {
    std::map<uint64_t, MadeFunction> made;
    if (path.empty()) return made;
    for (const std::string &line : lines_of(file_text(path).value_or(""))) {
        char *end = nullptr;
        uint64_t start = strtoull(line.c_str(), &end, 16), size = strtoull(end, &end, 16);
        if (*end == ' ' && size > 0) made[start] = {size, end + 1}; // the last of a place counts
    }
    return made;
}

} // namespace

struct Symbols::State {
    Dwfl *session = nullptr;
    std::vector<SymbolObject> objects;
    std::map<uint64_t, MadeFunction> made; // by where they begin

    const MadeFunction *made_at(uint64_t address) const {
        auto behind = made.upper_bound(address);
        if (behind == made.begin()) return nullptr;
        --behind;
        return address - behind->first < behind->second.size ? &behind->second : nullptr;
    }

    const SymbolObject *object_of(uint64_t address) const {
        for (const SymbolObject &object : objects)
            if (address >= object.start && address < object.end) return &object;
        return nullptr;
    }
};

// An object whose file is gone, or is no ELF file, has no module, and its frames no names.
Symbols::Symbols(const std::vector<SymbolObject> &objects, const SymbolFiles &files)
    : state_(std::make_unique<State>()) {
    state_->objects = objects;
    state_->made = read_made(files.map);
    state_->session = dwfl_begin(&callbacks);
    if (state_->session == nullptr) return;
    dwfl_report_begin(state_->session);
    for (SymbolObject &object : state_->objects) {
        std::string path = file_of(object.path, files);
        if (path.empty()) continue;
        if (!starts_with(object.path, "/") && !starts_with(path, "/proc/")) object.path = path;
        uint64_t base = object.start & ~(uint64_t)(PAGE - 1);
        dwfl_report_elf(state_->session, object.path.c_str(), path.c_str(), -1, base, false);
    }
    dwfl_report_end(state_->session, nullptr, nullptr);
}

Symbols::~Symbols() {
    if (state_->session != nullptr) dwfl_end(state_->session);
}

std::vector<Frame> Symbols::frames_of(uint64_t address) const {
    Frame place;
    const SymbolObject *object = state_->object_of(address);
    Dwfl_Module *module = nullptr;
    if (object != nullptr) place.object = object->path;
    if (state_->session != nullptr) module = dwfl_addrmodule(state_->session, address);
    if (module != nullptr) {
        Dwarf_Addr bias = 0;
        if (Dwarf_Die *unit = unit_of(module, address, &bias)) {
            read_line(unit, address - bias, &place);
            std::vector<Frame> frames = frames_of_scopes(unit, address - bias, place);
            if (!frames.empty()) return frames;
        }
        if (const char *name = dwfl_module_addrname(module, address))
            place.function = demangled(name);
    }
    const MadeFunction *made = object == nullptr ? state_->made_at(address) : nullptr;
    if (made != nullptr) place.function = made->name;
    if (place.function.empty() && object != nullptr)
        place.function = format("%s+0x%llx", base_name(object->path).c_str(),
                                (unsigned long long)(address - object->start));
    if (place.function.empty()) place.function = format("0x%llx", (unsigned long long)address);
    return {place};
}

std::vector<SymbolObject> symbol_objects(const Mappings &mappings) {
    std::vector<SymbolObject> objects;
    for (const Mapping &mapping : mappings) {
        if (!mapping.is_file()) continue;
        if (mapping.offset == 0 || objects.empty() || objects.back().path != mapping.path)
            objects.push_back({mapping.start, mapping.end, mapping.path});
        else
            objects.back().end = mapping.end;
    }
    return objects;
}

// ---- Which frame holds the memory ----

static bool starts_with_one_of(const std::string &text,
                               std::initializer_list<const char *> starts) {
    return std::any_of(starts.begin(), starts.end(),
                       [&](const char *start) { return starts_with(text, start); });
}

// xmalloc, PyMem_Realloc, g_strdup: what programs wrap around an allocator tells nothing of who
// needs the memory.
static bool is_wrapper(const std::string &function) {
    std::string name = function.substr(0, function.find('('));
    for (char &letter : name) letter = (char)tolower((unsigned char)letter);
    for (const char *part : {"malloc", "calloc", "realloc", "memalign", "strdup", "memdup"})
        if (name.find(part) != std::string::npos) return true;
    return false;
}

bool frame_is_of_allocating(const Frame &frame) {
    return frame.file.find("/include/c++/") != std::string::npos ||
           starts_with_one_of(base_name(frame.object),
                              {"libpoolalloc", "libstdc++.so", "libc.so", "libc-", "libc++",
                               "libgcc_s", "ld-linux"}) ||
           starts_with_one_of(frame.function,
                              {"std::", "__gnu_cxx::", "operator new", "void* std::"}) ||
           is_wrapper(frame.function);
}
