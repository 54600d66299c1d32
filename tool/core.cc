// SPDX-License-Identifier: MIT
// core.cc - the memory of a process that left a core file, by libelf.
#include <algorithm>
#include <cerrno>
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"
#include "source.h"

namespace {

struct Segment {
    uint64_t address, size; // what the file has of it
    off_t offset;
};

// An open file, closed even where the constructor of what has it throws.
struct Open {
    ~Open() {
        if (elf != nullptr) elf_end(elf);
        if (file >= 0) close(file);
    }
    int file = -1;
    Elf *elf = nullptr;
};

class Core : public Source {
  public:
    explicit Core(const std::string &path) : path_(path) {
        file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ < 0) throw Failure(path + ": " + strerror(errno));
        elf_version(EV_CURRENT);
        elf_ = elf_begin(file_, ELF_C_READ_MMAP, nullptr);
        GElf_Ehdr header;
        if (elf_ == nullptr || gelf_getehdr(elf_, &header) == nullptr || header.e_type != ET_CORE)
            throw Failure(path + " is neither a process id nor a core file");
        read_segments(file_size());
        if (segments_.empty()) throw Failure(path + " holds no memory: it was cut off");
    }

    using Source::read;
    bool read(const std::vector<Piece> &pieces) override {
        return std::all_of(pieces.begin(), pieces.end(),
                           [this](const Piece &piece) { return read_one(piece); });
    }
    const Mappings &mappings() override { return mappings_; }
    size_t page_size() const override { return page_size_; }
    bool is_live() const override { return false; }
    std::string file_path(const std::string &path) const override { return path; }
    std::string program_path() const override { return program_; }
    std::string title() const override { return "core " + path_; }
    int process_id() const override { return process_id_; }
    std::vector<uint64_t> stack_pointers() override { return stack_pointers_; }

  private:
    bool read_one(const Piece &piece) {
        size_t done = 0;
        while (done < piece.size) {
            uint64_t address = piece.address + done;
            const Segment *segment = segment_at(address);
            if (segment == nullptr) return false;
            size_t part =
                std::min<uint64_t>(piece.size - done, segment->address + segment->size - address);
            off_t offset = segment->offset + (off_t)(address - segment->address);
            if (pread(file_, (char *)piece.to + done, part, offset) != (ssize_t)part) return false;
            done += part;
        }
        return true;
    }

    const Segment *segment_at(uint64_t address) const {
        auto behind = std::upper_bound(
            segments_.begin(), segments_.end(), address,
            [](uint64_t place, const Segment &segment) { return place < segment.address; });
        if (behind == segments_.begin()) return nullptr;
        const Segment &segment = *--behind;
        return address < segment.address + segment.size ? &segment : nullptr;
    }

    uint64_t file_size() const {
        struct stat status;
        return fstat(file_, &status) == 0 ? (uint64_t)status.st_size : 0;
    }

    void read_segments(uint64_t file_size) {
        size_t count = 0;
        elf_getphdrnum(elf_, &count);
        for (size_t i = 0; i < count; i++) {
            GElf_Phdr header;
            if (gelf_getphdr(elf_, (int)i, &header) == nullptr) continue;
            if (header.p_type == PT_LOAD) add_segment(header, file_size);
            if (header.p_type == PT_NOTE) read_notes(header);
        }
        std::sort(segments_.begin(), segments_.end(),
                  [](const Segment &a, const Segment &b) { return a.address < b.address; });
        name_mappings();
    }

    // A file that was cut off or damaged may say more than there is: what it has counts.
    void add_segment(const GElf_Phdr &header, uint64_t file_size) {
        Mapping mapping;
        mapping.start = header.p_vaddr;
        mapping.end = header.p_vaddr + header.p_memsz;
        mapping.readable = header.p_flags & PF_R;
        mapping.writable = header.p_flags & PF_W;
        uint64_t size = std::min<uint64_t>(header.p_filesz, header.p_memsz);
        if (mapping.end <= mapping.start || header.p_offset >= file_size) size = 0;
        size = size > 0 ? std::min<uint64_t>(size, file_size - header.p_offset) : 0;
        mapping.resident = size;
        if (mapping.end > mapping.start) mappings_.push_back(mapping);
        if (size > 0) segments_.push_back({header.p_vaddr, size, (off_t)header.p_offset});
    }

    void read_notes(const GElf_Phdr &header) {
        Elf_Data *data =
            elf_getdata_rawchunk(elf_, (off_t)header.p_offset, header.p_filesz, ELF_T_NHDR);
        if (data == nullptr) return;
        GElf_Nhdr note;
        size_t name, content, at = 0;
        while ((at = gelf_getnote(data, at, &note, &name, &content)) > 0)
            read_note(note.n_type, (const char *)data->d_buf + content, note.n_descsz);
    }

    // Notes are aligned to 4 bytes, and the structures in them to 8.
    void read_note(uint32_t type, const char *content, size_t size) {
        struct elf_prpsinfo process;
        struct elf_prstatus status;
        if (type == NT_FILE) read_files(content, size);
        if (type == NT_PRPSINFO && size >= sizeof process) {
            memcpy(&process, content, sizeof process);
            process_id_ = process.pr_pid;
        }
        if (type == NT_PRSTATUS && size >= sizeof status) {
            memcpy(&status, content, sizeof status);
#ifdef __x86_64__
            stack_pointers_.push_back(status.pr_reg[19]); // rsp of user_regs_struct
#elif defined __aarch64__
            stack_pointers_.push_back(status.pr_reg[31]);
#endif
        }
    }

    // NT_FILE: count, unit, (start, end, offset in units) * count, then the paths. The unit is a
    // page where the kernel writes, and 1 where gdb does.
    void read_files(const char *content, size_t size) {
        auto word = [&](size_t i) {
            uint64_t value = 0;
            if ((i + 1) * 8 <= size) memcpy(&value, content + i * 8, 8);
            return value;
        };
        uint64_t count = word(0);
        uint64_t unit = word(1);
        if (unit >= 4096) page_size_ = unit;
        if (count > size / 24) return;
        const char *path = content + (2 + 3 * count) * 8, *end = content + size;
        for (uint64_t i = 0; i < count && path < end; i++) {
            Mapping file;
            file.start = word(2 + 3 * i);
            file.end = word(3 + 3 * i);
            file.offset = word(4 + 3 * i) * unit;
            file.path.assign(path, strnlen(path, (size_t)(end - path)));
            path += file.path.size() + 1;
            if (program_.empty()) program_ = file.path; // the program is mapped first
            files_.push_back(file);
        }
    }

    void name_mappings() {
        for (Mapping &mapping : mappings_)
            for (const Mapping &file : files_)
                if (mapping.start >= file.start && mapping.start < file.end) {
                    mapping.path = file.path;
                    mapping.offset = file.offset + (mapping.start - file.start);
                }
        std::sort(mappings_.begin(), mappings_.end(),
                  [](const Mapping &a, const Mapping &b) { return a.start < b.start; });
    }

    const std::string path_;
    Open open_;
    int &file_ = open_.file, process_id_ = 0;
    Elf *&elf_ = open_.elf;
    size_t page_size_ = 4096;
    std::string program_;
    std::vector<Segment> segments_;
    std::vector<uint64_t> stack_pointers_;
    Mappings mappings_, files_;
};

} // namespace

std::unique_ptr<Source> source_of_core(const std::string &path) {
    return std::make_unique<Core>(path);
}

std::unique_ptr<Source> source_open(const std::string &target) {
    if (target == "self") return source_of_self();
    if (is_number(target)) return source_of_process(std::stoi(target));
    return source_of_core(target);
}
