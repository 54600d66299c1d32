// SPDX-License-Identifier: MIT
// The reader of profiles under libFuzzer: any file is a profile or a Failure with a reason; what
// was read is written, and read again is the same; its difference to itself is nothing. `make
// fuzz`.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "expect.h"
#include "failure.h"
#include "sample_profile.h"

namespace {

// A file without a name on any disk.
class MemoryFile {
  public:
    explicit MemoryFile(const void *bytes, size_t size)
        : descriptor_(memfd_create("profile", MFD_CLOEXEC)) {
        EXPECT(descriptor_ >= 0 && write(descriptor_, bytes, size) == static_cast<ssize_t>(size));
    }
    ~MemoryFile() { close(descriptor_); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  private:
    int descriptor_;
};

SampleProfile read_back(const SampleProfile &profile) {
    std::string bytes = profile_compressed(profile);
    MemoryFile file(bytes.data(), bytes.size());
    EXPECT(profile_is_whole(file.path()));
    return profile_read(file.path());
}

void check(const SampleProfile &profile) {
    SampleProfile again = read_back(profile);
    EXPECT(again.totals() == profile.totals());
    EXPECT(again.stacks.size() == profile.stacks.size());
    EXPECT(again.mean == profile.mean);
    for (int64_t figure : profile_difference(profile, profile).totals()) EXPECT(figure == 0);
    for (const Stack &stack : profile.stacks) profile_holder(profile, stack);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    MemoryFile file(data, size);
    try {
        check(profile_read(file.path()));
    } catch (const Failure &failure) {
        EXPECT(failure.what()[0] != '\0');
    }
    return 0;
}
