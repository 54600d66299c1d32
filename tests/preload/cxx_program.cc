// SPDX-License-Identifier: MIT
// A C++ program that uses what C++ programs use: threads, exceptions across them, containers,
// bad_alloc, thread_local objects, streams, regular expressions. Prints sums that depend on all of
// it.
#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

struct alignas(64) Line {
    long values[8] = {};
};

thread_local std::vector<std::string> words_of_thread;

long count_words(int number) {
    std::unordered_map<std::string, long> counts;
    for (int i = 0; i < 20000; i++) {
        std::string word = "word" + std::to_string(i * number % 997);
        counts[word] += i;
        words_of_thread.push_back(std::move(word));
    }
    long sum = 0;
    for (const auto &[word, count] : counts) sum += count % 1009 + static_cast<long>(word.size());
    return sum;
}

long throw_and_catch(int depth) {
    std::string kept(static_cast<size_t>(depth) * 10, 'k');
    if (depth == 0) throw std::runtime_error(std::string(500, 'e'));
    try {
        throw_and_catch(depth - 1);
    } catch (const std::runtime_error &error) {
        if (depth % 2 == 0) throw std::runtime_error(error.what() + kept);
        return static_cast<long>(std::string(error.what()).size() + kept.size());
    }
    return depth;
}

bool impossible_request_throws() {
    volatile size_t count = size_t(1) << 60;
    try {
        std::vector<char> vector(count);
        return vector.size() == 1;
    } catch (const std::bad_alloc &) {
        return true;
    }
}

long aligned_lines() {
    std::vector<std::unique_ptr<Line>> lines;
    long bad = 0;
    for (int i = 0; i < 1000; i++) {
        lines.push_back(std::make_unique<Line>());
        if (reinterpret_cast<uintptr_t>(lines.back().get()) % 64 != 0) bad++;
    }
    return bad;
}

long matches() {
    std::string text;
    for (int i = 0; i < 300; i++)
        text += "key" + std::to_string(i) + " = value" + std::to_string(i * i) + "\n";
    std::regex pattern("key([0-9]+) = value([0-9]+)");
    long sum = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
        sum += std::stol((*at)[1]) + std::stol((*at)[2]) % 10;
    return sum;
}

} // namespace

int main() {
    std::vector<std::future<long>> results;
    for (int i = 1; i <= 8; i++) results.push_back(std::async(std::launch::async, count_words, i));
    long sum = 0;
    for (auto &result : results) sum += result.get();
    std::cout << "words " << sum << '\n';

    auto failing = std::async(
        std::launch::async, []() -> long { throw std::out_of_range("thrown in another thread"); });
    try {
        failing.get();
    } catch (const std::out_of_range &error) {
        std::cout << error.what() << '\n';
    }
    long nested = 0;
    for (int i = 1; i < 200; i += 2) nested += throw_and_catch(i % 20 + 1 - i % 2 + 1);
    std::cout << "nested " << nested << '\n';
    std::cout << "bad_alloc " << impossible_request_throws() << '\n';
    std::cout << "badly aligned " << aligned_lines() << '\n';
    std::cout << "matches " << matches() << '\n';

    std::map<int, std::shared_ptr<std::string>> map;
    for (int i = 0; i < 50000; i++)
        map[i * 7919 % 10007] = std::make_shared<std::string>(static_cast<size_t>(i % 300), 'x');
    std::cout << "map "
              << std::accumulate(map.begin(), map.end(), size_t(0),
                                 [](size_t n, auto &e) { return n + e.second->size(); })
              << std::endl;
    return 3;
}
