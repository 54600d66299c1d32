/* SPDX-License-Identifier: MIT */
/* leak - answers requests, and forgets to free what it had read of those that it refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_request(int number) {
    char *request = malloc(200);
    if (request == NULL) exit(1);
    snprintf(request, 200, "%s %d", number % 10 == 0 ? "DELETE" : "GET", number);
    return request;
}

static int answer(int number) {
    char *request = read_request(number);
    if (strncmp(request, "GET", 3) != 0) return 403; /* the mistake */
    free(request);
    return 200;
}

int main(void) {
    int refused = 0;
    for (int i = 1; i <= 1000; i++) refused += answer(i) == 403;
    printf("1000 requests, %d refused\n", refused);
    return 0;
}
