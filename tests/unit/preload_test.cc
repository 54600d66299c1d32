// SPDX-License-Identifier: MIT
// preload: LD_PRELOAD without this library, other libraries and variables as they were.
#include "os/preload.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

std::vector<std::string> after(std::vector<std::string> strings) {
    std::vector<char *> environment;
    for (std::string &string : strings) environment.push_back(&string[0]);
    environment.push_back(nullptr);
    preload_forget(environment.data());
    std::vector<std::string> left;
    for (char **at = environment.data(); *at != nullptr; at++) left.emplace_back(*at);
    return left;
}

using Strings = std::vector<std::string>;

TEST(PreloadTest, TheVariableGoesWithItsLastLibrary) {
    EXPECT_EQ(after({"A=1", "LD_PRELOAD=/usr/lib/libpoolalloc.so", "B=2"}),
              (Strings{"A=1", "B=2"}));
    EXPECT_EQ(after({"LD_PRELOAD=libpoolalloc8.so.0"}), Strings{});
    EXPECT_EQ(after({"LD_PRELOAD="}), Strings{});
}

TEST(PreloadTest, OtherLibrariesStayInTheirOrder) {
    EXPECT_EQ(after({"LD_PRELOAD=/a/libfirst.so:/x/libpoolalloc.so.0 /b/libsecond.so"}),
              Strings{"LD_PRELOAD=/a/libfirst.so:/b/libsecond.so"});
    EXPECT_EQ(after({"LD_PRELOAD=/libpoolalloc.so/other.so"}),
              Strings{"LD_PRELOAD=/libpoolalloc.so/other.so"});
}

TEST(PreloadTest, OtherVariablesStay) {
    Strings strings{"LD_PRELOADED=/x/libpoolalloc.so", "XLD_PRELOAD=/x/libpoolalloc.so"};
    EXPECT_EQ(after(strings), strings);
}

} // namespace
