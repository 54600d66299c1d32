// SPDX-License-Identifier: MIT
// Links through blocks that a thread without a heap freed.
#include "heap/remote.h"
#include "support/heap_fixture.h"

namespace {

class RemoteLinkDeathTest : public HeapTest {
  protected:
    TestHeap owner_;
};

TEST_F(RemoteLinkDeathTest, AnOverwrittenLinkIsFoundByTheDrain) {
    void *first = owner_.take(64), *second = owner_.take(64);
    for (void *pointer : {first, second}) {
        struct block block = block_at(pointer);
        remote_free(nullptr, block.heap, block.address, block.usable);
    }
    for (uint64_t value : {uint64_t(0), uint64_t(1), ~uint64_t(0), uint64_t(0x4141414141414141),
                           uint64_t(0x4141414141414140)}) {
        EXPECT_EXIT(
            {
                *static_cast<uint64_t *>(second) = value;
                remote_drain(owner_, ~0u);
            },
            testing::KilledBySignal(SIGABRT),
            "^poolalloc: write after free at 0x[0-9a-f]+ \\(.*\\)\n$");
    }
    remote_drain(owner_, ~0u);
}

} // namespace
