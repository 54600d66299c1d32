// SPDX-License-Identifier: MIT
#include "support/inner.h"

#include <cinttypes>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

class LineOf : public testing::MatcherInterface<const std::string &> {
  public:
    explicit LineOf(const std::string &what) : what_(what) {}
    // What an emulator says below it is not the library's.
    bool MatchAndExplain(const std::string &said, testing::MatchResultListener *) const override {
        const std::string all = said.substr(0, said.find("qemu: "));
        size_t end = all.find('\n');
        if (end == std::string::npos) return false;
        std::string line = "poolalloc: " + what_ + all.substr(0, end) + " (";
        return all.compare(end + 1, line.size(), line) == 0 &&
               all.find('\n', end + 1) == all.size() - 1;
    }
    void DescribeTo(std::ostream *to) const override {
        *to << "an address and then the one line: poolalloc: " << what_ << "ADDRESS (...)";
    }

  private:
    std::string what_;
};

} // namespace

void in_thread(const std::function<void()> &function) { std::thread(function).join(); }

bool in_child(const std::function<bool()> &function) {
    fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); // a child that hangs is a failure, not a wait
        _exit(function() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Capture::Capture() {
    text_begin(&text_, -1);
    text_.stream = &string_;
    text_.write_out = [](struct text *text) {
        static_cast<std::string *>(text->stream)->append(text->buffer, text->used);
        text->used = 0;
    };
}

const std::string &Capture::take() {
    text_flush(&text_);
    return string_;
}

std::string hex(const void *address) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%" PRIxPTR, reinterpret_cast<uintptr_t>(address));
    return text;
}

testing::Matcher<const std::string &> is_line_of(const std::string &what) {
    return testing::MakeMatcher(new LineOf(what));
}

uint64_t test_seed() {
    static const uint64_t seed = seed_from_environment();
    return seed;
}

size_t resident_pages(const void *start, size_t size) {
    std::vector<unsigned char> there((size + PAGE - 1) / PAGE);
    EXPECT_EQ(mincore(const_cast<void *>(start), size, there.data()), 0);
    size_t count = 0;
    for (unsigned char page : there) count += page & 1;
    return count;
}

bool is_accessible(const void *address) {
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends) != 0) abort();
    if (write(ends[1], address, 1) != 1) return false;
    char byte;
    return read(ends[0], &byte, 1) == 1;
}

bool is_all(const void *start, int byte, size_t size) {
    const unsigned char *bytes = static_cast<const unsigned char *>(start);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte) return false;
    return true;
}
