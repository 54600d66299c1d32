/* SPDX-License-Identifier: MIT */
/*
 * micro - single calls in a tight loop, with Google Benchmark: a malloc and its free by size, the
 * same with other blocks in between, realloc in place, calloc. For work on the fast paths; programs
 * are better judged by the workloads. Run it under an allocator with `bench/run-micro`.
 */
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

void Pair(benchmark::State &state) {
    size_t size = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        void *p = std::malloc(size);
        benchmark::DoNotOptimize(p);
        std::free(p);
    }
}
BENCHMARK(Pair)->RangeMultiplier(4)->Range(16, 4 << 20);

/* Blocks replaced at random among so many live ones, so that the free lists are not in order. */
void Interleaved(benchmark::State &state) {
    size_t size = static_cast<size_t>(state.range(0));
    std::vector<void *> blocks(4096);
    for (void *&block : blocks) block = std::malloc(size);
    uint64_t random = 88172645463325252u;
    for (auto _ : state) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        void *&block = blocks[random % blocks.size()];
        std::free(block);
        block = std::malloc(size);
        benchmark::DoNotOptimize(block);
    }
    for (void *block : blocks) std::free(block);
}
BENCHMARK(Interleaved)->RangeMultiplier(4)->Range(16, 16 << 10);

void Batch(benchmark::State &state) {
    std::vector<void *> blocks(static_cast<size_t>(state.range(0)));
    for (auto _ : state) {
        for (void *&block : blocks) benchmark::DoNotOptimize(block = std::malloc(64));
        for (void *block : blocks) std::free(block);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Batch)->RangeMultiplier(8)->Range(8, 32768);

void Calloc(benchmark::State &state) {
    size_t size = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        void *p = std::calloc(1, size);
        benchmark::DoNotOptimize(p);
        std::free(p);
    }
}
BENCHMARK(Calloc)->RangeMultiplier(16)->Range(16, 1 << 20);

void ReallocInPlace(benchmark::State &state) {
    void *p = std::malloc(100);
    size_t size = 100;
    for (auto _ : state) {
        size = size == 100 ? 104 : 100;
        p = std::realloc(p, size);
        benchmark::DoNotOptimize(p);
    }
    std::free(p);
}
BENCHMARK(ReallocInPlace);

void PairOnThreads(benchmark::State &state) {
    for (auto _ : state) {
        void *p = std::malloc(64);
        benchmark::DoNotOptimize(p);
        std::free(p);
    }
}
BENCHMARK(PairOnThreads)->Threads(1)->Threads(2)->Threads(4);

} // namespace

BENCHMARK_MAIN();
