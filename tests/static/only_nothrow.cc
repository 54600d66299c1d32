// SPDX-License-Identifier: MIT
// Never calls malloc or a throwing new by itself: only members of the C++ library do, which the
// linker takes in after the allocator. What they get must be the allocator's all the same.
#include <cstdio>
#include <new>

#include <poolalloc.h>

int main() {
    int *volatile numbers = new (std::nothrow) int[100];
    if (numbers == nullptr || poolalloc_usable_size(numbers) != poolalloc_good_size(400)) return 1;
    delete[] numbers;
    return std::puts(poolalloc_version()) < 0;
}
