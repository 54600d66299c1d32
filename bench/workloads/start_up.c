/* SPDX-License-Identifier: MIT */
/*
 * Starts itself 400 times; each child allocates 20 blocks, frees them and ends. Imitates shell
 * scripts and builds. The time is what an allocator costs at start and exit, the peak of resident
 * memory is that of a program that does nothing.
 */
#include "../harness.h"
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static int child(void) {
    void *blocks[20];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = block_new(16 + 8 * i);
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "child") == 0) return child();
    size_t starts = size_argument(argc, argv, 1, 400);
    char *arguments[] = {argv[0], "child", NULL};
    while (starts-- > 0) {
        pid_t process;
        int status;
        if (posix_spawn(&process, argv[0], NULL, NULL, arguments, environ) != 0 ||
            waitpid(process, &status, 0) != process || status != 0)
            die("a child failed");
    }
    return 0;
}
