// SPDX-License-Identifier: MIT
// A library whose static object takes blocks before the preloaded library's own constructor is run,
// and gives them back with their sizes at exit.
#include <new>

namespace {

class Blocks {
  public:
    Blocks() {
        for (unsigned i = 0; i < COUNT; i++) blocks_[i] = ::operator new(size_of(i));
    }
    ~Blocks() {
        for (unsigned i = 0; i < COUNT; i++) ::operator delete(blocks_[i], size_of(i));
    }

  private:
    static constexpr unsigned COUNT = 700;
    // All small ones, and some up to 100,000 bytes.
    static unsigned size_of(unsigned i) { return i < 600 ? i : (i - 599) * 1000; }
    void *blocks_[COUNT];
};

Blocks early;

} // namespace
