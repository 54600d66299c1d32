// SPDX-License-Identifier: MIT
// replay.cc - poolalloc replay: the calls of a recorded pattern, made by as many threads. What this
// program itself needs comes from mappings, so that the allocator has the pattern alone.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "pattern.h"
#include "text.h"

namespace {

enum { TOUCH = 4096, MOST_THREADS = 4096, PATIENCE_MS = 2000 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--times", "N", "the whole pattern so many times, each from nothing (1)", "-n"},
    };
    return rules;
}

void *map(size_t size) {
    void *memory = mmap(nullptr, size == 0 ? 1 : size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Failure("no memory to replay so many blocks");
    return memory;
}

// A block's place in the table: full from the call that makes it to the one that takes it.
using Place = std::atomic<char *>;

struct Stream { // of a thread
    const uint8_t *bytes;
    uint64_t size;
    Place *blocks;
    uint64_t block_count;
    bool failed;
    pthread_t thread;
};

// Writes to a block at least once on each page, as a program would.
char *touch(char *block, uint64_t size) {
    for (uint64_t at = 0; block != nullptr && at < size; at += TOUCH) block[at] = 1;
    return block;
}

// How the threads of a replay get on.
struct {
    std::atomic<unsigned> running, waiting;
    std::atomic<bool> stuck;
} crowd;

uint64_t now_ms() {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// Threads that all wait for blocks of one another do so for ever. One may have found its own and
// not have gone on yet, so that only some time makes sure.
char *await_others(Place *place) {
    char *block;
    uint64_t since = now_ms();
    crowd.waiting++;
    while ((block = place->exchange(nullptr, std::memory_order_acquire)) == nullptr) {
        if (crowd.waiting < crowd.running) since = now_ms();
        if (now_ms() - since > PATIENCE_MS) crowd.stuck = true;
        if (crowd.stuck) break;
        sched_yield();
    }
    crowd.waiting--;
    return block;
}

// The block was allocated by another thread, perhaps later here than when it was recorded.
char *await(Place *place) {
    char *block = place->exchange(nullptr, std::memory_order_acquire);
    return block != nullptr ? block : await_others(place);
}

char *allocate(const PatternReader &call) {
    size_t size = call.size;
    if (call.kind == PATTERN_ZEROED) return (char *)calloc(1, size);
    if (call.kind == PATTERN_ALLOCATE) return (char *)malloc(size);
    void *block;
    return posix_memalign(&block, (size_t)1 << call.align_shift, size) == 0 ? (char *)block
                                                                            : nullptr;
}

// A call that fails here, or gives nothing, still makes a block, so that nobody waits for ever.
char *make_new(const PatternReader &call) {
    char *block = allocate(call);
    return block != nullptr ? touch(block, call.size) : (char *)malloc(1);
}

char *make(Stream *stream, const PatternReader &call) {
    if (call.kind != PATTERN_RESIZE) return make_new(call);
    char *block = await(&stream->blocks[call.before]);
    auto *moved = (char *)realloc(block, call.size == 0 ? 1 : call.size);
    return moved != nullptr ? touch(moved, call.size) : block;
}

void *replay(void *argument) {
    auto *stream = (Stream *)argument;
    PatternReader call(stream->bytes, stream->size);
    while (call.next() && !crowd.stuck) {
        if (call.block >= stream->block_count || call.before >= stream->block_count) {
            stream->failed = true;
            break;
        }
        Place *place = &stream->blocks[call.block];
        if (call.kind == PATTERN_FREE)
            free(await(place));
        else
            place->store(make(stream, call), std::memory_order_release);
    }
    stream->failed |= call.failed() || crowd.stuck;
    crowd.running--;
    return nullptr;
}

class Pattern {
  public:
    explicit Pattern(const std::string &path) {
        struct stat status;
        int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0)
            throw Failure("cannot read " + path);
        auto size = (size_t)status.st_size;
        void *bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        close(file);
        const size_t magic = sizeof PATTERN_MAGIC - 1;
        if (bytes == MAP_FAILED || size < magic || memcmp(bytes, PATTERN_MAGIC, magic) != 0)
            throw Failure(path + " is no pattern; poolalloc record makes one");
        PatternReader reader((const uint8_t *)bytes + magic, size - magic);
        block_count_ = reader.number();
        uint64_t threads = reader.number();
        if (threads > MOST_THREADS || block_count_ > size) throw Failure(path + " is damaged");
        streams_ = (Stream *)map(threads * sizeof *streams_);
        blocks_ = (Place *)map(block_count_ * sizeof *blocks_);
        for (; thread_count_ < threads; thread_count_++) {
            uint64_t length = reader.number();
            const uint8_t *start = reader.skip(length);
            if (reader.failed() || start == nullptr) throw Failure(path + " is cut off");
            streams_[thread_count_] = {start, length, blocks_, block_count_, false, {}};
        }
    }

    // The first thread's calls by this one, the others' beside it. What is live at the end goes.
    bool replay_once() {
        crowd.running = (unsigned)thread_count_;
        for (uint64_t i = 1; i < thread_count_; i++)
            if (pthread_create(&streams_[i].thread, nullptr, replay, &streams_[i]) != 0)
                throw Failure("cannot start so many threads");
        if (thread_count_ > 0) replay(&streams_[0]);
        bool done = thread_count_ == 0 || !streams_[0].failed;
        for (uint64_t i = 1; i < thread_count_; i++) {
            pthread_join(streams_[i].thread, nullptr);
            done &= !streams_[i].failed;
        }
        return done;
    }
    void free_all() {
        for (uint64_t i = 0; i < block_count_; i++) free(blocks_[i].exchange(nullptr));
    }

  private:
    Stream *streams_ = nullptr;
    Place *blocks_ = nullptr;
    uint64_t block_count_ = 0, thread_count_ = 0;
};

int run(const Options &given) {
    if (given.rest.size() != 1)
        throw Failure("replay needs a file that poolalloc record has written");
    Pattern pattern(given.rest[0]);
    auto times = (unsigned)given.number("--times", 1, 1, 1e6);
    for (unsigned i = 0; i < times; i++) {
        if (!pattern.replay_once()) throw Failure(given.rest[0] + " is damaged");
        if (i + 1 < times) pattern.free_all();
    }
    return STATUS_OK;
}

} // namespace

const Command command_replay = {
    "replay",
    "[OPTION...] FILE",
    "make the calls of a recorded pattern",
    "By as many threads as there were; a byte on each page is written, nothing else of the\n"
    "program's work is done. To see what an allocator makes of it:\n"
    "  poolalloc compare -- poolalloc replay FILE\n\n"
    "Exit status: 0; 2: the file is no pattern, or damaged.",
    options,
    run};
