// SPDX-License-Identifier: MIT
#include "layout.h"

#include <algorithm>

#include "base/base.h"
#include "malloc/descriptor.h"

static bool is_descriptor(const struct descriptor &found) {
    return memcmp(found.magic, DESCRIPTOR_MAGIC, sizeof found.magic) == 0;
}

Layout::Layout(Source &source, uint64_t address) : address_(address) {
    auto found = std::make_unique<struct descriptor>();
    size_t head = offsetof(struct descriptor, fields);
    if (!source.read(address, found.get(), head) || !is_descriptor(*found))
        throw Failure(source.title() + " has no descriptor of poolalloc where it should be");
    library_version_.assign(found->library, strnlen(found->library, sizeof found->library));
    if (found->version != DESCRIPTOR_VERSION)
        throw Failure(source.title() + " runs on poolalloc " + library_version_ +
                      ", whose descriptor this program does not know: use the poolalloc command "
                      "that came with that library");
    size_t room = std::min<size_t>(found->room, DESCRIPTOR_FIELDS);
    if (!source.read(address + head, found->fields, room * sizeof found->fields[0]))
        throw Failure(source.title() + ": the descriptor of poolalloc cannot be read");
    for (size_t i = 0; i < room && found->fields[i].name[0] != '\0'; i++) {
        const char *name = found->fields[i].name;
        fields_[std::string(name, strnlen(name, DESCRIPTOR_NAME))] = found->fields[i].value;
    }
}

uint64_t Layout::operator[](const std::string &name) const {
    auto at = fields_.find(name);
    if (at == fields_.end())
        throw Failure("the library is older than this program: its descriptor has no \"" + name +
                      "\"");
    return at->second;
}
