// SPDX-License-Identifier: MIT
// When reports are written.
#include "malloc/occasion.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <poolalloc.h>
#include <sstream>
#include <unistd.h>

#include "heap/allocate.h"
#include "heap/sample.h"
#include "malloc/report.h"
#include "os/options.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

// Options, handlers and the hook are as before afterwards. Reports go to a file.
class OccasionTest : public HeapTest {
  protected:
    OccasionTest()
        : before(options),
          path(testing::TempDir() + "/poolalloc-occasion-" + std::to_string(getpid())) {
        sigaction(SIGUSR2, nullptr, &usr2);
        sigaction(SIGTERM, nullptr, &term);
    }
    ~OccasionTest() override {
        options = before;
        atomic_u32_store(&allocate_wishes.any, 0);
        sigaction(SIGUSR2, &usr2, nullptr);
        sigaction(SIGTERM, &term, nullptr);
        unlink(path.c_str());
    }
    void to_file() {
        ASSERT_LT(path.size(), sizeof options.report_path);
        strcpy(options.report_path, path.c_str());
    }
    // Lines that begin as a report's first.
    size_t reports() {
        std::ifstream file(path);
        std::string line;
        size_t count = 0;
        while (std::getline(file, line)) count += line.compare(0, 10, "poolalloc ") == 0;
        return count;
    }

  private:
    struct options before;
    struct sigaction usr2, term;

  protected:
    std::string path;
};

TEST_F(OccasionTest, ASignalReportsAndTheProgramGoesOn) {
    to_file();
    options.report_signal = SIGUSR2;
    occasion_prepare(true);
    errno = 42;
    raise(SIGUSR2);
    EXPECT_EQ(errno, 42);
    EXPECT_EQ(reports(), 1u);
    raise(SIGUSR2);
    EXPECT_EQ(reports(), 2u);
}

TEST_F(OccasionTest, AHandlerOfTheProgramsIsNotReplaced) {
    static int calls;
    calls = 0;
    signal(SIGUSR2, [](int) { calls++; });
    to_file();
    options.report_signal = SIGUSR2;
    occasion_prepare(true);
    raise(SIGUSR2);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(reports(), 0u);
}

TEST_F(OccasionTest, AnIgnoredSignalStaysIgnored) {
    signal(SIGUSR2, SIG_IGN);
    to_file();
    options.report_signal = SIGUSR2;
    occasion_prepare(true);
    raise(SIGUSR2);
    EXPECT_EQ(reports(), 0u);
}

TEST_F(OccasionTest, ReportsComeEveryInterval) {
    TestClock clock;
    to_file();
    options.report_interval = 500;
    occasion_prepare(true);
    ASSERT_EQ(atomic_u32_load(&allocate_wishes.any), 2u);
    clock.advance(499);
    allocate_tick();
    EXPECT_EQ(reports(), 0u);
    clock.advance(1);
    allocate_tick();
    allocate_tick();
    EXPECT_EQ(reports(), 1u);
    clock.advance(5000); // one for all that were missed
    allocate_tick();
    allocate_tick();
    EXPECT_EQ(reports(), 2u);
}

TEST_F(OccasionTest, ReportsComeAsMemoryGrows) {
    to_file();
    options.report_growth = 8 * MIB;
    occasion_prepare(true);
    std::vector<void *> blocks;
    for (int i = 0; i < 20; i++) blocks.push_back(poolalloc_malloc(MIB));
    EXPECT_EQ(reports(), 2u);
    for (void *block : blocks) poolalloc_free(block);
    for (void *&block : blocks) block = poolalloc_malloc(MIB);
    EXPECT_EQ(reports(), 2u); // no more than it was before
    for (void *block : blocks) poolalloc_free(block);
}

TEST_F(OccasionTest, NothingIsHookedWithoutOptions) {
    signal(SIGTERM, SIG_DFL); // as it is before other tests
    occasion_prepare(true);
    EXPECT_EQ(atomic_u32_load(&allocate_wishes.any), 0u);
    struct sigaction now;
    sigaction(SIGTERM, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
}

// Writes the words that a process writes which attaches, and calls nothing of the library.
TEST_F(OccasionTest, SamplingAndAProfileCanBeWishedForFromOutside) {
    occasion_prepare(true);
    std::string profile = path + ".folded";
    ASSERT_LT(profile.size(), sizeof options.sample_path);
    strcpy(options.sample_path, profile.c_str());
    options.sample = 1;
    EXPECT_FALSE(sample_has_begun());
    atomic_u32_store(&allocate_wishes.sampling, 1);
    atomic_u32_store(&allocate_wishes.any, 1);
    for (int i = 0; i < 300; i++) poolalloc_free(poolalloc_malloc(100));
    EXPECT_TRUE(sample_has_begun());
    EXPECT_EQ(atomic_u32_load(&allocate_wishes.any), 0u);
    void *block = poolalloc_malloc(100);
    atomic_u32_store(&allocate_wishes.profile, 1);
    atomic_u32_store(&allocate_wishes.any, 1);
    for (int i = 0; i < 300; i++) poolalloc_free(poolalloc_malloc(100));
    std::ifstream file(profile);
    std::string line;
    EXPECT_TRUE(std::getline(file, line) && line.find(" 100") != std::string::npos) << line;
    poolalloc_free(block);
    unlink(profile.c_str());
    allocate_sample(0);
    poolalloc_trim(0);
    sample_reset_for_test();
}

TEST_F(OccasionTest, ProgramsOfOtherNamesAreSilent) {
    to_file();
    options.report_signal = SIGUSR2;
    options.report_interval = options.report_growth = 1;
    strcpy(options.report_if, "no-such-program*");
    occasion_prepare(true);
    EXPECT_EQ(options.report_signal, 0u);
    EXPECT_EQ(options.report_path[0], '\0');
    EXPECT_EQ(atomic_u32_load(&allocate_wishes.any), 0u);
    EXPECT_FALSE(occasion_counts_blocks());
}

TEST_F(OccasionTest, PatternsAreOfTheNameOrOfThePath) {
    EXPECT_TRUE(occasion_matches("", "/usr/bin/python3"));
    EXPECT_TRUE(occasion_matches("python*", "/usr/bin/python3"));
    EXPECT_TRUE(occasion_matches("python?", "python3"));
    EXPECT_TRUE(occasion_matches("/usr/*/python3", "/usr/bin/python3"));
    EXPECT_FALSE(occasion_matches("bin", "/usr/bin/python3"));
    EXPECT_FALSE(occasion_matches("usr*", "/usr/bin/python3"));
    EXPECT_FALSE(occasion_matches("/usr/*/python3", "python3"));
}

} // namespace
