// SPDX-License-Identifier: MIT
// What readers of the process find their way by; tests/tool reads processes and cores with it.
#include "malloc/descriptor.h"

#include <cstring>
#include <map>
#include <string>

#include "support/heap_fixture.h"

namespace {

std::map<std::string, uint64_t> fields() {
    std::map<std::string, uint64_t> found;
    for (const struct descriptor_field &field : poolalloc_descriptor.fields) {
        if (field.name[0] == 0) break;
        EXPECT_NE(memchr(field.name, 0, sizeof field.name), nullptr);
        EXPECT_TRUE(found.emplace(field.name, field.value).second)
            << field.name << " is there twice";
    }
    return found;
}

TEST(DescriptorTest, EachNameIsThereOnceAndTheLastPlaceIsFree) {
    const struct descriptor *descriptor = &poolalloc_descriptor;
    EXPECT_GT(fields().size(), 10u);
    EXPECT_LT(fields().size(), size_t(DESCRIPTOR_FIELDS));
    EXPECT_EQ(descriptor->version, uint32_t(DESCRIPTOR_VERSION));
    EXPECT_EQ(descriptor->room, uint32_t(DESCRIPTOR_FIELDS));
    EXPECT_NE(memchr(descriptor->library, 0, sizeof descriptor->library), nullptr);
}

TEST(DescriptorTest, AddressesAndSizesAreThoseOfTheLibrary) {
    std::map<std::string, uint64_t> all = fields();
    EXPECT_EQ(all.at("sizeof record"), sizeof(union record));
    EXPECT_EQ(all.at("sizeof heap"), HEAP_SIZE);
    for (auto &[name, value] : all) {
        if (name.compare(0, 3, "at ") != 0) continue;
        EXPECT_TRUE(is_accessible(reinterpret_cast<void *>(value))) << name;
    }
}

} // namespace
