// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "support/heap_fixture.h"

namespace {

std::string sized(uint64_t bytes) {
    Capture capture;
    text_add_size(capture.text(), bytes);
    return capture.take();
}

TEST(TextTest, Numbers) {
    Capture capture;
    text_add_decimal(capture.text(), 0);
    text_add(capture.text(), " ");
    text_add_decimal(capture.text(), UINT64_MAX);
    text_add(capture.text(), " ");
    text_add_hex(capture.text(), 0);
    text_add(capture.text(), " ");
    text_add_hex(capture.text(), 0xfedcba9876543210);
    EXPECT_EQ(capture.take(), "0 18446744073709551615 0x0 0xfedcba9876543210");
}

TEST(TextTest, SizesHaveTheLargestUnitThatFitsAndOneDigit) {
    EXPECT_EQ(sized(0), "0 B");
    EXPECT_EQ(sized(1023), "1023 B");
    EXPECT_EQ(sized(1024), "1.0 KiB");
    EXPECT_EQ(sized(1536), "1.5 KiB");
    EXPECT_EQ(sized(MIB - 1), "1023.9 KiB");
    EXPECT_EQ(sized(MIB), "1.0 MiB");
    EXPECT_EQ(sized(GIB - 1), "1023.9 MiB");
    EXPECT_EQ(sized(7 * GIB), "7.0 GiB");
    EXPECT_EQ(sized(1024 * GIB), "1.0 TiB");
    EXPECT_EQ(sized(UINT64_MAX), "16777215.9 TiB");
}

TEST(TextTest, PaddingCountsFromTheStartOfTheLine) {
    Capture capture;
    text_add(capture.text(), "first line\nab");
    text_pad(capture.text(), 5);
    text_add(capture.text(), "c");
    text_pad(capture.text(), 3); // already wider
    text_add(capture.text(), "d");
    EXPECT_EQ(capture.take(), "first line\nab   cd");
}

TEST(TextTest, PaddingCountsWhatWasWrittenOutOfTheLine) {
    Capture capture;
    std::string first(sizeof capture.text()->buffer - 3, 'x');
    text_add(capture.text(), first.c_str());
    text_add(capture.text(), "\nabcd"); // the buffer is full after "ab"
    text_pad(capture.text(), 6);
    text_add(capture.text(), "e");
    EXPECT_EQ(capture.take(), first + "\nabcd  e");
}

TEST(TextTest, WithoutADescriptorItIsCutOffAtTheBuffersEnd) {
    struct text text;
    text_begin(&text, -1);
    for (int i = 0; i < 100; i++) text_add(&text, "0123456789");
    EXPECT_EQ(text.used, sizeof text.buffer);
    EXPECT_EQ(std::string(text.buffer, 12), "012345678901");
    text_pad(&text, 4000);
    EXPECT_EQ(text.used, sizeof text.buffer);
}

TEST(TextTest, AnyLengthReachesTheDescriptorWhole) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    struct text text;
    text_begin(&text, ends[1]);
    std::string expected;
    for (int i = 0; i < 999; i++) {
        text_add_decimal(&text, static_cast<uint64_t>(i));
        expected += std::to_string(i);
    }
    EXPECT_EQ(text_flush(&text), 0);
    EXPECT_EQ(text_flush(&text), 0); // nothing a second time
    close(ends[1]);
    std::string found(10000, '\0');
    ssize_t count = read(ends[0], &found[0], found.size());
    close(ends[0]);
    ASSERT_GE(count, 0);
    EXPECT_EQ(found.substr(0, static_cast<size_t>(count)), expected);
}

TEST(TextTest, AFailedWriteIsToldAndLeavesErrnoAlone) {
    int full = open("/dev/full", O_WRONLY);
    ASSERT_GE(full, 0);
    struct text text;
    text_begin(&text, full);
    text_add(&text, "lost");
    errno = 1234;
    EXPECT_EQ(text_flush(&text), ENOSPC);
    EXPECT_EQ(errno, 1234);
    text_add(&text, "lost too");
    EXPECT_EQ(text_flush(&text), ENOSPC); // the first failure stays
    close(full);
}

TEST(TextTest, APipeThatNobodyReadsIsAFailureAndNotASignal) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    auto before = signal(SIGPIPE, SIG_DFL);
    struct text text;
    text_begin(&text, ends[1]);
    text_add(&text, "lost");
    EXPECT_EQ(text_flush(&text), EPIPE);
    sigset_t pending, blocked;
    EXPECT_EQ(sigpending(&pending), 0);
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
    EXPECT_FALSE(sigismember(&pending, SIGPIPE));
    EXPECT_FALSE(sigismember(&blocked, SIGPIPE));
    signal(SIGPIPE, before);
    close(ends[1]);
}

TEST(TextTest, ASignalThatWaitedForTheProgramStays) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    sigset_t broken, blocked, pending;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &broken, &blocked), 0);
    raise(SIGPIPE);
    struct text text;
    text_begin(&text, ends[1]);
    text_add(&text, "lost");
    EXPECT_EQ(text_flush(&text), EPIPE);
    EXPECT_EQ(sigpending(&pending), 0);
    EXPECT_TRUE(sigismember(&pending, SIGPIPE));
    const struct timespec at_once = {0, 0};
    sigtimedwait(&broken, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
    close(ends[1]);
}

TEST(TextTest, AWriterOfOnesOwnGetsEverything) {
    Capture capture;
    std::string expected;
    for (int i = 0; i < 300; i++) {
        text_add(capture.text(), "line\n");
        expected += "line\n";
    }
    EXPECT_EQ(capture.take(), expected);
}

} // namespace
