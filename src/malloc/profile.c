/* SPDX-License-Identifier: MIT */
#include "malloc/profile.h"

#include "heap/census.h"
#include "heap/sample.h"
#include "malloc/outlet.h"
#include "os/file.h"
#include "os/options.h"
#include "os/os.h"

/* ---- Addresses of all stacks ---- */

enum {
    ADDRESSES_LEAST = 64, /* a process that asks for little touches little memory here */
    OBJECTS_MOST = 512,
};

struct known {
    uintptr_t address; /* of a call: one less than where it returns to; 0: a free place */
    struct place place;
    unsigned object; /* number of the object that it lies in, from 1; 0: in none */
};

struct addresses {
    struct known *table;
    size_t most, count;
    unsigned objects;
    struct place object[OBJECTS_MOST];
};

static struct known *find_known(struct addresses *addresses, uintptr_t address) {
    size_t at = address * 0x9e3779b97f4a7c15 >> 20 & (addresses->most - 1);
    while (addresses->table[at].address != 0 && addresses->table[at].address != address)
        at = (at + 1) & (addresses->most - 1);
    return &addresses->table[at];
}

/* Callers that come in while sites are noted find room, for about as many again. */
static void note_site(const struct site *site, void *argument) {
    struct addresses *addresses = (struct addresses *)argument;
    for (unsigned i = 0; i < site->depth && addresses->count < addresses->most - 1; i++) {
        struct known *known = find_known(addresses, site->callers[i] - 1);
        if (known->address != 0) continue;
        known->address = site->callers[i] - 1;
        addresses->count++;
    }
}

static unsigned number_of_object(struct addresses *addresses, const struct place *place) {
    unsigned i = 0;
    while (i < addresses->objects && addresses->object[i].start != place->start) i++;
    if (i == OBJECTS_MOST) return 0;
    addresses->object[i] = *place;
    addresses->objects = i == addresses->objects ? i + 1 : addresses->objects;
    return i + 1;
}

/* Readers take the first object for the program. */
static void number_program(struct addresses *addresses) {
    struct place program;
    if (stack_find_object(os_program_entry(), &program)) number_of_object(addresses, &program);
}

static void resolve(struct addresses *addresses, bool with_names) {
    number_program(addresses);
    for (size_t i = 0; i < addresses->most; i++) {
        struct known *known = &addresses->table[i];
        if (known->address == 0) continue;
        bool found = with_names ? stack_find_place(known->address, &known->place)
                                : stack_find_object(known->address, &known->place);
        if (found) known->object = number_of_object(addresses, &known->place);
    }
}

static void count_callers(const struct site *site, void *argument) {
    *(size_t *)argument += site->depth;
}

static size_t addresses_size(const struct addresses *addresses) {
    return align_up(sizeof *addresses, 64) + addresses->most * sizeof(struct known);
}

static void drop_addresses(struct addresses *addresses) {
    os_unmap(addresses, align_up(addresses_size(addresses), os_page_size()));
}

/* NULL: what is known is out of reach, or there is no memory. */
static struct addresses *collect_addresses(bool with_names) {
    struct sample_totals totals;
    size_t callers = 0;
    struct addresses wanted = {.most = ADDRESSES_LEAST};
    if (!sample_each(&totals, count_callers, &callers)) return NULL;
    while (wanted.most < 2 * callers) wanted.most *= 2;
    struct addresses *addresses =
        (struct addresses *)os_map(align_up(addresses_size(&wanted), os_page_size()));
    if (addresses == NULL) return NULL;
    addresses->most = wanted.most;
    addresses->table = (struct known *)((char *)addresses + align_up(sizeof *addresses, 64));
    if (!sample_each(&totals, note_site, addresses)) {
        drop_addresses(addresses);
        return NULL;
    }
    resolve(addresses, with_names);
    return addresses;
}

/* ---- profile.proto: fields by their numbers there ---- */

enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE, PROFILE_MAPPING, PROFILE_LOCATION };
enum {
    PROFILE_STRING = 6,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD,
    PROFILE_COMMENT,
    PROFILE_DEFAULT_TYPE,
};
enum { VALUE_TYPE = 1, VALUE_UNIT };
enum { SAMPLE_LOCATIONS = 1, SAMPLE_VALUES };
enum { MAPPING_ID = 1, MAPPING_START, MAPPING_LIMIT, MAPPING_OFFSET, MAPPING_FILE };
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS };
enum { WIRE_NUMBER = 0, WIRE_BYTES = 2 };

/* Strings are known by the order in which they are written. */
static const char *const strings[] = {"",      "alloc_objects", "count",       "alloc_space",
                                      "bytes", "inuse_objects", "inuse_space", "peak_space",
                                      "space"};
enum { S_NONE, S_ALLOC_OBJECTS, S_COUNT, S_ALLOC_SPACE, S_BYTES, S_INUSE_OBJECTS, S_INUSE_SPACE };
enum { S_PEAK_SPACE = S_INUSE_SPACE + 1, S_SPACE, STRINGS };
static_assert(sizeof strings / sizeof strings[0] == STRINGS, "each string has its number");

static const uint8_t types[][2] = {{S_ALLOC_OBJECTS, S_COUNT},
                                   {S_ALLOC_SPACE, S_BYTES},
                                   {S_INUSE_OBJECTS, S_COUNT},
                                   {S_INUSE_SPACE, S_BYTES},
                                   {S_PEAK_SPACE, S_BYTES}};
enum { TYPES = sizeof types / sizeof types[0] };

static void add_varint(struct text *to, uint64_t number) {
    for (; number >= 128; number >>= 7) {
        char low = (char)(number | 128);
        text_add_bytes(to, &low, 1);
    }
    char last = (char)number;
    text_add_bytes(to, &last, 1);
}

static size_t size_of_varint(uint64_t number) { return (bit_highest(number | 1) + 7u) / 7; }

static void add_varint_field(struct text *to, unsigned field, uint64_t number) {
    add_varint(to, field << 3 | WIRE_NUMBER);
    add_varint(to, number);
}

/* Fields below 16 have keys of one byte. */
static size_t size_of_number(uint64_t number) { return 1 + size_of_varint(number); }

static void begin_bytes(struct text *to, unsigned field, size_t length) {
    add_varint(to, field << 3 | WIRE_BYTES);
    add_varint(to, length);
}

static void add_string_field(struct text *to, const char *string) {
    begin_bytes(to, PROFILE_STRING, strlen(string));
    text_add(to, string);
}

static void add_type(struct text *to, unsigned field, unsigned type, unsigned unit) {
    begin_bytes(to, field, size_of_number(type) + size_of_number(unit));
    add_varint_field(to, VALUE_TYPE, type);
    add_varint_field(to, VALUE_UNIT, unit);
}

static uint64_t rounded(double number) { return number > 0 ? (uint64_t)(number + 0.5) : 0; }

/* A site with a caller that came too late for the table is left out. */
struct output {
    struct text *to;
    struct addresses *addresses;
};

static bool knows_all(struct addresses *addresses, const struct site *site) {
    for (unsigned i = 0; i < site->depth; i++)
        if (find_known(addresses, site->callers[i] - 1)->address == 0) return false;
    return true;
}

static void add_sample(const struct site *site, void *argument) {
    struct output *output = (struct output *)argument;
    struct text *to = output->to;
    const uint64_t values[TYPES] = {rounded(site->blocks), rounded(site->bytes),
                                    rounded(site->live_blocks), rounded(site->live_bytes),
                                    rounded(site->peak_bytes)};
    size_t locations = 0, all_values = 0;
    if (!knows_all(output->addresses, site)) return;
    for (unsigned i = 0; i < site->depth; i++) locations += size_of_varint(site->callers[i] - 1);
    for (unsigned i = 0; i < TYPES; i++) all_values += size_of_varint(values[i]);
    begin_bytes(to, PROFILE_SAMPLE,
                1 + size_of_varint(locations) + locations + 1 + size_of_varint(all_values) +
                    all_values);
    begin_bytes(to, SAMPLE_LOCATIONS, locations);
    for (unsigned i = 0; i < site->depth; i++) add_varint(to, site->callers[i] - 1);
    begin_bytes(to, SAMPLE_VALUES, all_values);
    for (unsigned i = 0; i < TYPES; i++) add_varint(to, values[i]);
}

/* The address of a location is its number as well. */
static void add_locations(struct text *to, const struct addresses *addresses) {
    for (size_t i = 0; i < addresses->most; i++) {
        const struct known *known = &addresses->table[i];
        if (known->address == 0) continue;
        begin_bytes(to, PROFILE_LOCATION,
                    2 * size_of_number(known->address) + size_of_number(known->object));
        add_varint_field(to, LOCATION_ID, known->address);
        add_varint_field(to, LOCATION_MAPPING, known->object);
        add_varint_field(to, LOCATION_ADDRESS, known->address);
    }
}

static const char *path_of(const struct place *place) {
    if (place->path[0] != '\0') return place->path;
    return program_invocation_name != NULL ? program_invocation_name : "?";
}

/* File names are the strings behind the fixed ones, in the order of the objects. */
static void add_mappings(struct text *to, const struct addresses *addresses) {
    for (unsigned i = 0; i < addresses->objects; i++) {
        const struct place *object = &addresses->object[i];
        begin_bytes(to, PROFILE_MAPPING,
                    size_of_number(i + 1) + size_of_number(object->start) +
                        size_of_number(object->end) + size_of_number(STRINGS + i));
        add_varint_field(to, MAPPING_ID, i + 1);
        add_varint_field(to, MAPPING_START, object->start);
        add_varint_field(to, MAPPING_LIMIT, object->end);
        add_varint_field(to, MAPPING_FILE, STRINGS + i);
    }
    for (unsigned i = 0; i < STRINGS; i++) add_string_field(to, strings[i]);
    for (unsigned i = 0; i < addresses->objects; i++)
        add_string_field(to, path_of(&addresses->object[i]));
}

/* The string of the comment is behind all others. */
static void add_comment(struct text *to, const struct addresses *addresses, size_t live_before) {
    struct text comment;
    text_begin(&comment, -1);
    text_add(&comment, "live before sampling began, bytes: ");
    text_add_decimal(&comment, live_before);
    begin_bytes(to, PROFILE_STRING, comment.used);
    text_add_bytes(to, comment.buffer, comment.used);
    add_varint_field(to, PROFILE_COMMENT, STRINGS + addresses->objects);
}

static void add_all_but_samples(struct text *to, const struct addresses *addresses,
                                size_t live_before) {
    for (unsigned i = 0; i < TYPES; i++)
        add_type(to, PROFILE_SAMPLE_TYPE, types[i][0], types[i][1]);
    add_locations(to, addresses);
    add_mappings(to, addresses);
    add_type(to, PROFILE_PERIOD_TYPE, S_SPACE, S_BYTES);
    add_varint_field(to, PROFILE_PERIOD, sample_mean_begun());
    add_comment(to, addresses, live_before);
    add_varint_field(to, PROFILE_DEFAULT_TYPE, S_INUSE_SPACE);
}

/* Samples come first, as they alone may be out of reach. */
bool profile_write(struct text *to) {
    struct sample_totals totals;
    struct addresses *addresses = collect_addresses(false);
    if (addresses == NULL) return false;
    struct output output = {to, addresses};
    bool written = sample_each(&totals, add_sample, &output);
    if (written) add_all_but_samples(to, addresses, totals.live_before);
    drop_addresses(addresses);
    return written;
}

/* ---- Stacks as lines ---- */

static void add_name(struct text *to, const struct known *known) {
    if (known->object == 0) {
        text_add_hex(to, known->address);
        return;
    }
    if (known->place.symbol != NULL) {
        text_add(to, known->place.symbol);
        return;
    }
    const char *path = path_of(&known->place), *slash = strrchr(path, '/');
    text_add(to, slash != NULL ? slash + 1 : path);
    text_add(to, "+");
    text_add_hex(to, known->place.offset);
}

static void add_line(const struct site *site, void *argument) {
    struct output *output = (struct output *)argument;
    if (rounded(site->live_bytes) == 0 || !knows_all(output->addresses, site)) return;
    for (unsigned i = site->depth; i-- > 0;) {
        add_name(output->to, find_known(output->addresses, site->callers[i] - 1));
        text_add(output->to, i > 0 ? ";" : " ");
    }
    text_add_decimal(output->to, rounded(site->live_bytes));
    text_add(output->to, "\n");
}

/* What was live before sampling began: no more of it can be there than samples leave unexplained.
 */
static void add_rest(struct text *to, const struct sample_totals *totals) {
    struct census census;
    if (totals->live_before == 0) return;
    census_make(&census);
    double rest = (double)census.used_bytes - totals->live_bytes;
    uint64_t before = size_min(rounded(rest), totals->live_before);
    if (before == 0) return;
    text_add(to, "[allocated before sampling began] ");
    text_add_decimal(to, before);
    text_add(to, "\n");
}

bool profile_write_folded(struct text *to) {
    struct sample_totals totals;
    struct addresses *addresses = collect_addresses(true);
    if (addresses == NULL) return false;
    struct output output = {to, addresses};
    bool written = sample_each(&totals, add_line, &output);
    if (written) add_rest(to, &totals);
    drop_addresses(addresses);
    return written;
}

/* ---- The file ---- */

static bool is_folded(const char *path) {
    static const char ending[] = ".folded";
    size_t length = strlen(path);
    return length >= sizeof ending && strcmp(path + length - (sizeof ending - 1), ending) == 0;
}

bool profile_write_file(void) {
    const char *path = options.sample_path[0] != '\0' ? options.sample_path : "poolalloc.%p.pb";
    int descriptor = outlet_open(path, "profile", "sample_file");
    if (descriptor < 0) return true; /* a line said so */
    file_empty(descriptor);
    struct text text;
    text_begin(&text, descriptor);
    bool written = is_folded(path) ? profile_write_folded(&text) : profile_write(&text);
    text_flush(&text);
    outlet_close(descriptor);
    return written;
}
