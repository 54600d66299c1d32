// SPDX-License-Identifier: MIT
// The report, its file, and the figures of poolalloc.h.
#include "malloc/report.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poolalloc.h>
#include <sstream>
#include <unistd.h>

#include "malloc/occasion.h"
#include "os/options.h"
#include "support/heap_fixture.h"

namespace {

class ReportTest : public HeapTest {
  protected:
    static struct poolalloc_stats stats() {
        struct poolalloc_stats stats = {};
        stats.size = sizeof stats;
        EXPECT_EQ(poolalloc_get_stats(&stats), 0);
        return stats;
    }
    static std::string report() {
        Capture capture;
        report_write(capture.text());
        return capture.take();
    }
    static std::string contents(const std::string &path) {
        std::ostringstream all;
        all << std::ifstream(path).rdbuf();
        return all.str();
    }
    // Sets report=FILE.
    static void write_to(const std::string &path) {
        ASSERT_LT(path.size(), sizeof options.report_path);
        strcpy(options.report_path, path.c_str());
    }
};

TEST_F(ReportTest, StatsAreTheCensus) {
    void *small = poolalloc_malloc(100), *large = poolalloc_malloc(40 * MIB);
    struct poolalloc_stats stats = ReportTest::stats();
    struct census census = census_now();
    EXPECT_EQ(stats.used, census.used_bytes);
    EXPECT_EQ(stats.used, 112 / ALIGN * ALIGN - (ALIGN == 8 ? 8 : 0) + 40 * MIB);
    EXPECT_EQ(stats.blocks, 2u);
    EXPECT_EQ(stats.direct, 1u);
    EXPECT_EQ(stats.arenas, 1u);
    EXPECT_EQ(stats.pools, 1u);
    EXPECT_EQ(stats.mapped, census.mapped_bytes);
    EXPECT_EQ(stats.mapped_peak, census.mapped_peak);
    EXPECT_EQ(stats.metadata, census.metadata_bytes);
    EXPECT_EQ(stats.heaps, census.heaps);
    EXPECT_EQ(stats.purges, census.purges);
    EXPECT_EQ(stats.lock_takings + 1, census.lock_takings); // the census took it once more
    EXPECT_EQ(stats.used + stats.cached + stats.purged, stats.mapped);
    poolalloc_free(small);
    poolalloc_free(large);
}

TEST_F(ReportTest, StatsFillAsMuchAsThereIsRoomFor) {
    struct poolalloc_stats stats;
    memset(&stats, 0x5a, sizeof stats);
    stats.size = offsetof(struct poolalloc_stats, cached);
    EXPECT_EQ(poolalloc_get_stats(&stats), 0);
    EXPECT_EQ(stats.size, offsetof(struct poolalloc_stats, cached));
    EXPECT_EQ(stats.blocks, 0u);
    EXPECT_TRUE(is_all(&stats.cached, 0x5a, sizeof stats - stats.size));
    stats.size = 10 * sizeof stats; // a program built for a later version
    EXPECT_EQ(poolalloc_get_stats(&stats), 0);
    EXPECT_EQ(stats.size, sizeof stats);
    stats.size = 0;
    errno = 0;
    EXPECT_EQ(poolalloc_get_stats(&stats), -1);
    EXPECT_EQ(errno, EINVAL);
}

TEST_F(ReportTest, TheReportNamesWhatThereIs) {
    void *block = poolalloc_malloc(64), *span = poolalloc_malloc(1024);
    std::string text = report();
    std::string start = "poolalloc " POOLALLOC_VERSION_STRING " report, pid ";
    EXPECT_EQ(text.find(start + std::to_string(getpid()) + ", "), 0u) << text;
    EXPECT_NE(text.find("\nserved: "), std::string::npos) << text;
    EXPECT_NE(text.find(" 2 blocks live now, by "), std::string::npos) << text;
    EXPECT_NE(text.find("\n  used        1.0 KiB       in live blocks\n"), std::string::npos)
        << text;
    EXPECT_NE(text.find("\nheld by: 2 arenas, 1 pools, "), std::string::npos) << text;
    EXPECT_EQ(text.back(), '\n');
    poolalloc_free(block);
    poolalloc_free(span);
}

TEST_F(ReportTest, WhatIsCachedIsDividedByWhatItTakesToGoBack) {
    void *neighbour = poolalloc_malloc(64), *large = poolalloc_malloc(ARENA_SIZE);
    memset(large, 1, ARENA_SIZE);
    poolalloc_free(large);
    struct census census = census_now();
    ASSERT_GE(census.releasable_bytes, ARENA_SIZE);
    std::string text = report(), after = text.substr(text.find("\ncached:\n"));
    Capture pages, pools;
    text_add_size(pages.text(), census.releasable_bytes);
    text_add_size(pools.text(), census.touched_bytes - census.used_bytes - census.releasable_bytes);
    EXPECT_EQ(after.find("\ncached:\n  pages       " + pages.take() + " "), 0u) << text;
    EXPECT_NE(after.find("\n  in pools    " + pools.take() + " "), std::string::npos) << text;
    poolalloc_free(neighbour);
}

TEST_F(ReportTest, ItSaysWhenPagesGoBack) {
    struct options before = options;
    EXPECT_NE(report().find("go back within 1000 ms, as malloc and free are called,\n"),
              std::string::npos);
    options.purge_thread = 1;
    options.purge_keep = 64 * KIB;
    EXPECT_NE(report().find("go back within 1000 ms, by a thread, but for 64.0 KiB,\n"),
              std::string::npos);
    EXPECT_NE(report().find("\n" + std::string(28, ' ') + "and at once above 1 MiB"),
              std::string::npos)
        << report();
    options.purge_delay = PURGE_NEVER;
    EXPECT_NE(report().find("go back by malloc_trim alone\n"), std::string::npos);
    options = before;
}

TEST_F(ReportTest, TheXmlIsWellNestedAndExact) {
    std::vector<void *> blocks;
    for (int i = 0; i < 7; i++) blocks.push_back(poolalloc_malloc(256));
    Capture capture;
    report_write_xml(capture.text());
    std::string text = capture.take();
    std::string from = std::to_string(256 - POOLALLOC_ALIGN + 1);
    EXPECT_NE(text.find("<blocks from=\"" + from + "\" to=\"256\" total=\"1792\" count=\"7\"/>"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("<used count=\"7\" size=\"1792\">"), std::string::npos);
    std::vector<std::string> open;
    for (size_t at = 0; (at = text.find('<', at)) != std::string::npos; at++) {
        std::string tag = text.substr(at + 1, text.find('>', at) - at - 1);
        if (tag[0] == '/') {
            ASSERT_FALSE(open.empty());
            EXPECT_EQ(open.back(), tag.substr(1));
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(tag.substr(0, tag.find(' ')));
        }
    }
    EXPECT_TRUE(open.empty());
    for (void *block : blocks) poolalloc_free(block);
}

TEST_F(ReportTest, ADescriptorThatCannotBeWrittenIsAnError) {
    EXPECT_EQ(poolalloc_report(-1), -1);
    EXPECT_EQ(errno, EBADF);
    int full = open("/dev/full", O_WRONLY);
    EXPECT_EQ(poolalloc_report(full), -1);
    EXPECT_EQ(errno, ENOSPC);
    close(full);
    EXPECT_EQ(poolalloc_report(full), -1);
    EXPECT_EQ(errno, EBADF);
}

TEST_F(ReportTest, AtExitItIsAppendedToTheFileWithTheProcessIdInItsName) {
    std::string folder = testing::TempDir(), id = std::to_string(getpid());
    write_to(folder + "/poolalloc-%p-report.%p%");
    std::string path = folder + "/poolalloc-" + id + "-report." + id + "%";
    unlink(path.c_str());
    occasion_end();
    std::string once = contents(path);
    EXPECT_EQ(once.compare(0, 10, "poolalloc "), 0);
    occasion_end();
    EXPECT_EQ(contents(path).compare(0, 10, "poolalloc "), 0);
    EXPECT_GT(contents(path).size(), once.size() + 100);
    unlink(path.c_str());
}

TEST_F(ReportTest, AtExitItGoesToStandardErrorOrNowhere) {
    testing::internal::CaptureStderr();
    occasion_end();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    options.report_exit = 1;
    testing::internal::CaptureStderr();
    occasion_prepare(true);
    occasion_end();
    EXPECT_EQ(testing::internal::GetCapturedStderr().compare(0, 10, "poolalloc "), 0);
}

TEST_F(ReportTest, AFileThatCannotBeWrittenGetsOneLine) {
    write_to("/no/such/folder/report");
    testing::internal::CaptureStderr();
    occasion_prepare(true);
    occasion_end();
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "poolalloc: cannot write the report to /no/such/folder/report (report=FILE in "
              "POOLALLOC_OPTIONS needs a file that may be written and that is no link)\n");
}

// The process id has more digits than the two letters it stands for.
TEST_F(ReportTest, ThePathMayBeAllProcessIds) {
    std::string path = "/no", id = std::to_string(getpid());
    for (int i = 0; i < 126; i++) path += "%p";
    write_to(path);
    testing::internal::CaptureStderr();
    occasion_prepare(true);
    occasion_end();
    std::string line = testing::internal::GetCapturedStderr(), expected = "/no";
    for (int i = 0; i < 126; i++) expected += id;
    EXPECT_NE(line.find("poolalloc: cannot write the report to " + expected + " ("),
              std::string::npos)
        << line;
}

TEST_F(ReportTest, TheCheckPassesAndTheVersionIsTheHeaders) {
    EXPECT_EQ(poolalloc_check(), 0);
    EXPECT_STREQ(poolalloc_version(), POOLALLOC_VERSION_STRING);
}

} // namespace
