// SPDX-License-Identifier: MIT
#include "os/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace {

int run(const char *script, int input = 0) {
    const char *arguments[] = {"sh", "-c", script, nullptr};
    return process_run(arguments, input);
}

TEST(ProcessTest, ItsExitStatusIsReturned) {
    EXPECT_EQ(run("exit 0"), 0);
    EXPECT_EQ(run("exit 77"), 77);
}

TEST(ProcessTest, AProgramThatIsKilledReturnsTheSignalAbove128) {
    EXPECT_EQ(run("kill -KILL $$"), 128 + SIGKILL);
}

TEST(ProcessTest, ItReadsFromTheDescriptor) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(write(ends[1], "word\n", 5), 5);
    close(ends[1]);
    EXPECT_EQ(run("read -r line && test \"$line\" = word", ends[0]), 0);
    close(ends[0]);
}

TEST(ProcessTest, AProgramThatIsNotThereIsAnError) {
    const char *arguments[] = {"poolalloc-no-such-program", nullptr};
    errno = 0;
    int status = process_run(arguments, 0);
    EXPECT_TRUE((status == -1 && errno == ENOENT) || status == 127) << status << " " << errno;
}

} // namespace
