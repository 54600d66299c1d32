// SPDX-License-Identifier: MIT
#include "graph/render.h"

#include <unistd.h>

#include <fstream>

#include "support/graph_fixture.h"

namespace {

std::string content(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Files in a folder of the test.
class RenderTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        ASSERT_NE(mkdtemp(folder_), nullptr);
    }
    void TearDown() override {
        for (const std::string &file : files_) unlink(file.c_str());
        rmdir(folder_);
        GraphTest::TearDown();
    }
    std::string file(const char *name) {
        files_.push_back(folder_ + ("/" + std::string(name)));
        return files_.back();
    }
    static int render(const std::string &file, const char *text, bool good = true) {
        FILE *stream = render_open(file.c_str());
        if (stream == nullptr) return -1;
        fputs(text, stream);
        return render_close(stream, file.c_str(), good);
    }
    char folder_[32] = "/tmp/poolgraph-XXXXXX";
    std::vector<std::string> files_;
    const bool has_dot_ = system("command -v dot >/dev/null") == 0;
};

TEST_F(RenderTest, TextGoesToTheFileAsItIs) {
    for (const char *name : {"picture.dot", "svg", "a.svg.txt", "x"}) {
        std::string text = file(name);
        EXPECT_EQ(render(text, "digraph { a -> b }\n"), 0);
        EXPECT_EQ(content(text), "digraph { a -> b }\n");
    }
}

TEST_F(RenderTest, DotDrawsWhatTheNameAsksFor) {
    std::string svg = file("a picture's.svg"), png = file(".png");
    errno = 0;
    EXPECT_EQ(render(svg, "digraph { a -> b }\n"), has_dot_ ? 0 : -1);
    if (!has_dot_) {
        EXPECT_EQ(errno, ENOENT);
    }
    EXPECT_EQ(render(png, "digraph { a -> b }\n"), has_dot_ ? 0 : -1);
    EXPECT_EQ(content(svg).substr(0, 5), has_dot_ ? "<?xml" : "");
    EXPECT_EQ(content(png).substr(0, 4), has_dot_ ? "\x89PNG" : "");
}

TEST_F(RenderTest, DotThatFailsIsAnError) {
    std::string svg = file("x.svg");
    EXPECT_EQ(render(svg, "no picture"), -1);
    EXPECT_EQ(errno, has_dot_ ? EIO : ENOENT);
    EXPECT_EQ(render(file("none") + "/x.svg", "digraph {}"), -1);
    EXPECT_EQ(errno, has_dot_ ? EIO : ENOENT);
}

TEST_F(RenderTest, AFileThatCannotBeMadeIsAnError) {
    EXPECT_EQ(render(file("none") + "/x.dot", ""), -1);
    EXPECT_EQ(errno, ENOENT);
}

// The error is that of the text, whatever closing the stream says.
TEST_F(RenderTest, WhatIsNotGoodIsNotDrawn) {
    std::string svg = file("x.svg");
    FILE *stream = render_open(svg.c_str());
    ASSERT_NE(stream, nullptr);
    errno = ENOSPC;
    EXPECT_EQ(render_close(stream, svg.c_str(), false), -1);
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_NE(access(svg.c_str(), F_OK), 0);
}

TEST_F(RenderTest, APictureGoesToTheFileOfTheOptions) {
    std::string text = file("refs.dot"), svg = file("chain.svg");
    void *node = keep(make());
    poolgraph_options options = {};
    options.file = text.c_str();
    EXPECT_EQ(poolgraph_show_refs(heap_, &node, 1, &options, nullptr), 0);
    options.file = svg.c_str();
    EXPECT_EQ(poolgraph_show_chain(heap_, node, &options, nullptr), has_dot_ ? 0 : -1);
    options.file = nullptr;
    EXPECT_EQ(content(text), refs({node}, options));
    options.file = text.c_str();
    void *none = &none;
    EXPECT_EQ(poolgraph_show_refs(heap_, &none, 1, &options, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
}

} // namespace
