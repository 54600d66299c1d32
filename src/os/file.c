/* SPDX-License-Identifier: MIT */
#include "os/file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/kernel.h"
#include "os/os.h"

/* Not O_TRUNC, and O_NONBLOCK for pipes: neither harms what turns out to be another file. */
enum { APPEND = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY };

static bool is_trusted(const struct stat *status) {
    return status->st_uid == 0 || status->st_uid == geteuid();
}

/* It is the system call itself, as openat() is a point of cancellation. */
static int open_at(int folder, const char *name, int flags) {
    return (int)syscall(SYS_openat, folder, name, flags | O_CLOEXEC, 0644);
}

static void leave(int folder) {
    if (folder != AT_FDCWD && folder != -1) os_close(folder);
}

/* F1: the folder of that name in `folder`, which is left for it, or -1. What is opened is what was
   looked at, but for a link, which nobody but its owner can replace in a sticky folder. */
static int open_folder(int folder, const char *name) {
    struct stat status;
    int inner = open_at(folder, name, O_PATH | O_NOFOLLOW);
    if (inner != -1 && fstat(inner, &status) == 0 && S_ISLNK(status.st_mode)) {
        os_close(inner);
        inner = is_trusted(&status) ? open_at(folder, name, O_PATH | O_DIRECTORY) : -1;
    }
    leave(folder);
    return inner;
}

/* Walks to the folder of the last name, which *path then begins with. AT_FDCWD or a descriptor, or
   -1. */
static int walk(const char **path) {
    char name[NAME_MAX + 1];
    int folder = AT_FDCWD;
    for (const char *slash; (slash = strchr(*path, '/')) != NULL && folder != -1;) {
        size_t length = (size_t)(slash - *path);
        if (length > NAME_MAX) break; /* which no file has: to open it fails */
        memcpy(name, *path, length);
        name[length] = '\0';
        bool is_root = length == 0 && folder == AT_FDCWD;
        if (is_root || length > 0) folder = open_folder(folder, is_root ? "/" : name);
        *path = slash + 1;
    }
    return folder;
}

static bool is_dev(const struct stat *folder) {
    struct stat dev;
    return stat("/dev", &dev) == 0 && dev.st_dev == folder->st_dev && dev.st_ino == folder->st_ino;
}

/* F2: where the system alone makes links. */
static bool follows_links(int folder, const struct stat *status) {
    struct statfs system;
    if (is_dev(status)) return true;
    return folder != AT_FDCWD && fstatfs(folder, &system) == 0 &&
           system.f_type == KERNEL_PROC_MAGIC;
}

/* F3, F4. */
static bool may_write_file(const struct stat *file, const struct stat *folder) {
    if (S_ISREG(file->st_mode) && file->st_nlink > 1) return false;
    return (folder->st_mode & S_IWOTH) == 0 || is_trusted(file);
}

static int open_in(int folder, const char *name) {
    struct stat status, file;
    if (fstatat(folder, folder == AT_FDCWD ? "." : "", &status, AT_EMPTY_PATH) != 0) return -1;
    if (follows_links(folder, &status)) return open_at(folder, name, APPEND);
    int descriptor = open_at(folder, name, APPEND | O_CREAT | O_NOFOLLOW);
    if (descriptor == -1) return -1;
    if (fstat(descriptor, &file) == 0 && may_write_file(&file, &status)) return descriptor;
    os_close(descriptor);
    return -1;
}

int file_open_append(const char *path) {
    int saved_errno = errno;
    int folder = walk(&path);
    int descriptor = folder != -1 ? open_in(folder, path) : -1;
    leave(folder);
    errno = saved_errno;
    return descriptor;
}

void file_empty(int descriptor) {
    struct stat status;
    int saved_errno = errno;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        syscall(SYS_ftruncate, descriptor, 0L);
    errno = saved_errno;
}
