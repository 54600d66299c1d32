// SPDX-License-Identifier: MIT
#include "library.h"

#include <climits>
#include <cstdlib>
#include <unistd.h>

#include "failure.h"
#include "proc.h"

static std::string absolute(const std::string &path) {
    char whole[PATH_MAX];
    return realpath(path.c_str(), whole) != nullptr ? path : std::string();
}

std::string library_path(bool aligns_to_8) {
    std::string self = link_target("/proc/self/exe");
    std::string folder = self.substr(0, self.rfind('/'));
    std::string name = aligns_to_8 ? "libpoolalloc8.so.0" : "libpoolalloc.so.0";
    std::string multiarch = base_name(POOLALLOC_LIBDIR);
    std::vector<std::string> folders = {folder + "/.libs", folder + "/../lib",
                                        folder + "/../lib/" + multiarch, POOLALLOC_LIBDIR};
    for (const std::string &place : folders) {
        std::string found = absolute(place + "/" + name);
        char whole[PATH_MAX];
        if (!found.empty() && realpath(place.c_str(), whole) != nullptr)
            return std::string(whole) + "/" + name;
    }
    throw Failure("there is no " + name +
                  " in " POOLALLOC_LIBDIR ": install the library, or name it with --library=FILE");
}

std::string library_recorder() {
    std::string self = link_target("/proc/self/exe");
    std::string folder = self.substr(0, self.rfind('/'));
    for (const std::string &place :
         {folder + "/.libs", folder + "/../lib/poolalloc",
          folder + "/../lib/" + base_name(POOLALLOC_LIBDIR) + "/poolalloc",
          std::string(POOLALLOC_LIBDIR "/poolalloc")}) {
        char whole[PATH_MAX];
        if (realpath((place + "/recorder.so").c_str(), whole) != nullptr) return whole;
    }
    throw Failure("there is no recorder.so in " POOLALLOC_LIBDIR
                  "/poolalloc: it comes with this program");
}

std::string library_preload(const std::string &library, const std::string &before) {
    std::string list = library;
    for (size_t at = 0; at < before.size();) {
        size_t end = std::min(before.find_first_of(": ", at), before.size());
        std::string path = before.substr(at, end - at);
        if (!path.empty() && !starts_with(base_name(path), "libpoolalloc")) list += ":" + path;
        at = end + 1;
    }
    return list;
}

std::string library_options(const std::string &before, const std::vector<std::string> &more) {
    std::string list = before;
    for (const std::string &option : more) list += (list.empty() ? "" : ",") + option;
    return list;
}

void library_into_environment(const std::string &library,
                              const std::vector<std::string> &settings) {
    auto variable = [](const char *name) {
        const char *value = getenv(name);
        return std::string(value != nullptr ? value : "");
    };
    if (library[0] != '/' || access(library.c_str(), R_OK) != 0)
        throw Failure("--library needs the absolute path of a file that can be read, not " +
                      library);
    setenv("LD_PRELOAD", library_preload(library, variable("LD_PRELOAD")).c_str(), 1);
    std::string all = library_options(variable("POOLALLOC_OPTIONS"), settings);
    if (!all.empty()) setenv("POOLALLOC_OPTIONS", all.c_str(), 1);
}
