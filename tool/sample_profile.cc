// SPDX-License-Identifier: MIT
#include "sample_profile.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <zlib.h>

#include "failure.h"
#include "proc.h"
#include "protobuf.h"
#include "text.h"

namespace {

// Fields of profile.proto by their numbers there.
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE,
    PROFILE_MAPPING,
    PROFILE_LOCATION,
    PROFILE_FUNCTION,
    PROFILE_STRING,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD,
    PROFILE_COMMENT,
    PROFILE_DEFAULT_TYPE,
};

const char *const type_names[FIGURES][2] = {{"alloc_objects", "count"},
                                            {"alloc_space", "bytes"},
                                            {"inuse_objects", "count"},
                                            {"inuse_space", "bytes"},
                                            {"peak_space", "bytes"}};
const char before_comment[] = "live before sampling began, bytes: ";

std::string file_bytes(const std::string &path) {
    gzFile file = gzopen(path.c_str(), "rb"); // reads files that are not compressed as they are
    if (file == nullptr) throw Failure("cannot read " + path + ": " + strerror(errno));
    std::string bytes;
    char buffer[65536];
    int count;
    while ((count = gzread(file, buffer, sizeof buffer)) > 0) bytes.append(buffer, (size_t)count);
    int status = Z_OK;
    gzerror(file, &status);
    gzclose(file);
    if (count < 0 || (status != Z_OK && status != Z_STREAM_END))
        throw Failure(path + " cannot be read to its end");
    return bytes;
}

std::string compressed(const std::string &bytes) {
    z_stream stream = {};
    enum { GZIP = 16 }; // added to the bits of the window
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        throw Failure("zlib has no memory");
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = (Bytef *)bytes.data();
    stream.avail_in = (uInt)bytes.size();
    stream.next_out = (Bytef *)&out[0];
    stream.avail_out = (uInt)out.size();
    int status = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (status != Z_STREAM_END) throw Failure("the profile cannot be compressed");
    return out;
}

// ---- Reading ----

struct Location {
    uint64_t address = 0, mapping = 0;
    std::vector<std::pair<uint64_t, unsigned>> lines; // function, line; innermost first
};

struct Function {
    uint64_t name = 0, file = 0;
};

struct Raw { // what refers to what by numbers
    std::vector<std::string> strings;
    std::vector<uint64_t> types, comments;
    std::vector<std::pair<std::vector<uint64_t>, std::vector<uint64_t>>> samples;
    std::map<uint64_t, SymbolObject> objects;
    std::map<uint64_t, uint64_t> paths; // of objects, numbers of strings
    std::map<uint64_t, Location> locations;
    std::map<uint64_t, Function> functions;
    uint64_t mean = 0;
    bool is_whole = false;

    const std::string &string(uint64_t number) const {
        if (number >= strings.size()) throw Failure("a name is missing");
        return strings[number];
    }
};

void read_object(const Message &message, Raw *raw) {
    uint64_t id = message.number(1);
    raw->objects[id] = {message.number(2), message.number(3), ""};
    raw->paths[id] = message.number(5);
}

void read_location(const Message &message, Raw *raw) {
    Location &location = raw->locations[message.number(1)];
    location.mapping = message.number(2);
    location.address = message.number(3);
    for (const Field &field : message.fields)
        if (field.number == 4) {
            Message line(field.bytes);
            location.lines.emplace_back(line.number(1), (unsigned)line.number(2));
        }
}

Raw read_raw(const std::string &bytes) {
    Raw raw;
    for (const Field &field : Message(bytes).fields) {
        if (field.number == PROFILE_PERIOD) raw.mean = field.value;
        if (field.number == PROFILE_COMMENT)
            for (uint64_t number : field.numbers()) raw.comments.push_back(number);
        if (field.number == PROFILE_DEFAULT_TYPE) raw.is_whole = true;
        if (field.number == PROFILE_STRING) raw.strings.emplace_back(field.bytes);
        if (field.is_number) continue;
        Message message = field.number <= PROFILE_FUNCTION ? Message(field.bytes) : Message("");
        if (field.number == PROFILE_SAMPLE_TYPE) raw.types.push_back(message.number(1));
        if (field.number == PROFILE_SAMPLE)
            raw.samples.emplace_back(message.numbers(1), message.numbers(2));
        if (field.number == PROFILE_MAPPING) read_object(message, &raw);
        if (field.number == PROFILE_LOCATION) read_location(message, &raw);
        if (field.number == PROFILE_FUNCTION)
            raw.functions[message.number(1)] = {message.number(2), message.number(4)};
    }
    if (raw.samples.empty() && raw.types.empty()) throw Failure("it has no types of samples");
    for (auto &[id, object] : raw.objects) object.path = raw.string(raw.paths[id]);
    return raw;
}

// The places of our figures among the values of a file; -1: it lacks the figure.
std::array<int, FIGURES> find_types(const Raw &raw) {
    std::array<int, FIGURES> places;
    places.fill(-1);
    for (size_t i = 0; i < raw.types.size(); i++)
        for (int figure = 0; figure < FIGURES; figure++)
            if (raw.string(raw.types[i]) == type_names[figure][0]) places[(size_t)figure] = (int)i;
    if (places[IN_USE_BYTES] < 0 && places[ALLOCATED_BYTES] < 0)
        throw Failure("it is no profile of memory");
    return places;
}

std::vector<Frame> frames_of(const Raw &raw, const Location &location, const Symbols &symbols) {
    if (location.lines.empty()) return symbols.frames_of(location.address);
    std::vector<Frame> frames;
    auto object = raw.objects.find(location.mapping);
    for (const auto &[id, line] : location.lines) {
        auto function = raw.functions.find(id);
        if (function == raw.functions.end()) throw Failure("a function is missing");
        frames.push_back({raw.string(function->second.name), raw.string(function->second.file),
                          line, object == raw.objects.end() ? "" : object->second.path});
    }
    return frames;
}

void add_samples(const Raw &raw, const Symbols &symbols, SampleProfile *profile) {
    std::map<uint64_t, std::vector<unsigned>> numbers;
    for (const auto &[id, location] : raw.locations)
        for (const Frame &frame : frames_of(raw, location, symbols))
            numbers[id].push_back(profile->number_of(frame));
    std::array<int, FIGURES> places = find_types(raw);
    for (const auto &[locations, values] : raw.samples) {
        std::vector<unsigned> stack;
        for (uint64_t id : locations)
            stack.insert(stack.end(), numbers[id].begin(), numbers[id].end());
        Figures figures{};
        for (size_t i = 0; i < FIGURES; i++)
            if (places[i] >= 0 && (size_t)places[i] < values.size())
                figures[i] = (int64_t)values[(size_t)places[i]];
        profile->add(stack, figures);
    }
}

// What lived before is a stack of its own: no more than this can be there still.
void add_comments(const Raw &raw, SampleProfile *profile) {
    for (uint64_t number : raw.comments) {
        const std::string &text = raw.string(number);
        if (!starts_with(text, before_comment)) continue;
        auto bytes = (int64_t)strtoull(&text[sizeof before_comment - 1], nullptr, 10);
        Figures figures{};
        figures[IN_USE_BYTES] = figures[PEAK_BYTES] = bytes;
        if (bytes != 0)
            profile->add({profile->number_of({"[allocated before sampling began]", "", 0, ""})},
                         figures);
    }
}

// ---- Writing ----

class Strings {
  public:
    uint64_t number_of(const std::string &text) {
        auto [place, is_new] = numbers_.emplace(text, order_.size());
        if (is_new) order_.push_back(text);
        return place->second;
    }
    const std::vector<std::string> &all() const { return order_; }

  private:
    std::vector<std::string> order_{""};
    std::map<std::string, uint64_t> numbers_{{"", 0}};
};

std::string type_message(Strings *strings, const char *type, const char *unit) {
    return Writer().put(1, strings->number_of(type)).put(2, strings->number_of(unit)).bytes();
}

// The object with the program's main function, or "".
std::string program_of(const SampleProfile &profile) {
    for (const Frame &frame : profile.frames)
        if (frame.function == "main") return frame.object;
    return "";
}

// Numbers of objects from 1 on. Readers take the first for the program.
std::map<std::string, uint64_t> number_objects(const SampleProfile &profile) {
    std::map<std::string, uint64_t> objects;
    std::string program = program_of(profile);
    if (!program.empty()) objects.emplace(program, 1);
    for (const Frame &frame : profile.frames)
        if (!frame.object.empty()) objects.emplace(frame.object, objects.size() + 1);
    return objects;
}

const uint64_t OBJECT_SIZE = (uint64_t)1 << 32;

std::string object_message(uint64_t id, uint64_t path) {
    return Writer()
        .put(1, id)
        .put(2, id * OBJECT_SIZE)
        .put(3, (id + 1) * OBJECT_SIZE)
        .put(5, path)
        .put(7, 1)  // it has functions,
        .put(8, 1)  // files,
        .put(9, 1)  // lines,
        .put(10, 1) // and inlined frames
        .bytes();
}

void put_objects(const std::map<std::string, uint64_t> &objects, Strings *strings, Writer *to) {
    std::vector<std::string> paths(objects.size());
    for (const auto &[path, id] : objects) paths[id - 1] = path;
    for (size_t i = 0; i < paths.size(); i++)
        to->put(PROFILE_MAPPING, object_message(i + 1, strings->number_of(paths[i])));
}

// Addresses are made up, each in its object: what is written has functions, and frames of several
// processes may be in it.
void put_frames(const SampleProfile &profile, Strings *strings, Writer *to) {
    std::map<std::string, uint64_t> objects = number_objects(profile);
    for (size_t i = 0; i < profile.frames.size(); i++) {
        const Frame &frame = profile.frames[i];
        uint64_t id = i + 1, name = strings->number_of(frame.function);
        uint64_t object = frame.object.empty() ? 0 : objects[frame.object];
        Writer line;
        line.put(1, id).put(2, frame.line);
        to->put(PROFILE_LOCATION, Writer()
                                      .put(1, id)
                                      .put(2, object)
                                      .put(3, object * OBJECT_SIZE + i)
                                      .put(4, line.bytes())
                                      .bytes());
        to->put(PROFILE_FUNCTION, Writer()
                                      .put(1, id)
                                      .put(2, name)
                                      .put(3, name)
                                      .put(4, strings->number_of(frame.file))
                                      .bytes());
    }
    put_objects(objects, strings, to);
}

} // namespace

// What a file claims may be beyond all bounds: figures stay at the last one that there is.
static void add_figures(Figures *sum, const Figures &figures, bool negative) {
    for (size_t i = 0; i < FIGURES; i++) {
        int64_t &total = (*sum)[i];
        bool is_up = (figures[i] > 0) != negative;
        bool overflows = negative ? __builtin_sub_overflow(total, figures[i], &total)
                                  : __builtin_add_overflow(total, figures[i], &total);
        if (overflows) total = is_up ? INT64_MAX : INT64_MIN;
    }
}

Figures SampleProfile::totals() const {
    Figures sum{};
    for (const Stack &stack : stacks) add_figures(&sum, stack.figures, false);
    return sum;
}

unsigned SampleProfile::number_of(const Frame &frame) {
    std::string key = frame.function + '\n' + frame.file + '\n' + std::to_string(frame.line) +
                      '\n' + frame.object;
    auto [place, is_new] = numbers_.emplace(key, frames.size());
    if (is_new) frames.push_back(frame);
    return place->second;
}

void SampleProfile::add(const std::vector<unsigned> &numbers, const Figures &figures,
                        bool negative) {
    auto [place, is_new] = places_.emplace(numbers, stacks.size());
    if (is_new) stacks.push_back({numbers, {}});
    add_figures(&stacks[place->second].figures, figures, negative);
}

SampleProfile profile_read(const std::string &path, SymbolFiles files) {
    std::string bytes = file_bytes(path);
    try {
        Raw raw = read_raw(bytes);
        SampleProfile profile;
        profile.mean = raw.mean;
        std::vector<SymbolObject> objects;
        for (const auto &[id, object] : raw.objects) objects.push_back(object);
        Symbols symbols(objects, files);
        add_samples(raw, symbols, &profile);
        add_comments(raw, &profile);
        return profile;
    } catch (const Failure &failure) {
        throw Failure(path + " cannot be read as a pprof profile: " + failure.what());
    }
}

bool profile_is_whole(const std::string &path) {
    try {
        return read_raw(file_bytes(path)).is_whole;
    } catch (const Failure &) {
        return false;
    }
}

static void add_profile(SampleProfile *sum, const SampleProfile &profile, bool negative) {
    for (const Stack &stack : profile.stacks) {
        std::vector<unsigned> numbers;
        for (unsigned frame : stack.frames)
            numbers.push_back(sum->number_of(profile.frames[frame]));
        sum->add(numbers, stack.figures, negative);
    }
}

SampleProfile profile_difference(const SampleProfile &before, const SampleProfile &after) {
    SampleProfile difference;
    difference.mean = after.mean;
    add_profile(&difference, after, false);
    add_profile(&difference, before, true);
    return difference;
}

std::string profile_compressed(const SampleProfile &profile) {
    Writer to;
    Strings strings;
    for (auto [type, unit] : type_names)
        to.put(PROFILE_SAMPLE_TYPE, type_message(&strings, type, unit));
    for (const Stack &stack : profile.stacks) {
        Writer locations, values;
        for (unsigned frame : stack.frames) locations.number(frame + 1);
        for (int64_t figure : stack.figures) values.number((uint64_t)figure);
        to.put(PROFILE_SAMPLE, Writer().put(1, locations.bytes()).put(2, values.bytes()).bytes());
    }
    put_frames(profile, &strings, &to);
    to.put(PROFILE_PERIOD_TYPE, type_message(&strings, "space", "bytes"));
    to.put(PROFILE_PERIOD, profile.mean);
    to.put(PROFILE_DEFAULT_TYPE, strings.number_of(type_names[IN_USE_BYTES][0]));
    for (const std::string &string : strings.all()) to.put(PROFILE_STRING, string);
    return compressed(to.bytes());
}

const Frame &profile_holder(const SampleProfile &profile, const Stack &stack) {
    static const Frame nothing = {"(unknown)", "", 0, ""};
    for (unsigned frame : stack.frames)
        if (!frame_is_of_allocating(profile.frames[frame])) return profile.frames[frame];
    return stack.frames.empty() ? nothing : profile.frames[stack.frames.front()];
}
