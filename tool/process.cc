// SPDX-License-Identifier: MIT
// process.cc - the memory of a live process by process_vm_readv: it goes on meanwhile, no lock is
// taken, nothing is stopped, and nothing of it waits for us.
#include <cerrno>
#include <climits>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proc.h"
#include "source.h"

namespace {

std::string user_name(uid_t user) {
    struct passwd *entry = getpwuid(user);
    return entry != nullptr ? entry->pw_name : std::to_string(user);
}

// Why a process's memory can't be read, and what to do.
std::string refusal(int process_id, const std::string &folder) {
    struct stat status;
    std::string who = "process " + std::to_string(process_id);
    if (stat(folder.c_str(), &status) != 0) return "there is no " + who + " (see ps -e)";
    if (geteuid() != 0 && status.st_uid != geteuid())
        return who + " belongs to " + user_name(status.st_uid) +
               ": run this as that user, or as root";
    std::string scope = file_text("/proc/sys/kernel/yama/ptrace_scope").value_or("0\n");
    if (scope[0] == '1' || scope[0] == '2')
        return who + " may not be read, because kernel.yama.ptrace_scope is " + scope.substr(0, 1) +
               ": run this as root, or set it with sysctl -w kernel.yama.ptrace_scope=0";
    if (scope[0] == '3')
        return who +
               " may not be read, because kernel.yama.ptrace_scope is 3: nobody may until the "
               "next boot; take a core instead";
    return who + " may not be read: run this as root. In a container, give it the capability "
                 "SYS_PTRACE, or run this on the host";
}

class Process : public Source {
  public:
    explicit Process(int process_id)
        : id_(process_id), folder_("/proc/" + std::to_string(process_id) + "/") {
        refresh();
        name_ = file_text(folder_ + "comm").value_or("?\n");
        name_.pop_back();
        page_map_ = open((folder_ + "pagemap").c_str(), O_RDONLY | O_CLOEXEC);
        check_access();
    }
    ~Process() override {
        if (page_map_ >= 0) close(page_map_);
    }

    using Source::read;
    bool read(const std::vector<Piece> &pieces) override {
        for (size_t at = 0; at < pieces.size(); at += MOST_PIECES)
            if (!read_some(&pieces[at], std::min(pieces.size() - at, (size_t)MOST_PIECES)))
                return false;
        return true;
    }

    const Mappings &mappings() override { return mappings_; }
    void refresh() override {
        auto text = file_text(folder_ + "smaps");
        if (!text) throw Failure(refusal(id_, folder_));
        mappings_ = mappings_parse(*text);
    }
    bool page_map(uint64_t address, size_t count, uint64_t *words) override {
        if (page_map_ < 0) return false;
        size_t bytes = count * sizeof *words;
        off_t place = (off_t)(address / page_size() * sizeof *words);
        return pread(page_map_, words, bytes, place) == (ssize_t)bytes;
    }
    size_t page_size() const override { return (size_t)sysconf(_SC_PAGESIZE); }
    bool is_live() const override { return true; }
    std::string file_path(const std::string &path) const override {
        return folder_ + "root" + path;
    }
    std::string program_path() const override { return folder_ + "exe"; }
    std::string title() const override {
        return "process " + std::to_string(id_) + " (" + name_ + ")";
    }
    int process_id() const override { return id_; }

    std::vector<uint64_t> stack_pointers() override {
        std::vector<uint64_t> pointers;
        DIR *tasks = opendir((folder_ + "task").c_str());
        if (tasks == nullptr) return pointers;
        while (struct dirent *entry = readdir(tasks))
            if (entry->d_name[0] != '.') add_stack_pointer(entry->d_name, &pointers);
        closedir(tasks);
        return pointers;
    }
    unsigned threads() override {
        for (const std::string &line : lines_of(file_text(folder_ + "status").value_or("")))
            if (starts_with(line, "Threads:")) return (unsigned)strtoul(&line[8], nullptr, 10);
        return 0;
    }
    std::optional<uint64_t> resident_bytes() override {
        auto rollup = file_text(folder_ + "smaps_rollup");
        if (rollup && kilobytes_in(*rollup, "Rss")) return kilobytes_in(*rollup, "Rss");
        return kilobytes_in(file_text(folder_ + "status").value_or(""), "VmRSS");
    }
    bool write(uint64_t address, uint32_t word) override {
        struct iovec here = {&word, sizeof word}, there = {(void *)address, sizeof word};
        return process_vm_writev(id_, &here, 1, &there, 1, 0) == (ssize_t)sizeof word;
    }
    std::optional<uint64_t> clock_ms() override {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    }

  private:
    enum { MOST_PIECES = 512 };
    static_assert(MOST_PIECES <= IOV_MAX, "one call takes them");

    bool read_some(const Piece *pieces, size_t count) {
        struct iovec here[MOST_PIECES], there[MOST_PIECES];
        size_t total = 0;
        for (size_t i = 0; i < count; i++) {
            here[i] = {pieces[i].to, pieces[i].size};
            there[i] = {(void *)pieces[i].address, pieces[i].size};
            total += pieces[i].size;
        }
        return process_vm_readv(id_, here, count, there, count, 0) == (ssize_t)total;
    }

    // A thread that waits in the kernel has its stack pointer there: "number arguments sp pc".
    void add_stack_pointer(const std::string &task, std::vector<uint64_t> *pointers) {
        auto text = file_text(folder_ + "task/" + task + "/syscall");
        if (!text) return;
        std::vector<std::string> words(1);
        for (char letter : *text)
            if (letter == ' ' || letter == '\n')
                words.emplace_back();
            else
                words.back() += letter;
        while (!words.empty() && words.back().empty()) words.pop_back();
        if (words.size() >= 3)
            pointers->push_back(strtoull(words[words.size() - 2].c_str(), nullptr, 16));
    }

    // A process that ended, or a kernel thread, has no mappings; one of another user's fails here.
    void check_access() {
        if (mappings_.empty())
            throw Failure(title() +
                          " has no memory of its own: it has ended, or is part of the kernel");
        char byte;
        for (const Mapping &mapping : mappings_) {
            if (!mapping.readable || mapping.path == "[vvar]" || mapping.path == "[vsyscall]")
                continue;
            if (read(mapping.start, &byte)) return;
            if (errno == EPERM) throw Failure(refusal(id_, folder_));
        }
    }

    const int id_;
    const std::string folder_;
    std::string name_;
    int page_map_ = -1;
    Mappings mappings_;
};

// What is read is our own memory, and what is there needs no system call.
class Self : public Process {
  public:
    Self() : Process(getpid()) {}
    using Source::read;
    bool read(const std::vector<Piece> &pieces) override {
        for (const Piece &piece : pieces) memcpy(piece.to, (const void *)piece.address, piece.size);
        return true;
    }
};

} // namespace

std::unique_ptr<Source> source_of_process(int process_id) {
    return std::make_unique<Process>(process_id);
}

std::unique_ptr<Source> source_of_self() { return std::make_unique<Self>(); }
