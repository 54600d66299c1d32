// SPDX-License-Identifier: MIT
#include "folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <unistd.h>

#include "failure.h"

TemporaryFolder::TemporaryFolder(size_t longest) {
    const std::string name = "/poolalloc.XXXXXX";
    const char *place = getenv("TMPDIR");
    if (place == nullptr || place[0] != '/' || strpbrk(place, ",% \t") != nullptr ||
        strlen(place) + name.size() > longest)
        place = "/tmp";
    path_ = place + name;
    if (mkdtemp(&path_[0]) == nullptr)
        throw Failure("cannot make a folder like " + path_ + ": " + strerror(errno));
}

TemporaryFolder::~TemporaryFolder() {
    for (const std::string &name : names()) unlink((path_ + "/" + name).c_str());
    rmdir(path_.c_str());
}

std::vector<std::string> TemporaryFolder::names() const {
    std::vector<std::string> names;
    DIR *folder = opendir(path_.c_str());
    if (folder == nullptr) return names;
    while (struct dirent *entry = readdir(folder))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    closedir(folder);
    std::sort(names.begin(), names.end());
    return names;
}
