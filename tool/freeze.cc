// SPDX-License-Identifier: MIT
#include "freeze.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/frozen.h"
#include "proc.h"

namespace {

using Clock = std::chrono::steady_clock;
enum { PATIENCE_MS = 500, ANSWER_SECONDS = 60, REGISTER_BYTES = 16384 };

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// The threads of a process but one, which stand still as long as this.
class StoppedThreads {
  public:
    StoppedThreads(int process, int except) {
        bool more = true;
        while (more && all_known_) more = stop_new_ones(process, except);
    }
    ~StoppedThreads() {
        for (const Stopped &thread : stopped_)
            ptrace(PTRACE_DETACH, thread.id, nullptr, (void *)(intptr_t)thread.signal);
    }
    StoppedThreads(const StoppedThreads &) = delete;
    StoppedThreads &operator=(const StoppedThreads &) = delete;
    bool all_known() const { return all_known_; }
    unsigned count() const { return count_; }

    std::vector<ThreadState> states() {
        std::vector<ThreadState> states;
        for (const Stopped &thread : stopped_) states.push_back(state_of(thread.id));
        return states;
    }

  private:
    struct Stopped {
        int id, signal;
    };

    bool is_stopped(int id) const {
        for (const Stopped &thread : stopped_)
            if (thread.id == id) return true;
        return false;
    }

    // Threads start others until they stand still.
    bool stop_new_ones(int process, int except) {
        bool found = false;
        unsigned count = 0;
        DIR *tasks = opendir(("/proc/" + std::to_string(process) + "/task").c_str());
        if (tasks == nullptr) return false;
        while (struct dirent *entry = readdir(tasks)) {
            int id = atoi(entry->d_name);
            if (id <= 0 || id == except) continue;
            count++;
            if (is_stopped(id)) continue;
            found = true;
            stop(id);
        }
        closedir(tasks);
        count_ = count;
        return found;
    }

    // A thread that ends meanwhile does not count as unknown.
    void stop(int id) {
        if (ptrace(PTRACE_SEIZE, id, nullptr, nullptr) != 0) {
            if (errno != ESRCH) all_known_ = false;
            return;
        }
        ptrace(PTRACE_INTERRUPT, id, nullptr, nullptr);
        for (unsigned waited = 0; waited < PATIENCE_MS; waited++) {
            int status = 0;
            pid_t result = waitpid(id, &status, __WALL | WNOHANG);
            if (result == id && WIFSTOPPED(status)) {
                bool is_signal = status >> 16 == 0;
                stopped_.push_back({id, is_signal ? WSTOPSIG(status) : 0});
                return;
            }
            if (result != 0) return;
            usleep(1000);
        }
        all_known_ = false; // it stays ours until this command ends
    }

    static bool read_set(int id, int set, std::vector<uint64_t> *words) {
        words->assign(REGISTER_BYTES / 8, 0);
        struct iovec room = {words->data(), REGISTER_BYTES};
        bool done = ptrace(PTRACE_GETREGSET, id, (void *)(intptr_t)set, &room) == 0;
        words->resize(done ? room.iov_len / 8 : 0);
        return done;
    }

    ThreadState state_of(int id) {
        ThreadState state;
        std::vector<uint64_t> more;
        state.thread = id;
        if (!read_set(id, NT_PRSTATUS, &state.words)) all_known_ = false;
        struct user_regs_struct registers {};
        memcpy(&registers, state.words.data(), std::min(sizeof registers, 8 * state.words.size()));
#if defined(__x86_64__)
        state.stack = registers.rsp;
        state.local = registers.fs_base;
        if (!read_set(id, NT_X86_XSTATE, &more)) read_set(id, NT_PRFPREG, &more);
#elif defined(__aarch64__)
        state.stack = registers.sp;
        if (read_set(id, NT_ARM_TLS, &more) && !more.empty()) state.local = more[0];
        read_set(id, NT_PRFPREG, &more);
#endif
        state.words.insert(state.words.end(), more.begin(), more.end());
        return state;
    }

    std::vector<Stopped> stopped_;
    unsigned count_ = 0;
    bool all_known_ = true;
};

template <typename T> bool receive(int from, T *value) {
    return recv(from, value, sizeof *value, MSG_WAITALL) == (ssize_t)sizeof *value;
}

int peer_of(int connection) {
    struct ucred peer {};
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int)peer.pid : 0;
}

// True for a child of fork that has not become another program: by the flags in /proc/PID/stat.
bool is_fork(int process) {
    const unsigned long fork_no_exec = 0x40;
    std::string text = file_text("/proc/" + std::to_string(process) + "/stat").value_or("");
    size_t name_end = text.rfind(')');
    unsigned long flags = 0;
    if (name_end == std::string::npos) return false;
    sscanf(&text[name_end], ") %*c %*d %*d %*d %*d %*d %lu", &flags);
    return (flags & fork_no_exec) != 0;
}

void copy_from(int connection, const struct frozen_hello &hello, Frozen *frozen) {
    auto start = Clock::now();
    struct frozen_copy copy {};
    {
        StoppedThreads threads(hello.process, hello.thread);
        frozen->roots.others = threads.states();
        frozen->roots.others_are_known = threads.all_known();
        frozen->other_threads = threads.count();
        char go = 1;
        if (send(connection, &go, 1, MSG_NOSIGNAL) != 1 || !receive(connection, &copy))
            throw Failure(frozen->name + " was killed or stopped while it was copied");
    }
    frozen->stopped = frozen->other_threads > 0 ? seconds_since(start) : 0;
    if (copy.process <= 0)
        throw Failure(frozen->name + " cannot be copied: " + strerror(-copy.process));
    frozen->copy = copy.process;
    frozen->stall = (double)copy.stall_ns / 1e9;
}

} // namespace

// The copy ends with the connection, and is a child of this command by then.
Frozen::~Frozen() { close(connection_); }

Freezer::Freezer() : folder_(FROZEN_PATH - sizeof "/s"), path_(folder_.path() + "/s") {
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener_ >= 0 && bind(listener_, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(listener_, 128) == 0)
        return;
    int error = errno;
    close(listener_);
    throw Failure("cannot listen at " + path_ + ": " + strerror(error));
}

Freezer::~Freezer() { close(listener_); }

std::unique_ptr<Frozen> Freezer::take(int only) {
    for (;;) {
        int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return nullptr;
        auto frozen = std::make_unique<Frozen>(connection);
        struct timeval patience = {ANSWER_SECONDS, 0}; // a process that is stopped says nothing
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        struct frozen_hello hello {};
        if (!receive(connection, &hello) ||
            memcmp(hello.magic, FROZEN_MAGIC, sizeof hello.magic) != 0)
            continue;
        if (only != 0 && hello.process != only) continue;
        frozen->process = hello.process;
        frozen->name =
            file_text("/proc/" + std::to_string(hello.process) + "/comm").value_or("?\n");
        frozen->name.pop_back();
        if (peer_of(connection) != hello.process)
            throw Failure(frozen->name + " runs in a container or pid namespace of its own: run "
                                         "poolalloc leaks inside it");
        frozen->roots.caller.thread = hello.thread;
        frozen->roots.caller.stack = hello.stack;
        frozen->roots.caller.local = hello.local;
        frozen->roots.is_fork = is_fork(hello.process);
        copy_from(connection, hello, frozen.get());
        return frozen;
    }
}
