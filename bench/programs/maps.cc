/* SPDX-License-Identifier: MIT */
/*
 * A C++ program of maps and strings: an index of words in generated text, kept in an ordered and an
 * unordered map, with sets, vectors that grow, shared pointers and functions. Prints its sums.
 */
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Document {
    std::string title;
    std::vector<std::string> words;
};

class Text {
  public:
    std::string word() {
        static const char *const parts[] = {"al",   "lo",   "ca",  "tor", "me",   "mo",    "ry",
                                            "page", "heap", "are", "na",  "pool", "block", "size"};
        std::string result;
        for (unsigned i = 0, count = 1 + next() % 6; i < count; i++)
            result += parts[next() % (sizeof parts / sizeof *parts)];
        return result;
    }
    uint32_t next() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(state_ >> 33);
    }

  private:
    uint64_t state_ = 42;
};

using Documents = std::vector<std::shared_ptr<Document>>;

Documents write(Text &text, size_t count) {
    Documents documents;
    for (size_t i = 0; i < count; i++) {
        auto document = std::make_shared<Document>();
        document->title = "document number " + std::to_string(i);
        for (size_t j = 0; j < 60; j++) document->words.push_back(text.word());
        documents.push_back(document);
    }
    return documents;
}

size_t index_and_search(const Documents &documents) {
    std::unordered_map<std::string, std::vector<std::weak_ptr<Document>>> by_word;
    std::map<std::string, std::set<std::string>> titles;
    for (const auto &document : documents)
        for (const auto &word : document->words) {
            by_word[word].push_back(document);
            if (word.size() > 16) titles[word.substr(0, 8)].insert(document->title);
        }
    size_t sum = titles.size();
    for (const auto &entry : by_word) sum += entry.first.size() * entry.second.size();
    for (const auto &entry : titles) sum += entry.second.size();
    return sum;
}

} // namespace

int main() {
    Text text;
    size_t sum = 0;
    std::vector<std::function<size_t()>> later;
    for (int round = 0; round < 4; round++) {
        Documents documents = write(text, 2500);
        sum += index_and_search(documents);
        std::sort(documents.begin(), documents.end(),
                  [](const auto &a, const auto &b) { return a->title < b->title; });
        documents.resize(250);
        later.push_back([documents] { return documents.back()->words.back().size(); });
    }
    for (const auto &call : later) sum = sum * 31 + call();
    std::printf("%zu\n", sum);
}
