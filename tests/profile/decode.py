# SPDX-License-Identifier: MIT
"""decode.py FILE PROGRAM - checks that a file is a profile as pprof's profile.proto has it, every
reference in it leads somewhere and the first mapping is the program's, and prints its totals: a
line for each type of value, then the number of samples, locations and mappings."""
import sys


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            assert key & 7 == 2, "wire type %d" % (key & 7)
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length, "cut off"
        yield key >> 3, value


def packed(data):
    at, numbers = 0, []
    while at < len(data):
        number, at = varint(data, at)
        numbers.append(number)
    return numbers


profile = {}
for field, value in fields(open(sys.argv[1], "rb").read()):
    profile.setdefault(field, []).append(value)
strings = [value.decode() for value in profile[6]]
assert strings[0] == ""
types = [strings[dict(fields(value))[1]] for value in profile[1]]
mappings = {}
for value in profile.get(3, []):
    mapping = dict(fields(value))
    assert mapping[1] not in mappings and mapping[2] < mapping[3] and strings[mapping[5]]
    mappings[mapping[1]] = mapping
    if mapping[1] == 1:
        assert strings[mapping[5]].endswith("/" + sys.argv[2]), "the first mapping is not the program's"
locations = {}
for value in profile.get(4, []):
    location = dict(fields(value))
    assert location[1] not in locations, "a location twice"
    if location[2] != 0:
        mapping = mappings[location[2]]
        assert mapping[2] <= location[3] < mapping[3], "a location outside of its mapping"
    locations[location[1]] = location
totals = [0] * len(types)
for value in profile.get(2, []):
    sample = dict(fields(value))
    assert all(address in locations for address in packed(sample.get(1, b"")))
    values = packed(sample[2])
    assert len(values) == len(types)
    totals = [total + part for total, part in zip(totals, values)]
for name, total in zip(types, totals):
    print(name, total)
print("samples", len(profile.get(2, [])), "locations", len(locations), "mappings", len(mappings))
print("period", profile[12][0], strings[dict(fields(profile[11][0]))[1]])
