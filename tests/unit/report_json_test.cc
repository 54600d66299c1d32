// SPDX-License-Identifier: MIT
// The report for programs.
#include <algorithm>
#include <poolalloc.h>
#include <unistd.h>

#include "malloc/report.h"
#include "support/heap_fixture.h"

namespace {

using ReportJsonTest = HeapTest;

TEST_F(ReportJsonTest, TheJsonHasTheFiguresOfTheCensus) {
    std::vector<void *> blocks;
    for (int i = 0; i < 7; i++) blocks.push_back(poolalloc_malloc(256));
    Capture capture;
    report_write_json(capture.text());
    std::string text = capture.take();
    struct census census = census_now();
    EXPECT_EQ(text.compare(0, 12, "{\"schema\":1,"), 0) << text;
    for (const std::string &part : std::initializer_list<std::string>{
             "\"pid\":" + std::to_string(getpid()), "\"bytes\":{\"used\":1792,",
             "\"counts\":{\"live\":7,", "{\"size\":256,\"live\":7,\"free\":",
             "\"mapped\":" + std::to_string(census.mapped_bytes)})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}'));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    EXPECT_EQ(text.back(), '\n');
    for (void *block : blocks) poolalloc_free(block);
}

} // namespace
