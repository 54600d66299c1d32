/* SPDX-License-Identifier: MIT */
/*
 * live NAME=LIBRARY... - memory of one program under up to three allocators, at the same time, as a
 * chart on the terminal that grows for half a minute; an empty LIBRARY is libc's own malloc. The
 * program builds 200 MiB of small blocks, rests, frees all but one in 200 at random, calls nothing
 * for ten seconds, and then a little. Where the output is no terminal the chart is printed once, at
 * its end. Takes 700 MiB of memory.
 *
 * The parent allocates nothing of size and reads the page tables of its children, which are this
 * program again: child START-NANOSECONDS.
 */
#include "memory.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- The course of things, in seconds ---- */

static const struct phase {
    double begin;
    const char *name;
} phases[] = {{0, "build"}, {4, "rest"}, {7, "free"}, {10, "no call at all"}, {20, "a few calls"}};

#define END 30
enum { BUILD, REST, FREE, QUIET, CALLS };

static double started;

static double now(void) { return seconds_now() - started; }

static void sleep_until(double second) {
    double left = second - now();
    if (left <= 0) return;
    struct timespec time = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
    nanosleep(&time, NULL);
}

/* ---- The child ---- */

#define PEAK_BYTES (200u << 20)
#define BLOCKS_MOST 450000
#define KEEP_ONE_IN 200
#define STEPS 80

static void *blocks[BLOCKS_MOST];

/* Does `step` of STEPS at an even pace between two phases. */
static void pace(int phase, size_t step) {
    double begin = phases[phase].begin, end = phases[phase + 1].begin;
    sleep_until(begin + (end - begin) * (double)(step + 1) / (STEPS + 4));
}

static size_t build(struct rng *rng) {
    size_t count = 0, bytes = 0;
    for (size_t step = 0; step < STEPS; step++) {
        for (; bytes < PEAK_BYTES / STEPS * (step + 1) && count < BLOCKS_MOST; count++) {
            size_t size = rng_between(rng, 16, 1000);
            blocks[count] = block_new(size);
            bytes += size;
        }
        pace(BUILD, step);
    }
    return count;
}

static void be_child(void) {
    struct rng rng = rng_seeded(99);
    size_t count = build(&rng), kept = count / KEEP_ONE_IN, freed = kept;
    blocks_shuffle(&rng, blocks, count);
    sleep_until(phases[FREE].begin);
    for (size_t step = 0; step < STEPS; step++) {
        for (; freed < kept + (count - kept) * (step + 1) / STEPS; freed++)
            block_drop(blocks[freed]);
        pace(FREE, step);
    }
    sleep_until(phases[CALLS].begin);
    while (now() < END + 5) {
        for (int i = 0; i < 5; i++) block_drop(block_new(rng_between(&rng, 16, 1000)));
        sleep_until(now() + 0.005);
    }
}

/* ---- The allocators ---- */

#define CURVES 3
#define SAMPLES_PER_SECOND 5
#define SAMPLES (END * SAMPLES_PER_SECOND)

static struct curve {
    const char *name, *preload;
    pid_t process;
    long mib[SAMPLES];
} curves[CURVES];

static size_t curve_count, sample_count;

static void stop(void) {
    for (size_t i = 0; i < curve_count; i++)
        if (curves[i].process > 0) kill(curves[i].process, SIGKILL);
}

static void become_child(const struct curve *curve, const char *self) {
    char start[32];
    snprintf(start, sizeof start, "%.0f", started * 1e9);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (curve->preload[0] != '\0') setenv("LD_PRELOAD", curve->preload, 1);
    execl("/proc/self/exe", self, "child", start, (char *)NULL);
    die("cannot start itself");
}

static void start_all(const char *self) {
    started = seconds_now() + 0.2;
    for (size_t i = 0; i < curve_count; i++) {
        curves[i].process = fork();
        if (curves[i].process == 0) become_child(&curves[i], self);
        if (curves[i].process < 0) die("cannot fork");
    }
}

static void sample(void) {
    for (size_t i = 0; i < curve_count; i++) {
        char path[64];
        if (waitpid(curves[i].process, NULL, WNOHANG) != 0) die("a child ended too early");
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)curves[i].process);
        curves[i].mib[sample_count] = memory_figure(path, "\nRss:") / 1024;
    }
    sample_count++;
}

/* ---- The picture: rows of cells, each with a stroke of one curve ---- */

#define ROWS 16
#define COLUMNS_MOST 100
#define MARGIN 6 /* for the figures at the left */

enum stroke { NOTHING, FLAT, UPRIGHT, UP_END, UP_BEGIN, DOWN_END, DOWN_BEGIN };

static struct cell { unsigned char stroke, curve; } cells[ROWS][COLUMNS_MOST];

static size_t columns = 70;
static int is_terminal, has_lines, has_colours;

static const char *const strokes[] = {" ", "─", "│", "╭", "╯", "╰", "╮"};
static const char *const colours[CURVES] = {"\033[2m", "\033[36m", "\033[1;33m"};

static long scale(void) { /* MiB of a row */
    long peak = 0, unit = 16;
    for (size_t i = 0; i < curve_count; i++)
        for (size_t s = 0; s < sample_count; s++)
            if (curves[i].mib[s] > peak) peak = curves[i].mib[s];
    while (unit * (ROWS - 1) < peak) unit += 4;
    return unit;
}

static void put(size_t row, size_t column, enum stroke stroke, size_t curve) {
    cells[row][column] = (struct cell){(unsigned char)stroke, (unsigned char)curve};
}

/* From the height of one column to that of the next. */
static void draw_step(size_t from, size_t to, size_t column, size_t curve) {
    if (from == to) {
        put(to, column, FLAT, curve);
        return;
    }
    put(from, column, to > from ? UP_BEGIN : DOWN_BEGIN, curve);
    put(to, column, to > from ? UP_END : DOWN_END, curve);
    for (size_t row = (from < to ? from : to) + 1; row < (from < to ? to : from); row++)
        put(row, column, UPRIGHT, curve);
}

static void draw(void) {
    long unit = scale();
    memset(cells, 0, sizeof cells);
    for (size_t i = 0; i < curve_count; i++) {
        size_t before = 0;
        for (size_t column = 0; column < columns; column++) {
            size_t at = column * SAMPLES / columns;
            if (at >= sample_count) break;
            size_t row = (size_t)((curves[i].mib[at] + unit / 2) / unit);
            draw_step(column == 0 ? row : before, row, column, i);
            before = row;
        }
    }
}

/* ---- Printing ---- */

static void print_cell(const struct cell *cell) {
    if (cell->stroke == NOTHING)
        putchar(' ');
    else if (!has_lines)
        putchar(curves[cell->curve].name[0]);
    else if (has_colours)
        printf("%s%s\033[0m", colours[cell->curve], strokes[cell->stroke]);
    else
        fputs(strokes[cell->stroke], stdout);
}

static void end_line(void) { puts(is_terminal ? "\033[K" : ""); }

static void print_rows(void) {
    long unit = scale();
    for (size_t row = ROWS; row-- > 0;) {
        if (row % 5 == 0)
            printf("%4ld %s", (long)row * unit, has_lines ? "┤" : "+");
        else
            printf("     %s", has_lines ? "│" : "|");
        for (size_t column = 0; column < columns; column++) print_cell(&cells[row][column]);
        end_line();
    }
}

static size_t column_of(double second) { return (size_t)(second * (double)columns / END); }

/* Blanks up to where a second stands, at least one after a text; returns the column. */
static size_t advance(size_t column, double second) {
    size_t to = column_of(second);
    if (to <= column && column > 0) to = column + 1;
    for (; column < to; column++) putchar(' ');
    return column;
}

static void print_axis(void) {
    printf(has_lines ? "     └" : "     +");
    for (size_t column = 0; column < columns; column++) fputs(has_lines ? "─" : "-", stdout);
    end_line();
    printf("%*s", MARGIN, "");
    size_t column = 0;
    for (int second = 0; second < END; second += 5) {
        column = advance(column, second);
        column += (size_t)printf("%d%s", second, second == 0 ? " s" : "");
    }
    end_line();
}

static void print_phases(void) {
    size_t column = 0;
    printf("%*s", MARGIN, "");
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        column = advance(column, phases[i].begin) + (size_t)printf("%s", phases[i].name);
    end_line();
}

static void print_key(void) {
    printf("MiB  ");
    for (size_t i = 0; i < curve_count; i++) {
        if (has_colours) fputs(colours[i], stdout);
        if (has_lines)
            printf("── %s", curves[i].name);
        else
            printf("%c %s", curves[i].name[0], curves[i].name);
        if (has_colours) fputs("\033[0m", stdout);
        printf(" %ld   ", curves[i].mib[sample_count - 1]);
    }
    end_line();
}

#define LINES_PRINTED (ROWS + 4)

static void print(void) {
    draw();
    print_key();
    print_rows();
    print_axis();
    print_phases();
    fflush(stdout);
}

/* ---- Main ---- */

static void learn_terminal(void) {
    struct winsize size;
    const char *locale = getenv("LC_ALL"), *terminal = getenv("TERM");
    if (locale == NULL || *locale == '\0') locale = getenv("LC_CTYPE");
    if (locale == NULL || *locale == '\0') locale = getenv("LANG");
    is_terminal = isatty(1) && terminal != NULL && strcmp(terminal, "dumb") != 0;
    has_colours = is_terminal && getenv("NO_COLOR") == NULL;
    has_lines = has_colours && locale != NULL && strcasestr(locale, "utf") != NULL;
    if (is_terminal && ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > MARGIN + 1)
        columns = size.ws_col - MARGIN - 1;
    if (columns > COLUMNS_MOST) columns = COLUMNS_MOST;
    if (columns < 54) columns = 54;
}

static void end_on_signal(int number) {
    static const char restore[] = "\033[?25h\n";
    if (is_terminal && write(1, restore, sizeof restore - 1) < 0) _exit(1);
    stop();
    _exit(128 + number);
}

static void watch(void) {
    if (is_terminal) printf("\033[?25l");
    while (sample_count < SAMPLES) {
        sleep_until((double)sample_count / SAMPLES_PER_SECOND);
        sample();
        if (is_terminal) {
            if (sample_count > 1) printf("\033[%dA\r", LINES_PRINTED);
            print();
        } else if (sample_count % (10 * SAMPLES_PER_SECOND) == 0) {
            fprintf(stderr, "%zu of %d s\n", sample_count / SAMPLES_PER_SECOND, END);
        }
    }
    if (is_terminal) printf("\033[?25h");
    if (!is_terminal) print();
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) {
        started = strtod(argv[2], NULL) / 1e9;
        be_child();
        return 0;
    }
    if (argc < 2 || argc > CURVES + 1) die("usage: live NAME=LIBRARY... (up to three)");
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL) die("usage: live NAME=LIBRARY... (up to three)");
        *equals = '\0';
        curves[curve_count++] = (struct curve){.name = argv[i], .preload = equals + 1};
    }
    learn_terminal();
    signal(SIGINT, end_on_signal);
    signal(SIGTERM, end_on_signal);
    start_all(argv[0]);
    watch();
    stop();
    return 0;
}
