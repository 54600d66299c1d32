// SPDX-License-Identifier: MIT
#include "os/options.h"

#include <algorithm>

#include "support/heap_fixture.h"

namespace {

struct Parsed {
    struct options options;
    std::string errors;
};

Parsed parse(const std::string &string) {
    Parsed parsed = {};
    parsed.options.purge_delay = 1000;
    Capture capture;
    options_parse(&parsed.options, string.c_str(), capture.text());
    parsed.errors = capture.take();
    return parsed;
}

bool is_default(const struct options &o) {
    return o.purge_delay == 1000 && !o.purge_thread && !o.large_direct &&
           o.deepbind == DEEPBIND_JOIN && !o.report_exit && o.report_path[0] == 0;
}

uint64_t delay(const std::string &value) {
    Parsed parsed = parse("purge_delay=" + value);
    EXPECT_EQ(parsed.errors, "") << value;
    return parsed.options.purge_delay;
}

bool is_bad_delay(const std::string &value) {
    Parsed parsed = parse("purge_delay=" + value);
    return is_default(parsed.options) &&
           parsed.errors == "poolalloc: bad value '" + value +
                                "' for option 'purge_delay' in POOLALLOC_OPTIONS is ignored (it "
                                "takes TIME (500ms, 2s, 1m) or never)\n";
}

std::string nearest_key(const std::string &key) {
    std::string errors = parse(key).errors;
    std::string start =
        "poolalloc: unknown option '" + key + "' in POOLALLOC_OPTIONS is ignored (did you mean '";
    EXPECT_EQ(errors.compare(0, start.size(), start), 0) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1);
    return errors.substr(start.size(), errors.find('\'', start.size()) - start.size());
}

TEST(OptionsTest, NothingChangesNothing) {
    for (const char *string : {"", ",", ",,,,", "help", ",help,"}) {
        Parsed parsed = parse(string);
        EXPECT_TRUE(is_default(parsed.options)) << string;
        EXPECT_EQ(parsed.errors, "") << string;
    }
}

TEST(OptionsTest, EachKeySetsItsField) {
    EXPECT_EQ(parse("purge_thread=on").options.purge_thread, 1u);
    EXPECT_EQ(parse("purge_thread=on,purge_thread=off").options.purge_thread, 0u);
    EXPECT_EQ(parse("huge_pages=off").options.huge_pages, uint64_t(HUGE_PAGES_OFF));
    EXPECT_EQ(parse("huge_pages=early").options.huge_pages, uint64_t(HUGE_PAGES_EARLY));
    EXPECT_EQ(parse("huge_pages=off,huge_pages=on").options.huge_pages, uint64_t(HUGE_PAGES_ON));
    EXPECT_EQ(parse("large=direct").options.large_direct, 1u);
    EXPECT_EQ(parse("large=direct,large=cached").options.large_direct, 0u);
    EXPECT_EQ(parse("deepbind=keep").options.deepbind, DEEPBIND_KEEP);
    EXPECT_EQ(parse("deepbind=keep,deepbind=strip").options.deepbind, DEEPBIND_STRIP);
}

TEST(OptionsTest, TimesHaveUnits) {
    EXPECT_EQ(delay("0"), 0u);
    EXPECT_EQ(delay("17"), 17u);
    EXPECT_EQ(delay("500ms"), 500u);
    EXPECT_EQ(delay("2s"), 2000u);
    EXPECT_EQ(delay("3m"), 180000u);
    EXPECT_EQ(delay("1000000000m"), 60000000000000u);
    EXPECT_EQ(delay("never"), PURGE_NEVER);
}

TEST(OptionsTest, OtherTimesAreRefused) {
    for (const char *value :
         {"", "s", "ms", "-1", "+1", "1h", "1 s", "1s ", "1.5s", "0x10", "never1", "Never",
          "1000000001", "99999999999999999999999999999999", "1sms"})
        EXPECT_TRUE(is_bad_delay(value)) << value;
}

TEST(OptionsTest, TheReportGoesToAFileOrStandardError) {
    Parsed to_file = parse("report=/tmp/report.%p");
    EXPECT_STREQ(to_file.options.report_path, "/tmp/report.%p");
    EXPECT_FALSE(to_file.options.report_exit);
    Parsed to_error = parse("report=/tmp/x,report=exit");
    EXPECT_TRUE(to_error.options.report_exit);
    EXPECT_STREQ(to_error.options.report_path, "");
    EXPECT_TRUE(is_default(parse("report=exit,report=off").options));
    EXPECT_NE(parse("report=").errors, "");
    EXPECT_STREQ(parse("report=a=b").options.report_path, "a=b"); // only the first = splits
    std::string longest(sizeof(options.report_path) - 1, 'p');
    EXPECT_EQ(parse("report=" + longest).options.report_path, longest);
    EXPECT_TRUE(is_default(parse("report=" + longest + "p").options));
}

TEST(OptionsTest, ABadValueIsNamedAndTheRestStillCounts) {
    Parsed parsed = parse("purge_thread=yes,large=direct,deepbind,purge_delay=7");
    EXPECT_EQ(parsed.options.purge_thread, 0u);
    EXPECT_EQ(parsed.options.large_direct, 1u);
    EXPECT_EQ(parsed.options.purge_delay, 7u);
    EXPECT_EQ(parsed.errors, "poolalloc: bad value 'yes' for option 'purge_thread' in "
                             "POOLALLOC_OPTIONS is ignored (it takes on or off)\n"
                             "poolalloc: bad value '' for option 'deepbind' in "
                             "POOLALLOC_OPTIONS is ignored (it takes join, strip or keep)\n");
}

TEST(OptionsTest, AnUnknownKeyGetsTheNearestKnownOne) {
    EXPECT_EQ(nearest_key("purge_dealy"), "purge_delay");
    EXPECT_EQ(nearest_key("purgethread"), "purge_thread");
    EXPECT_EQ(nearest_key("Large"), "large");
    EXPECT_EQ(nearest_key("reports"), "report");
    EXPECT_EQ(nearest_key("deep_bind"), "deepbind");
    EXPECT_EQ(nearest_key("purge_delays"), "purge_delay");
}

TEST(OptionsTest, GarbageIsQuotedWithoutControlCharacters) {
    Parsed parsed = parse(std::string("\x1b[2J\n\xff\x7f") + "key=value");
    EXPECT_TRUE(is_default(parsed.options));
    EXPECT_NE(parsed.errors.find("unknown option '?[2J???key'"), std::string::npos)
        << parsed.errors;
    EXPECT_EQ(std::count(parsed.errors.begin(), parsed.errors.end(), '\n'), 1);
}

TEST(OptionsTest, LongGarbageIsQuotedInPart) {
    std::string key(64, 'k');
    EXPECT_NE(parse(key).errors.find("'" + key + "'"), std::string::npos);
    EXPECT_NE(parse(key + "!").errors.find("'" + key + "...'"), std::string::npos);
}

TEST(OptionsTest, AMebibyteOfOneKeyIsOneLine) {
    Parsed parsed = parse(std::string(MIB, 'x') + ",large=direct");
    EXPECT_EQ(parsed.options.large_direct, 1u); // what follows still counts
    EXPECT_EQ(std::count(parsed.errors.begin(), parsed.errors.end(), '\n'), 1);
    EXPECT_LT(parsed.errors.size(), 300u);
}

TEST(OptionsTest, AMebibyteOfRandomBytesChangesNothingAndSaysSoInPlainLines) {
    struct rng random = {test_seed()};
    std::string garbage;
    while (garbage.size() < MIB) garbage += static_cast<char>(1 + rng_below(&random, 255));
    Parsed parsed = parse(garbage);
    EXPECT_TRUE(is_default(parsed.options));
    for (char c : parsed.errors) ASSERT_TRUE(c == '\n' || (c >= ' ' && c < 127));
    size_t start = 0;
    for (size_t end; (end = parsed.errors.find('\n', start)) != std::string::npos;
         start = end + 1) {
        ASSERT_EQ(parsed.errors.compare(start, 11, "poolalloc: "), 0);
        ASSERT_LT(end - start, 300u);
    }
    EXPECT_EQ(start, parsed.errors.size());
}

TEST(OptionsTest, TheListHasEveryKeyAndItsDefault) {
    Capture capture;
    options_list(capture.text());
    const std::string &list = capture.take();
    for (const char *line : {"  report=off  (default)\n", "  purge_delay=1s  (default)\n",
                             "  purge_thread=off  (default)\n", "  huge_pages=on  (default)\n",
                             "  large=cached  (default)\n", "  deepbind=join  (default)\n"})
        EXPECT_NE(list.find(line), std::string::npos) << line << list;
    EXPECT_EQ(list.compare(0, 11, "poolalloc: "), 0);
}

TEST(OptionsTest, AModeIsSevenOptionsAndWhatFollowsItCounts) {
    auto measures = [](const std::string &string) {
        Parsed parsed = parse(string);
        EXPECT_EQ(parsed.errors, "") << string;
        const struct options &o = parsed.options;
        return std::vector<uint64_t>{o.zero_freed,    o.canaries,    o.exact_frees,  o.random_reuse,
                                     o.sized_deletes, o.guard_pages, o.random_places};
    };
    using Measures = std::vector<uint64_t>;
    EXPECT_EQ(measures("mode=hardened"), (Measures{1, 1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(measures("mode=hardened,canaries=off"), (Measures{1, 0, 1, 1, 1, 1, 1}));
    EXPECT_EQ(measures("canaries=off,mode=hardened"), (Measures{1, 1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(measures("mode=hardened,mode=off"), (Measures{0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(measures("canaries=on"), (Measures{0, 1, 0, 0, 0, 0, 0}));
    EXPECT_NE(parse("mode=hard").errors, "");
    EXPECT_EQ(measures("mode=debug"), (Measures{1, 1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(measures("mode=debug,mode=off"), (Measures{0, 0, 0, 0, 0, 0, 0}));
}

TEST(OptionsTest, OnlyTheModeForDevelopersHasAQuarantine) {
    EXPECT_EQ(parse("mode=debug").options.quarantine, 32u * 1024 * 1024);
    EXPECT_EQ(parse("mode=debug,quarantine=off").options.quarantine, 0u);
    EXPECT_EQ(parse("mode=debug,mode=hardened").options.quarantine, 0u);
    EXPECT_EQ(parse("quarantine=1M,mode=hardened").options.quarantine, 1024u * 1024);
    EXPECT_NE(parse("quarantine=63K").errors, "");
    EXPECT_NE(parse("quarantine=17G").errors, "");
}

TEST(OptionsTest, OnlyTheModeForDevelopersSamplesAllBlocks) {
    EXPECT_EQ(parse("mode=debug").options.sample, 1u);
    EXPECT_EQ(parse("mode=debug,sample=512K").options.sample, 512u * 1024);
    EXPECT_EQ(parse("mode=debug,mode=hardened").options.sample, 0u);
    EXPECT_EQ(parse("sample=512K,mode=hardened").options.sample, 512u * 1024);
}

} // namespace
