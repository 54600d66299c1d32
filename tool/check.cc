// SPDX-License-Identifier: MIT
// check.cc - poolalloc check: does, or would, a program run on the library; if not, why.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "layout.h"
#include "library.h"
#include "proc.h"
#include "program.h"
#include "snapshot.h"
#include "text.h"

namespace {

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--8", nullptr, "ask about libpoolalloc8.so"},
        {"--library", "FILE", "ask about another libpoolalloc.so.0 than the installed one"},
        {"--json", nullptr, "the answer as JSON, schema poolalloc.check"},
        {"--quiet", nullptr, "the exit status alone", "-q"},
    };
    return rules;
}

struct Answer {
    bool active = false;
    std::string target, proof, library;
    std::vector<Reason> reasons, hints;
};

// ---- What to know of any process ----

void hint_python(const std::string &runs, const std::string &setting, Answer *answer) {
    if (!starts_with(base_name(runs), "python") || setting == "malloc") return;
    answer->hints.push_back({"Python serves objects up to 512 bytes from blocks of its own",
                             "set PYTHONMALLOC=malloc to have them served here"});
}

void hint_huge_pages(Answer *answer) {
    std::string mode = file_text("/sys/kernel/mm/transparent_hugepage/enabled").value_or("");
    if (mode.find("[never]") != std::string::npos)
        answer->hints.push_back(
            {"the system gives no transparent huge pages, so large heaps have small ones",
             "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"});
    if (mode.find("[always]") != std::string::npos)
        answer->hints.push_back(
            {"the system makes huge pages everywhere (mode always), of thread stacks too: "
             "resident memory can be more than what is used",
             "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"});
}

void hint_page_size(Answer *answer) {
    long size = sysconf(_SC_PAGESIZE);
    if (size > 4096)
        answer->hints.push_back(
            {format("the system's pages have %ld KiB: pools of 4 KiB go back to it only "
                    "together with their neighbours",
                    size / 1024),
             ""});
}

// Looks for the line "Max address space  unlimited unlimited bytes".
void hint_address_space(const std::string &limits, Answer *answer) {
    for (const std::string &line : lines_of(limits))
        if (starts_with(line, "Max address space") && line.find("unlimited") == std::string::npos)
            answer->hints.push_back({"address space is limited (" +
                                         size_text(strtod(line.c_str() + 26, nullptr)) +
                                         "); the library takes 11 MiB of it at the start",
                                     "ulimit -v unlimited"});
}

// Looks at the process's control group (version 2) and those around it.
void hint_group(const std::string &groups, Answer *answer) {
    for (const std::string &line : lines_of(groups)) {
        if (!starts_with(line, "0::/")) continue;
        for (std::string group = line.substr(3); !group.empty(); group.erase(group.rfind('/'))) {
            std::string most = file_text("/sys/fs/cgroup" + group + "/memory.max").value_or("max");
            if (!starts_with(most, "max")) {
                answer->hints.push_back(
                    {"its control group may have " + size_text(strtod(most.c_str(), nullptr)) +
                         " of memory, a quarter of which may be free pages that are kept",
                     ""});
                return;
            }
        }
    }
}

void hint_maps(Answer *answer) {
    std::string most = file_text("/proc/sys/vm/max_map_count").value_or("65530");
    if (atol(most.c_str()) < 65530)
        answer->hints.push_back(
            {"a process may have only " + std::to_string(atol(most.c_str())) +
                 " mappings; memory that is given back in small pieces needs more",
             "sysctl -w vm.max_map_count=65530"});
}

void add_hints(const std::string &runs, const std::string &python, const std::string &folder,
               Answer *answer) {
    hint_python(runs, python, answer);
    hint_huge_pages(answer);
    hint_page_size(answer);
    hint_address_space(file_text(folder + "limits").value_or(""), answer);
    hint_group(file_text(folder + "cgroup").value_or(""), answer);
    hint_maps(answer);
}

// ---- A command ----

// What the dynamic linker says of the program when it only lists and binds, and runs nothing.
std::string trace(const std::string &program, const std::string &library) {
    int ends[2];
    if (pipe(ends) != 0) throw Failure(std::string("cannot make a pipe: ") + strerror(errno));
    pid_t child = fork();
    if (child < 0) throw Failure(std::string("cannot start a process: ") + strerror(errno));
    if (child == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        const char *before = getenv("LD_PRELOAD");
        setenv("LD_PRELOAD", library_preload(library, before != nullptr ? before : "").c_str(), 1);
        setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
        setenv("LD_WARN", "yes", 1);
        setenv("LD_BIND_NOW", "1", 1);
        setenv("LD_DEBUG", "bindings", 1);
        unsetenv("LD_DEBUG_OUTPUT");
        execl(program.c_str(), program.c_str(), (char *)nullptr);
        _exit(127);
    }
    close(ends[1]);
    std::string text;
    char buffer[65536];
    ssize_t got;
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0) text.append(buffer, (size_t)got);
    close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return text;
}

// "binding file A [0] to B [0]: normal symbol `malloc' ...": libc's own counts if the program has
// none.
bool malloc_is_ours(const std::string &text, const std::string &library) {
    bool ours = false;
    for (const std::string &line : lines_of(text))
        if (line.find("symbol `malloc'") != std::string::npos)
            ours |= line.find(" to " + library + " [") != std::string::npos;
    return ours;
}

void ask_linker(const Program &program, Answer *answer) {
    std::string text = trace(program.runs, answer->library);
    for (const std::string &line : lines_of(text))
        if (line.find("cannot be preloaded") != std::string::npos)
            answer->reasons.push_back(
                {"the dynamic linker says: " + line.substr(line.find("object")), ""});
    answer->active = answer->reasons.empty() && malloc_is_ours(text, answer->library);
    if (answer->active)
        answer->proof = "the dynamic linker binds its malloc to " + answer->library;
    else if (answer->reasons.empty())
        answer->reasons.push_back(
            {"the dynamic linker does not bind its malloc to the library",
             "LD_DEBUG=bindings in front of the program shows to what it does"});
}

Answer check_command(const Options &given) {
    Answer answer;
    Program program = program_find(given.rest[0]);
    answer.library =
        given.has("--library") ? given.value("--library") : library_path(given.has("--8"));
    answer.target = program.path;
    if (program.runs != program.path) answer.target += ", a script for " + program.runs;
    answer.reasons = program.reasons;
    answer.hints = program.hints;
    if (access(answer.library.c_str(), R_OK) != 0)
        answer.reasons.push_back({answer.library + " cannot be read by " +
                                      (geteuid() == 0 ? std::string("root") : "this user"),
                                  "chmod a+r " + answer.library});
    if (answer.reasons.empty()) ask_linker(program, &answer);
    const char *python = getenv("PYTHONMALLOC");
    add_hints(program.runs, python != nullptr ? python : "", "/proc/self/", &answer);
    return answer;
}

// ---- A process ----

std::string variable_in(const std::string &environment, const std::string &name) {
    for (size_t at = 0; at < environment.size(); at += strlen(&environment[at]) + 1)
        if (environment.compare(at, name.size() + 1, name + "=") == 0)
            return std::string(&environment[at + name.size() + 1]);
    return "";
}

// AT_SECURE of the process's auxiliary vector: set-uid, or capabilities.
bool is_secure(const std::string &vector) {
    for (size_t at = 0; at + 16 <= vector.size(); at += 16) {
        uint64_t key, value;
        memcpy(&key, &vector[at], 8);
        memcpy(&value, &vector[at + 8], 8);
        if (key == AT_SECURE) return value != 0;
    }
    return false;
}

std::string preloaded_path(const std::string &list) {
    for (size_t at = 0; at < list.size();) {
        size_t end = std::min(list.find_first_of(": ", at), list.size());
        if (starts_with(base_name(list.substr(at, end - at)), "libpoolalloc"))
            return list.substr(at, end - at);
        at = end + 1;
    }
    return "";
}

void find_other_allocators(Source &source, Answer *answer) {
    for (const Mapping &map : source.mappings())
        for (const char *name : {"libasan.", "libtsan.", "libmsan.", "libjemalloc.", "libtcmalloc",
                                 "libmimalloc.", "libsnmalloc", "librpmalloc."})
            if (map.offset == 0 && starts_with(base_name(map.path), name))
                answer->hints.push_back({"it has loaded " + map.path, ""});
}

// Why a process that is not on the library is not.
void find_reasons(Source &source, const std::string &folder, Answer *answer) {
    Program program;
    program.runs = source.program_path();
    program_examine(&program);
    std::string shown = link_target(program.runs);
    for (Reason &reason : program.reasons) {
        if (starts_with(reason.what, program.runs))
            reason.what.replace(0, program.runs.size(), shown);
        answer->reasons.push_back(reason);
    }
    find_other_allocators(source, answer);
    std::string environment = file_text(folder + "environ").value_or("");
    std::string path = preloaded_path(variable_in(environment, "LD_PRELOAD"));
    if (is_secure(file_text(folder + "auxv").value_or("")))
        answer->reasons.push_back(
            {"it runs with other rights than its caller (set-uid or capabilities): "
             "the dynamic linker ignored LD_PRELOAD",
             "nothing from outside: that is its protection"});
    if (!answer->reasons.empty()) return;
    struct stat status;
    if (path.empty())
        answer->reasons.push_back({"it was started without the library in LD_PRELOAD",
                                   "start it again: poolalloc run -- CMD (systemd: "
                                   "Environment=LD_PRELOAD=... in the unit)"});
    else if (stat(source.file_path(path).c_str(), &status) != 0)
        answer->reasons.push_back(
            {"LD_PRELOAD names " + path +
                 ", which is not there as the process sees it (a container, a chroot?)",
             "copy the library to that place inside"});
    else
        answer->reasons.push_back(
            {"LD_PRELOAD names " + path +
                 ", which the dynamic linker did not load, or the program unset malloc",
             "its first lines on standard error say why"});
}

Answer check_process(const Options &given) {
    Answer answer;
    auto source = source_open(given.rest[0]);
    std::string folder = "/proc/" + std::to_string(source->process_id()) + "/";
    answer.target = source->title();
    LibraryPlace place = library_find(*source);
    answer.library = place.path;
    answer.active = place.descriptor != 0;
    if (answer.active) {
        Layout layout(*source, place.descriptor);
        Snapshot snapshot = snapshot_take(*source, layout);
        answer.proof = "poolalloc " + layout.library_version() + " (" + place.path + ") serves " +
                       plural(snapshot.live_blocks, "live block") + ", " +
                       size_text((double)snapshot.live_bytes);
    } else {
        find_reasons(*source, folder, &answer);
    }
    add_hints(link_target(source->program_path()),
              variable_in(file_text(folder + "environ").value_or(""), "PYTHONMALLOC"), folder,
              &answer);
    return answer;
}

// ---- The answer ----

void print_reasons(const char *start, const std::vector<Reason> &reasons) {
    for (const Reason &reason : reasons) {
        printf("  %s %s\n", start, reason.what.c_str());
        if (!reason.todo.empty()) printf("       -> %s\n", reason.todo.c_str());
    }
}

void print_text(const Answer &answer) {
    printf("%s: %s\n", answer.active ? "active" : "NOT active", answer.target.c_str());
    if (answer.active) printf("  proof: %s\n", answer.proof.c_str());
    print_reasons("why: ", answer.reasons);
    print_reasons("hint:", answer.hints);
}

void put_reasons(Json *json, const char *key, const std::vector<Reason> &reasons) {
    json->list(key);
    for (const Reason &reason : reasons)
        json->open().put("what", reason.what).put("do", reason.todo).close();
    json->close();
}

void print_json(const Answer &answer) {
    Json json;
    json.open().put("schema", "poolalloc.check").put("version", 1);
    json.put("active", answer.active).put("target", answer.target);
    json.put("library", answer.library).put("proof", answer.proof);
    put_reasons(&json, "reasons", answer.reasons);
    put_reasons(&json, "hints", answer.hints);
    fputs(json.close().text().c_str(), stdout);
}

int run(const Options &given) {
    if (given.rest.empty()) throw Failure("check needs a command or a process id");
    Answer answer;
    try {
        answer = is_number(given.rest[0]) ? check_process(given) : check_command(given);
    } catch (const Failure &failure) {
        throw Failure(failure.what()); // those of the command to run have other statuses
    }
    if (given.has("--json"))
        print_json(answer);
    else if (!given.has("--quiet"))
        print_text(answer);
    return answer.active ? STATUS_OK : STATUS_NO;
}

} // namespace

const Command command_check = {
    "check",
    "[OPTION...] [--] CMD [ARGUMENT...] | PID",
    "is the library active; if not, why",
    "Of a command: asks the dynamic linker to load and bind it, without running any of it.\n"
    "Of a process: reads whether the library is in it, and what it serves.\n"
    "Names every reason why not, what to do, and settings of the system that matter.\n\n"
    "Exit status: 0 active, 1 not active, 2 it cannot be told.",
    options,
    run};
