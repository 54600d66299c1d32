// SPDX-License-Identifier: MIT
#include "program.h"

#include <cerrno>
#include <cstdlib>
#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "failure.h"
#include "proc.h"

enum { CANNOT_RUN = 126, NOT_FOUND = 127, SCRIPT_DEPTH = 4 };

static bool is_executable_file(const std::string &path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           access(path.c_str(), X_OK) == 0;
}

static std::string find_in_path(const std::string &command) {
    const char *variable = getenv("PATH");
    std::string folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
    for (size_t at = 0; at <= folders.size();) {
        size_t end = std::min(folders.find(':', at), folders.size());
        std::string folder = folders.substr(at, end - at);
        std::string path = (folder.empty() ? "." : folder) + "/" + command;
        if (is_executable_file(path)) return path;
        at = end + 1;
    }
    throw Failure(command + ": command not found", NOT_FOUND);
}

// The words of a script's first line behind "#!"; empty: it is no script.
static std::vector<std::string> script_words(const std::string &path) {
    std::vector<std::string> words;
    std::string text = file_text(path).value_or("").substr(0, 256);
    if (!starts_with(text, "#!")) return words;
    std::string line = text.substr(2, text.find('\n') - 2);
    for (size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != std::string::npos;) {
        size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

// The interpreter of a script, and of env(1) the program that it starts.
static std::string interpreter_of(const std::vector<std::string> &words) {
    if (base_name(words[0]) != "env") return words[0];
    for (size_t i = 1; i < words.size(); i++)
        if (words[i][0] != '-' && words[i].find('=') == std::string::npos)
            return find_in_path(words[i]);
    return words[0];
}

Program program_find(const std::string &command) {
    Program program;
    bool is_path = command.find('/') != std::string::npos;
    program.path = is_path ? command : find_in_path(command);
    if (access(program.path.c_str(), F_OK) != 0)
        throw Failure(command + ": " + strerror(errno), NOT_FOUND);
    if (!is_executable_file(program.path))
        throw Failure(command + ": not a program that you may run", CANNOT_RUN);
    program.runs = program.path;
    for (unsigned depth = 0; depth < SCRIPT_DEPTH; depth++) {
        std::vector<std::string> words = script_words(program.runs);
        if (words.empty()) break;
        program.runs = interpreter_of(words);
    }
    program_examine(&program);
    return program;
}

#ifdef __aarch64__
static const unsigned own_machine = EM_AARCH64;
#else
static const unsigned own_machine = EM_X86_64;
#endif

static bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

static void examine_format(Program *program) {
    auto stop = [&](const std::string &what, const std::string &todo) {
        program->reasons.push_back({program->runs + " " + what, todo});
    };
    const ElfFile &file = program->file;
    if (!file.is_elf)
        stop("is no ELF executable", "give the program itself, not a file that it reads");
    else if (file.bits != 64 || file.machine != own_machine)
        stop(file.bits == 32 ? "is a 32-bit program, the library has 64"
                             : "is a program for another processor than the library",
             "build poolalloc for it, if it is a 64-bit Linux");
    else if (file.interpreter.empty())
        stop("is linked statically: there is no dynamic linker that would preload anything",
             "link libpoolalloc.a, where you can build it (pkg-config --static --libs poolalloc)");
    else if (contains(file.interpreter, "ld-musl"))
        stop("is built for musl; the library is for the GNU C library",
             "use a build of the program for glibc");
    else if (!contains(file.interpreter, "ld-linux"))
        stop("has a dynamic linker of its own, " + file.interpreter, "");
}

static void examine_rights(Program *program) {
    struct stat status;
    char capabilities[64];
    bool is_set = stat(program->runs.c_str(), &status) == 0 &&
                  (((status.st_mode & S_ISUID) && status.st_uid != getuid()) ||
                   ((status.st_mode & S_ISGID) && status.st_gid != getgid()));
    bool has_capabilities = getxattr(program->runs.c_str(), "security.capability", capabilities,
                                     sizeof capabilities) > 0;
    const char *todo =
        "nothing from outside: that is their protection; as root, name the library in "
        "/etc/ld.so.preload for all programs";
    if (is_set)
        program->reasons.push_back(
            {program->runs +
                 " is set-uid or set-gid: the dynamic linker ignores paths in LD_PRELOAD",
             todo});
    else if (has_capabilities && geteuid() != 0)
        program->reasons.push_back(
            {program->runs +
                 " has file capabilities: the dynamic linker ignores paths in LD_PRELOAD",
             todo});
}

static void examine_libraries(Program *program) {
    for (const std::string &name : program->file.needed) {
        for (const char *sanitizer : {"libasan", "libtsan", "libmsan", "liblsan", "libhwasan"})
            if (starts_with(name, sanitizer))
                program->reasons.push_back(
                    {program->runs + " needs " + name + ": a sanitizer must own malloc",
                     "preload nothing into it"});
        for (const char *other : {"libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc",
                                  "librpmalloc", "libtbbmalloc_proxy"})
            if (starts_with(name, other))
                program->hints.push_back({program->runs + " is linked with " + name +
                                              ", whose malloc ours takes the place of",
                                          ""});
    }
}

static void examine_symbols(Program *program) {
    for (const std::string &name :
         elf_defines(program->runs, {"malloc", "__asan_init", "__tsan_init", "__msan_init",
                                     "_rjem_malloc", "je_malloc", "mi_malloc", "tc_malloc"})) {
        if (name == "malloc")
            program->reasons.push_back(
                {program->runs + " has a malloc of its own, which comes before "
                                 "preloaded ones",
                 "leave it the allocator that it brings, or build it without"});
        else if (contains(name, "san_init"))
            program->reasons.push_back(
                {program->runs + " is built with a sanitizer, which must own malloc",
                 "preload nothing into it"});
        else
            program->hints.push_back({program->runs + " has an allocator of its own inside (" +
                                          name + "): what it takes from that does not come here",
                                      ""});
    }
}

void program_examine(Program *program) {
    program->file = elf_read(program->runs);
    examine_format(program);
    if (!program->reasons.empty()) return;
    examine_rights(program);
    examine_libraries(program);
    examine_symbols(program);
}
