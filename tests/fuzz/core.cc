// SPDX-License-Identifier: MIT
// The reader of core files under libFuzzer: any file is a core or a Failure with a reason; every
// mapping that it names can be asked for, and a read outside of them fails. `make fuzz`.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_file.h"
#include "expect.h"
#include "failure.h"
#include "source.h"

namespace {

enum { MOST_MAPPINGS = 16 };

void check(Source *core) {
    size_t asked = 0;
    for (const Mapping &mapping : core->mappings()) {
        char byte;
        if (asked++ == MOST_MAPPINGS) break;
        core->read(mapping.start, &byte);
        core->read(mapping.end - 1, &byte);
        elf_descriptor_in_memory(*core, mapping.start);
    }
    core->stack_pointers();
    EXPECT(core->page_size() >= 4096 && !core->is_live());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int file = memfd_create("core", MFD_CLOEXEC);
    EXPECT(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size));
    try {
        check(source_of_core("/proc/self/fd/" + std::to_string(file)).get());
    } catch (const Failure &failure) {
        EXPECT(failure.what()[0] != '\0');
    }
    close(file);
    return 0;
}
