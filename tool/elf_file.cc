// SPDX-License-Identifier: MIT
#include "elf_file.h"

#include <algorithm>
#include <elf.h>
#include <fcntl.h>
#include <functional>
#include <gelf.h>
#include <unistd.h>

namespace {

// An open file, closed at the end of the scope.
class Open {
  public:
    explicit Open(const std::string &path) {
        elf_version(EV_CURRENT);
        file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ >= 0) elf = elf_begin(file_, ELF_C_READ_MMAP, nullptr);
        if (elf != nullptr && elf_kind(elf) != ELF_K_ELF) {
            elf_end(elf);
            elf = nullptr;
        }
    }
    ~Open() {
        if (elf != nullptr) elf_end(elf);
        if (file_ >= 0) close(file_);
    }
    Open(const Open &) = delete;
    Open &operator=(const Open &) = delete;
    Elf *elf = nullptr;

  private:
    int file_;
};

void each_header(Elf *elf, const std::function<void(const GElf_Phdr &)> &call) {
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) != nullptr) call(header);
    }
}

// Calls for each section of the type.
void each_section(Elf *elf, unsigned type,
                  const std::function<void(const GElf_Shdr &, Elf_Data *)> &call) {
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
        Elf_Data *data = elf_getdata(section, nullptr);
        if (data != nullptr && header.sh_entsize != 0) call(header, data);
    }
}

// Calls for each symbol that the file defines, of both tables.
void each_symbol(Elf *elf, const std::function<void(const char *, const GElf_Sym &)> &call) {
    for (unsigned type : {SHT_DYNSYM, SHT_SYMTAB})
        each_section(elf, type, [&](const GElf_Shdr &header, Elf_Data *data) {
            for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
                GElf_Sym symbol;
                if (gelf_getsym(data, (int)i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF)
                    continue;
                const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
                if (name != nullptr) call(name, symbol);
            }
        });
}

uint64_t first_address(Elf *elf) {
    uint64_t lowest = UINT64_MAX;
    each_header(elf, [&](const GElf_Phdr &header) {
        if (header.p_type == PT_LOAD) lowest = std::min(lowest, header.p_vaddr - header.p_offset);
    });
    return lowest == UINT64_MAX ? 0 : lowest;
}

void read_needed(Elf *elf, ElfFile *file) {
    each_section(elf, SHT_DYNAMIC, [&](const GElf_Shdr &header, Elf_Data *data) {
        for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
            GElf_Dyn entry;
            if (gelf_getdyn(data, (int)i, &entry) == nullptr || entry.d_tag != DT_NEEDED) continue;
            const char *name = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
            if (name != nullptr) file->needed.emplace_back(name);
        }
    });
}

} // namespace

ElfFile elf_read(const std::string &path) {
    ElfFile file;
    Open open(path);
    GElf_Ehdr header;
    if (open.elf == nullptr || gelf_getehdr(open.elf, &header) == nullptr) return file;
    file.is_elf = true;
    file.machine = header.e_machine;
    file.bits = header.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    file.is_program = header.e_type == ET_EXEC || header.e_type == ET_DYN;
    each_header(open.elf, [&](const GElf_Phdr &program) {
        if (program.p_type != PT_INTERP) return;
        Elf_Data *data =
            elf_getdata_rawchunk(open.elf, (off_t)program.p_offset, program.p_filesz, ELF_T_BYTE);
        if (data != nullptr)
            file.interpreter.assign((const char *)data->d_buf,
                                    strnlen((const char *)data->d_buf, data->d_size));
    });
    read_needed(open.elf, &file);
    return file;
}

std::optional<uint64_t> elf_symbol(const std::string &path, const std::string &name) {
    Open open(path);
    std::optional<uint64_t> found;
    if (open.elf == nullptr) return found;
    uint64_t first = first_address(open.elf);
    each_symbol(open.elf, [&](const char *symbol_name, const GElf_Sym &symbol) {
        if (name == symbol_name) found = symbol.st_value - first;
    });
    return found;
}

std::vector<std::string> elf_defines(const std::string &path,
                                     const std::vector<std::string> &names) {
    Open open(path);
    std::vector<std::string> found;
    if (open.elf == nullptr) return found;
    each_symbol(open.elf, [&](const char *name, const GElf_Sym &) {
        bool wanted = std::find(names.begin(), names.end(), name) != names.end();
        if (wanted && std::find(found.begin(), found.end(), name) == found.end())
            found.emplace_back(name);
    });
    return found;
}

namespace {

struct Tables { // of a loaded object
    uint64_t symbols = 0, strings = 0, string_size = 0;
};

// The dynamic linker has relocated the addresses of most; those below the object it has not.
uint64_t loaded(uint64_t address, uint64_t start) {
    return address < start ? address + start : address;
}

bool read_tables(Source &source, uint64_t start, uint64_t dynamic, Tables *tables) {
    for (unsigned i = 0; i < 128; i++) {
        Elf64_Dyn entry;
        if (!source.read(dynamic + i * sizeof entry, &entry)) return false;
        uint64_t value = entry.d_un.d_val;
        if (entry.d_tag == DT_NULL) break;
        if (entry.d_tag == DT_SYMTAB) tables->symbols = loaded(value, start);
        if (entry.d_tag == DT_STRTAB) tables->strings = loaded(value, start);
        if (entry.d_tag == DT_STRSZ) tables->string_size = value;
    }
    return tables->symbols != 0 && tables->strings > tables->symbols &&
           tables->string_size < (64u << 20) && tables->string_size > 1;
}

uint64_t dynamic_of(Source &source, uint64_t start) {
    Elf64_Ehdr header;
    if (!source.read(start, &header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        if (!source.read(start + header.e_phoff + i * sizeof program, &program)) return 0;
        if (program.p_type == PT_DYNAMIC && header.e_type == ET_DYN) return start + program.p_vaddr;
    }
    return 0;
}

} // namespace

// The strings lie behind the symbols in what GNU ld, gold and lld write, which bounds these.
uint64_t elf_descriptor_in_memory(Source &source, uint64_t start) {
    Tables tables;
    uint64_t dynamic = dynamic_of(source, start);
    if (dynamic == 0 || !read_tables(source, start, dynamic, &tables)) return 0;
    std::string strings(tables.string_size, '\0');
    if (!source.read(tables.strings, &strings[0], strings.size())) return 0;
    const std::string name("\0poolalloc_descriptor\0", 22);
    size_t place = strings.find(name);
    if (place == std::string::npos) return 0;
    uint64_t count = (tables.strings - tables.symbols) / sizeof(Elf64_Sym);
    if (count > (1u << 20)) return 0;
    std::vector<Elf64_Sym> symbols(count);
    if (!source.read(tables.symbols, symbols.data(), symbols.size() * sizeof symbols[0])) return 0;
    for (const Elf64_Sym &symbol : symbols)
        if (symbol.st_name == place + 1 && symbol.st_shndx != SHN_UNDEF)
            return start + symbol.st_value;
    return 0;
}
