// SPDX-License-Identifier: MIT
// Places for mappings where the program has reserved nearly all address space.
#include <algorithm>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <vector>

#include "heap/space.h"
#include "heap/window.h"
#include "support/heap_fixture.h"

namespace {

constexpr size_t SLOTS_SPAN = size_t(WINDOW_SLOTS) << WINDOW_SHIFT; // addresses that share a slot
constexpr size_t TIB = 1024 * GIB, REQUEST = 100 * MIB;

// A program's reservations, in TiBs, then in whatever else the system has to give.
class Reserved {
  public:
    Reserved() {
        for (size_t size = TIB; size >= MIB; size /= 2)
            while (reserve(size)) {
            }
    }
    // A free stretch somewhere from `least` to `most`; 0: none.
    uintptr_t open(uintptr_t least, uintptr_t most, size_t size) {
        for (const auto &[base, length] : all_) {
            uintptr_t from = std::max(base, least);
            if (from + size > std::min(base + length, most)) continue;
            EXPECT_EQ(munmap(reinterpret_cast<void *>(from), size), 0);
            return from;
        }
        return 0;
    }

  private:
    bool reserve(size_t size) {
        void *place =
            mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED) return false;
        all_.emplace_back(reinterpret_cast<uintptr_t>(place), size);
        return true;
    }
    std::vector<std::pair<uintptr_t, size_t>> all_;
};

// The system offers a place whose slot is taken; the other one that is free lies tens of TiBs
// below, at a distance that is no power of two.
void find_the_other_hole() {
    Reserved reserved;
    uintptr_t taken = window_first()->base % SLOTS_SPAN, offered = 0;
    constexpr size_t ROOM = REQUEST + 32 * MIB; // the system puts it at the end
    for (uintptr_t at = 120 * TIB + taken; offered == 0 && at > 60 * TIB; at -= SLOTS_SPAN)
        offered = reserved.open(at - REQUEST, at + 32 * MIB, ROOM);
    if (offered == 0) exit(2);
    uintptr_t hole = reserved.open(offered - 51 * TIB, offered - 48 * TIB, TIB);
    if (hole == 0) exit(3);
    struct space_request request = {REQUEST, ARENA_SIZE, REQUEST, false};
    if (!space_lock()) exit(4);
    uintptr_t place = space_map(&request, 0);
    exit(place >= hole && place + REQUEST <= hole + TIB ? 0 : 1);
}

using SpacePlaceTest = HeapTest;

TEST_F(SpacePlaceTest, TheOnlyHoleIsFoundAtAnyDistance) {
    if (PLACES_ARE_TAKEN) GTEST_SKIP() << "the sanitizer has most places";
    TestHeap heap;
    heap.free(heap.take(64)); // so that there is a window
    EXPECT_EXIT(find_the_other_hole(), testing::ExitedWithCode(0), "");
}

} // namespace
