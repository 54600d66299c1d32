// SPDX-License-Identifier: MIT
// The operators new and delete: all forms, the new-handler, bad_alloc.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <new>

#include "support/hide.h"
#include "support/names.h"

namespace {

using std::align_val_t;
using std::nothrow;

constexpr size_t IMPOSSIBLE = size_t(PTRDIFF_MAX) - 4096;

struct Form {
    const char *title;
    size_t alignment;
    bool throws;
    std::function<void *(size_t)> allocate;
};

const Form FORMS[] = {
    {"new", 0, true, [](size_t n) { return ::operator new(n); }},
    {"new[]", 0, true, [](size_t n) { return ::operator new[](n); }},
    {"new nothrow", 0, false, [](size_t n) { return ::operator new(n, nothrow); }},
    {"new[] nothrow", 0, false, [](size_t n) { return ::operator new[](n, nothrow); }},
    {"new aligned", 256, true, [](size_t n) { return ::operator new(n, align_val_t(256)); }},
    {"new[] aligned", 256, true, [](size_t n) { return ::operator new[](n, align_val_t(256)); }},
    {"new aligned nothrow", 256, false,
     [](size_t n) { return ::operator new(n, align_val_t(256), nothrow); }},
    {"new[] aligned nothrow", 256, false,
     [](size_t n) { return ::operator new[](n, align_val_t(256), nothrow); }},
};

// The deletes that fit a block of `n` bytes from an unaligned form, and from an aligned one.
const std::function<void(void *, size_t)> PLAIN_DELETES[] = {
    [](void *p, size_t) { ::operator delete(p); },
    [](void *p, size_t) { ::operator delete[](p); },
    [](void *p, size_t n) { ::operator delete(p, n); },
    [](void *p, size_t n) { ::operator delete[](p, n); },
    [](void *p, size_t) { ::operator delete(p, nothrow); },
    [](void *p, size_t) { ::operator delete[](p, nothrow); },
};
const std::function<void(void *, size_t)> ALIGNED_DELETES[] = {
    [](void *p, size_t) { ::operator delete(p, align_val_t(256)); },
    [](void *p, size_t) { ::operator delete[](p, align_val_t(256)); },
    [](void *p, size_t n) { ::operator delete(p, n, align_val_t(256)); },
    [](void *p, size_t n) { ::operator delete[](p, n, align_val_t(256)); },
    [](void *p, size_t) { ::operator delete(p, align_val_t(256), nothrow); },
    [](void *p, size_t) { ::operator delete[](p, align_val_t(256), nothrow); },
};

int handler_calls = 0;

class NewHandlerTest : public testing::Test {
  protected:
    void SetUp() override { handler_calls = 0; }
    void TearDown() override { std::set_new_handler(nullptr); }
};

} // namespace

TEST(OperatorNewTest, EveryFormAllocatesAndEveryDeleteFrees) {
    for (const Form &form : FORMS)
        for (size_t size : {0, 1, 8, 24, 100, 512, 513, 5000, 70000, 300000, 3 << 20}) {
            auto free_all = [&](const auto &deletes) {
                for (const auto &release : deletes) {
                    void *block = hide(form.allocate(size));
                    ASSERT_NE(block, nullptr) << form.title;
                    size_t alignment = form.alignment ? form.alignment : minimum_alignment();
                    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u) << form.title;
                    memset(block, 0x77, size);
                    release(block, size);
                }
            };
            if (form.alignment == 0)
                free_all(PLAIN_DELETES);
            else
                free_all(ALIGNED_DELETES);
        }
}

TEST(OperatorNewTest, DeletingNullDoesNothing) {
    for (const auto &release : PLAIN_DELETES) release(nullptr, 0);
    for (const auto &release : ALIGNED_DELETES) release(nullptr, 0);
}

TEST(OperatorNewTest, ZeroBytesAreDistinctBlocks) {
    for (const Form &form : FORMS) {
        void *first = hide(form.allocate(0)), *second = hide(form.allocate(0));
        EXPECT_NE(first, second) << form.title;
        EXPECT_NE(first, nullptr) << form.title;
        if (form.alignment == 0) {
            ::operator delete(first);
            ::operator delete(second);
        } else {
            ::operator delete(first, align_val_t(256));
            ::operator delete(second, align_val_t(256));
        }
    }
}

TEST(OperatorNewTest, AlignedFormsKeepEveryAlignment) {
    for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
        void *block = hide(::operator new(100, align_val_t(alignment)));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u);
        ::operator delete(block, align_val_t(alignment));
    }
}

// C++ programs with a non-virtual destructor delete with the wrong size. They run on glibc, whose
// sized forms ignore the size, and must run here.
TEST(OperatorNewTest, SizedDeleteWithTheWrongSizePasses) {
    for (size_t size : {8, 24, 100, 512, 513, 5000, 70000, 3 << 20})
        for (size_t wrong : {size_t(1), size_t(size / 2), size_t(size * 2), size_t(1) << 30}) {
            ::operator delete(hide(::operator new(size)), hide_size(wrong));
            ::operator delete[](hide(::operator new[](size)), hide_size(wrong));
        }
}

// The rounding of a size up to its alignment must not wrap (libstdc++ of GCC 12 wraps to 0).
TEST_F(NewHandlerTest, WithoutAHandlerThrowingFormsThrowAndOthersGiveNull) {
    for (const Form &form : FORMS)
        for (size_t size : {IMPOSSIBLE, size_t(PTRDIFF_MAX), size_t(PTRDIFF_MAX) + 1, SIZE_MAX}) {
            size_t hidden = hide_size(size);
            if (form.throws)
                EXPECT_THROW(hide(form.allocate(hidden)), std::bad_alloc) << form.title;
            else
                EXPECT_EQ(hide(form.allocate(hidden)), nullptr) << form.title;
        }
}

TEST_F(NewHandlerTest, TheHandlerIsCalledUntilItIsTakenAway) {
    std::set_new_handler([] {
        if (++handler_calls == 3) std::set_new_handler(nullptr);
    });
    EXPECT_THROW(hide(::operator new(hide_size(IMPOSSIBLE))), std::bad_alloc);
    EXPECT_EQ(handler_calls, 3);
}

TEST_F(NewHandlerTest, EveryFormCallsTheHandler) {
    for (const Form &form : FORMS) {
        handler_calls = 0;
        std::set_new_handler([] {
            handler_calls++;
            std::set_new_handler(nullptr);
        });
        try {
            EXPECT_EQ(hide(form.allocate(hide_size(IMPOSSIBLE))), nullptr) << form.title;
            EXPECT_FALSE(form.throws) << form.title;
        } catch (const std::bad_alloc &) {
            EXPECT_TRUE(form.throws) << form.title;
        }
        EXPECT_EQ(handler_calls, 1) << form.title;
    }
}

TEST_F(NewHandlerTest, AnExceptionOfTheHandlerReachesTheCaller) {
    struct Special : std::bad_alloc {};
    std::set_new_handler([] { throw Special(); });
    for (const Form &form : FORMS)
        if (form.throws)
            EXPECT_THROW(hide(form.allocate(hide_size(IMPOSSIBLE))), Special) << form.title;
        else
            EXPECT_EQ(hide(form.allocate(hide_size(IMPOSSIBLE))), nullptr) << form.title;
}

TEST_F(NewHandlerTest, TheHandlerIsNotCalledWhenThereIsMemory) {
    std::set_new_handler([] { handler_calls++; });
    for (size_t size : {0, 1, 513, 70000, 3 << 20}) ::operator delete(hide(::operator new(size)));
    EXPECT_EQ(handler_calls, 0);
}

TEST_F(NewHandlerTest, BadAllocArrivesInAnOrdinaryNewExpression) {
    volatile size_t count = IMPOSSIBLE / 16;
    bool caught = false;
    try {
        delete[] static_cast<double *>(hide(new double[count * 2]));
    } catch (const std::bad_alloc &error) {
        caught = std::strlen(error.what()) > 0;
    }
    EXPECT_TRUE(caught);
}
