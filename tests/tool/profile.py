# SPDX-License-Identifier: MIT
"""profile.py FILE PROGRAM - reads a gzipped profile.proto, whose first mapping is to be the
program's, and prints for each sample its bytes in use and its frames, innermost first, as
function:file:line."""
import gzip
import sys


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def message(data):
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            assert at + value <= len(data), "cut off"
            value, at = data[at:at + value], at + value
        else:
            assert key & 7 == 0, "wire type %d" % (key & 7)
        fields.setdefault(key >> 3, []).append(value)
    return fields


def packed(values):
    numbers, at = [], 0
    data = b"".join(values)
    while at < len(data):
        number, at = varint(data, at)
        numbers.append(number - (1 << 64) if number >> 63 else number)
    return numbers


profile = message(gzip.open(sys.argv[1], "rb").read())
strings = [string.decode() for string in profile[6]]
assert strings[0] == "" and len(set(strings)) == len(strings)
types = [strings[message(value)[1][0]] for value in profile[1]]
assert strings[profile[14][0]] == "inuse_space"
functions = {message(value)[1][0]: message(value) for value in profile[5]}
first = strings[message(profile[3][0])[5][0]]
assert first.endswith("/" + sys.argv[2]), "the first mapping is of " + first
mappings = {message(value)[1][0]: message(value) for value in profile.get(3, [])}
frames = {}
for value in profile[4]:
    location = message(value)
    if location[2][0] != 0:
        mapping = mappings[location[2][0]]
        assert mapping[2][0] <= location[3][0] < mapping[3][0]
    (line,) = location[4]
    function = functions[message(line)[1][0]]
    assert location[1][0] not in frames and location[1][0] != 0
    frames[location[1][0]] = "%s:%s:%d" % (strings[function[2][0]], strings[function[4][0]].split("/")[-1],
                                           message(line)[2][0])
for value in profile[2]:
    sample = message(value)
    values = packed(sample[2])
    assert len(values) == len(types)
    print(values[types.index("inuse_space")], *[frames[number] for number in packed(sample[1])])
