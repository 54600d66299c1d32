# SPDX-License-Identifier: MIT
"""oracle.py - the values of poolval.h against Python's own: random operations on both, whose results
must be the same: text, equality, order, hashes, slices, the order of keys, the room of lists.

    python3 oracle.py LIBRARY [STEPS]       STRESS_SEED=n repeats a run
"""
import ctypes
import math
import os
import random
import struct
import sys
import time

P, Z, I64, SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_ssize_t
library = ctypes.CDLL(sys.argv[1])
if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 3000


def function(name, result, *arguments):
    f = getattr(library, name)
    f.restype, f.argtypes = result, arguments
    return f


heap_new = function("poolobj_heap_new", P)
heap_close = function("poolobj_heap_close", None, P)
heap_check = function("poolobj_heap_check", None, P)
collect = function("poolobj_gc_collect", ctypes.c_size_t, P, ctypes.c_int)
space_new = function("poolval_space_new", P, P, P)
space_check = function("poolval_space_check", None, P)
error = function("poolval_error", ctypes.c_int, P)
message = function("poolval_error_message", Z, P)
none = function("poolval_none", P, P)
boolean = function("poolval_bool", P, P, ctypes.c_int)
int_new = function("poolval_int_new", P, P, I64)
int_parse = function("poolval_int_parse", P, P, Z, ctypes.c_size_t, ctypes.c_int)
float_new = function("poolval_float_new", P, P, ctypes.c_double)
str_new = function("poolval_str_new_size", P, P, Z, ctypes.c_size_t)
utf8 = function("poolval_str_utf8", ctypes.c_void_p, P, P, P)
repr_of = function("poolval_repr", P, P, P)
equal = function("poolval_equal", ctypes.c_int, P, P, P)
compare = function("poolval_compare", ctypes.c_int, P, P, P, P)
hash_of = function("poolval_hash", ctypes.c_int, P, P, P)
copy_of = function("poolval_copy", P, P, P)
deepcopy_of = function("poolval_deepcopy", P, P, P)
truth = function("poolval_truth", ctypes.c_int, P, P)
tuple_new = function("poolval_tuple_new", P, P, P, ctypes.c_size_t)
list_new = function("poolval_list_new_items", P, P, P, ctypes.c_size_t)
dict_new = function("poolval_dict_new", P, P)
dict_set = function("poolval_dict_set", ctypes.c_int, P, P, P, P)
bytes_new = function("poolval_bytes_new", P, P, Z, ctypes.c_size_t)
bytearray_new = function("poolval_bytearray_new", P, P, Z, ctypes.c_size_t)
range_new = function("poolval_range_new", P, P, I64, I64, I64)
slice_new = function("poolval_slice_new", P, P, SIZE, SIZE, SIZE)
set_new = function("poolval_set_new", P, P, P)
frozenset_new = function("poolval_frozenset_new", P, P, P)
OMITTED = -sys.maxsize - 1
# The reference counts are an implementation detail of inline functions, so garbage stays here:
# every object lives until its heap is closed.

heap = space = None


def same(ours, theirs, what):
    if ours == theirs:
        return
    ours, theirs = repr(ours), repr(theirs)
    at = max(len(os.path.commonprefix([ours, theirs])) - 20, 0)
    sys.exit(f"{what}: from {at} on ours {ours[at:at + 80]}, Python's {theirs[at:at + 80]}")


def text_of(value):
    size = ctypes.c_size_t()
    data = utf8(space, value, ctypes.byref(size))
    return ctypes.string_at(data, size.value).decode()


def make(value):
    """The same value in our space."""
    if value is None:
        return none(space)
    if isinstance(value, bool):
        return boolean(space, value)
    if isinstance(value, int):
        if not -2**63 <= value < 2**63:
            text = hex(value).encode()
            return int_parse(space, text, len(text), 0)
        return int_new(space, value)
    if isinstance(value, float):
        return float_new(space, value)
    if isinstance(value, str):
        data = value.encode()
        return str_new(space, data, len(data))
    if isinstance(value, dict):
        made = dict_new(space)
        for key, item in value.items():
            same(dict_set(space, made, make(key), make(item)), 0, "dict_set")
        return made
    if isinstance(value, (bytes, bytearray)):
        return (bytes_new if isinstance(value, bytes) else bytearray_new)(space, bytes(value), len(value))
    if isinstance(value, range):
        return range_new(space, value.start, value.stop, value.step)
    if isinstance(value, slice):
        parts = [OMITTED if part is None else part for part in (value.start, value.stop, value.step)]
        return slice_new(space, *parts)
    if isinstance(value, (set, frozenset)):
        return (set_new if isinstance(value, set) else frozenset_new)(space, make(list(value)))
    items = (P * len(value))(*[make(item) for item in value])
    return (tuple_new if isinstance(value, tuple) else list_new)(space, items, len(value))


# ---- Random values ----

alphabets = ["ab", "'\"\\\n\t\r\0\x7f ~", "\x80\xe9\xff\xa0\xad", "\u0100\u4e2d\u2028\uffff\ue000",
             "\U0001f43a\U0010ffff\U000e0001", "aé中🐺"]


def random_str():
    return "".join(random.choices(random.choice(alphabets), k=random.randrange(8)))


def random_float():
    kind = random.randrange(7)
    if kind == 0:
        return float(random.randrange(-300, 300))
    if kind == 1:
        return random.choice([0.0, -0.0, math.inf, -math.inf, 1e16, 1e15, 1e-4, 1e-5, 5e-324,
                              2.0**63, -(2.0**63), 2.0**53 + 2, 1.7976931348623157e308])
    if kind == 2:
        return math.ldexp(1.0, random.randrange(-1074, 1024))
    if kind == 3:
        return random.random()
    if kind == 4:
        return round(random.uniform(-1e6, 1e6), random.randrange(6))
    return struct.unpack("d", struct.pack("Q", random.getrandbits(64)))[0]


def random_int():
    kind = random.randrange(6)
    if kind == 0:
        return random.randrange(-300, 300)
    if kind == 1:
        return random.choice([-1, 1]) * (2 ** random.choice([31, 53, 63, 64, 65, 127, 128, 192, 1023])
                                         + random.randrange(-3, 4))
    bits = random.choice([63, 64, 70, 128, 130, 200, 1000, 1100])
    number = random.getrandbits(random.randrange(1, bits + 1))
    if kind == 2:  # words of zeros and ones
        number = number >> 60 << 60 | (2**60 - 1) * random.randrange(2)
    return -number if random.random() < 0.5 else number


def random_bytes():
    return bytes(random.choices(b"ab'\"\\\n\0\xff~", k=random.randrange(6)))


def random_range():
    step = random.choice([-3, -1, 1, 2, 7])
    return range(random.randrange(-9, 9), random.randrange(-9, 9), step)


def random_key(depth=2):
    kind = random.randrange(11 if depth > 0 else 6)
    if kind == 8:
        return random_bytes()
    if kind == 9:
        return random_range()
    if kind == 10:
        items = [random_key(depth - 1) for _ in range(random.randrange(3))]
        return frozenset(items[:1])  # of more the order is not ours
    if kind == 0:
        return random.choice([None, True, False])
    if kind == 1:
        return random.randrange(-8, 300)
    if kind == 2:
        return random_int()
    if kind == 3:
        return random_float()
    if kind < 6:
        return random_str()
    return tuple(random_key(depth - 1) for _ in range(random.randrange(4)))


def random_value(depth=3):
    kind = random.randrange(10) if depth > 0 else 0
    if kind == 7:
        return bytearray(random_bytes())
    if kind == 8:
        return {random_key(0)}
    if kind == 9:
        return slice(*random.choices([None, -1, 0, 2, 9], k=2), random.choice([None, 1, -1, 3]))
    if kind < 4:
        return random_key(1)
    if kind == 4:
        return tuple(random_value(depth - 1) for _ in range(random.randrange(4)))
    if kind == 5:
        return [random_value(depth - 1) for _ in range(random.randrange(4))]
    return {random_key(1): random_value(depth - 1) for _ in range(random.randrange(4))}


# ---- Checks ----


def check_text():
    value = random_value()
    same(text_of(repr_of(space, make(value))), repr(value), "repr")
    same(truth(space, make(value)), int(bool(value)), f"truth of {value!r}")


def is_nan_inside(value):
    return "nan" in repr(value)


def has_unordered(value):
    """Sets and slices have another order in Python, or one at all."""
    if isinstance(value, (list, tuple)):
        return any(map(has_unordered, value))
    return isinstance(value, (set, frozenset, slice))


def check_pair():
    a, b = random_value(), random_value()
    if random.random() < 0.3:
        b = eval(repr(a), {"inf": math.inf, "nan": math.nan})
    if is_nan_inside(a) or is_nan_inside(b):
        return
    x, y = make(a), make(b)
    same(equal(space, x, y), int(a == b), f"{a!r} == {b!r}")
    if has_unordered(a) or has_unordered(b):
        return
    order = ctypes.c_int(7)
    result = compare(space, x, y, ctypes.byref(order))
    try:
        theirs = -1 if a < b else 1 if b < a else 0
    except TypeError:
        same(result, -1, f"order of {a!r} and {b!r}")
    else:
        same((result, order.value), (0, theirs), f"order of {a!r} and {b!r}")


def our_hash(value):
    result = ctypes.c_uint64()
    return result.value if hash_of(space, make(value), ctypes.byref(result)) == 0 else None


def check_hash():
    a, b = random_key(), random_key()
    if random.random() < 0.5:
        a, b = random.randrange(-9, 9), float(random.randrange(-9, 9))
    if a == b:
        same(our_hash(a), our_hash(b), f"hashes of {a!r} and {b!r}")
    elif not is_nan_inside((a, b)):
        assert our_hash(a) != our_hash(b), (a, b)
    value = random_value()
    try:
        hash(value)
        assert our_hash(value) is not None, value
    except TypeError:
        same(our_hash(value), None, f"hash of {value!r}")


concat = function("poolval_str_concat", P, P, P, P)
repeat = function("poolval_str_repeat", P, P, P, SIZE)
slice_of = function("poolval_str_slice", P, P, P, SIZE, SIZE)
find = function("poolval_str_find", SIZE, P, P, P, SIZE, SIZE)
join = function("poolval_str_join", P, P, P, P)
str_at = function("poolval_str_at", ctypes.c_int32, P, P, SIZE)
str_width = function("poolval_str_width", ctypes.c_int, P, P)


def random_index():
    return random.choice([random.randrange(-12, 12), sys.maxsize, -sys.maxsize - 1, 0])


operations = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b, "floor_divide": lambda a, b: a // b,
    "modulo": lambda a, b: a % b, "int_and": lambda a, b: a & b, "int_or": lambda a, b: a | b,
    "int_xor": lambda a, b: a ^ b, "int_shift_left": lambda a, b: a << b,
    "int_shift_right": lambda a, b: a >> b, "power": lambda a, b: a ** b}
ours_of = {name: function("poolval_" + name, P, P, P, P) for name in operations}
unary = {"negate": lambda a: -a, "absolute": abs, "int_invert": lambda a: ~a, "int_of": int,
         "float_of": float}
ours_of.update({name: function("poolval_" + name, P, P, P) for name in unary})
ERRORS = {TypeError: 2, OverflowError: 5, ZeroDivisionError: 7, ValueError: 7}


def same_result(ours, theirs, what):
    """A value of ours, or the code of an error, against a function of Python's."""
    try:
        result = theirs()
    except tuple(ERRORS) as fault:
        same(ours, None, what)
        same(error(space), ERRORS[type(fault)], f"error of {what}: {fault}")
        return
    if not ours:
        sys.exit(f"{what} failed: {message(space).decode()}; Python: {result!r}")
    same(text_of(repr_of(space, ours)), repr(result), what)


def check_numbers():
    name = random.choice(list(operations))
    a, b = (random_float() if random.random() < 0.3 else random_int() for _ in "ab")
    if "int_" in name:
        a, b = random_int(), random_int()
    if "shift" in name:
        b = random.choice([-1, 0, 1, 63, 64, 65, 128, random.randrange(300)])
    if name == "power":
        a, b = random.choice([random_int() >> random.randrange(1100), 0, 1, -1]), random.randrange(40)
    same_result(ours_of[name](space, make(a), make(b)), lambda: operations[name](a, b),
                f"{name} of {a!r} and {b!r}")
    name = random.choice(list(unary))
    a = random_float() if random.random() < 0.5 and name != "int_invert" else random_int()
    same_result(ours_of[name](space, make(a)), lambda: unary[name](a), f"{name} of {a!r}")
    a = random_int()
    same(int_bits(space, make(a)), a.bit_length(), f"bits of {a}")


def check_large():
    """Long enough for products by halves."""
    a, b = (random.getrandbits(random.randrange(1, 40000)) * random.choice([-1, 1]) for _ in "ab")
    if random.random() < 0.3:
        a = (1 << random.randrange(30000)) - random.randrange(2)
    x, y = make(a), make(b)
    for name in "multiply", "add", "floor_divide", "modulo":
        if b or "d" not in name:
            result = ours_of[name](space, x, y)
            same(text_of(int_text(space, result, 16)), digits_of(operations[name](a, b), 16), name)


int_bits = function("poolval_int_bits", SIZE, P, P)
int_text = function("poolval_int_text", P, P, P, ctypes.c_int)
float_parse = function("poolval_float_parse", P, P, Z, ctypes.c_size_t)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def digits_of(number, base):
    if base == 16:
        return format(number, "x")
    text, rest = "", abs(number)
    while rest or not text:
        text, rest = DIGITS[rest % base] + text, rest // base
    return "-" * (number < 0) + text


def check_numerals():
    number, base = random_int(), random.randrange(2, 37)
    text = digits_of(number, base)
    same(text_of(int_text(space, make(number), base)), text, f"{number} in base {base}")
    base = random.choice([base, 0, 2, 8, 10, 16])
    if random.random() < 0.7:
        parts = random.choices([" ", "_", "0x", "0b", "0", "1", "7", "f", "-", "+", "\n", "z", "12"],
                               k=random.randrange(6))
        text = "".join(parts)
    data = text.encode()
    same_result(int_parse(space, data, len(data), base), lambda: int(text, base),
                f"int({text!r}, {base})")
    text = repr(random_float())
    if random.random() < 0.6:
        parts = random.choices([" ", "_", ".", "e", "E", "-", "+", "0", "12", "3", "inf", "nan", "9" * 30,
                                "e-5", "Infinity", "400", "_1"], k=random.randrange(6))
        text = "".join(parts)
    data = text.encode()
    same_result(float_parse(space, data, len(data)), lambda: float(text), f"float({text!r})")


def check_str():
    a, b, i, j = random_str(), random_str(), random_index(), random_index()
    x, y = make(a), make(b)
    same(text_of(x), a, "text")
    same(text_of(concat(space, x, y)), a + b, "concat")
    count = random.randrange(-1, 5)
    same(text_of(repeat(space, x, count)), a * count, "repeat")
    same(text_of(slice_of(space, x, i, j)), a[i:j], f"{a!r}[{i}:{j}]")
    part = random.choice([b, b[:1], a[1:3]])
    text = a + b + part
    whole = make(text)
    same(find(space, whole, make(part), i, j), text.find(part, i, j), f"{text!r}.find({part!r})")
    text = "".join(random.choices("\u0101\u0102\u0201\u0202", k=random.randrange(60)))
    part = "".join(random.choices("\u0101\u0102\u0201\u0202", k=random.randrange(5)))
    same(find(space, make(text), make(part), 0, 99), text.find(part), f"{text!r}.find({part!r})")
    parts = [random_str() for _ in range(random.randrange(5))]
    same(text_of(join(space, x, make(parts))), a.join(parts), "join")
    widest = max(map(ord, a), default=0)
    same(str_width(space, x), 1 if widest < 256 else 2 if widest < 65536 else 4, "width")
    if -len(a) <= i < len(a):
        same(str_at(space, x, i), ord(a[i]), "at")


count_of = function("poolval_str_count", SIZE, P, P, P, SIZE, SIZE)
find_last = function("poolval_str_find_last", SIZE, P, P, P, SIZE, SIZE)
starts = function("poolval_str_starts", ctypes.c_int, P, P, P)
ends = function("poolval_str_ends", ctypes.c_int, P, P, P)
split = function("poolval_str_split", P, P, P, P, SIZE)
replace = function("poolval_str_replace", P, P, P, P, P, SIZE)
strip = function("poolval_str_strip", P, P, P, P, ctypes.c_int)
upper = function("poolval_str_upper", P, P, P)
lower = function("poolval_str_lower", P, P, P)
format_value = function("poolval_format_value", P, P, P, P)
format_text = function("poolval_format", P, P, P, P, P)


def check_parts():
    alphabet = random.choice(["ab", "ab \t\n", "a\u4e2d\u3000", "\U0001f43aa\x85"])
    text = "".join(random.choices(alphabet, k=random.randrange(30)))
    part = "".join(random.choices(alphabet, k=random.randrange(4)))
    by = random_str()
    x, y, i, j = make(text), make(part), random_index(), random_index()
    most = random.choice([-1, 0, 1, 2, 5])
    what = f"of {text!r} with {part!r}, {i}, {j}, {most}"
    same(count_of(space, x, y, i, j), text.count(part, i, j), "count " + what)
    same(find_last(space, x, y, i, j), text.rfind(part, i, j), "find_last " + what)
    same(starts(space, x, y), int(text.startswith(part)), "starts " + what)
    same(ends(space, x, y), int(text.endswith(part)), "ends " + what)
    same(text_of(replace(space, x, y, make(by), most)), text.replace(part, by, most), "replace " + what)
    same_result(split(space, x, y, most), lambda: text.split(part, most), "split " + what)
    same_result(split(space, x, None, most), lambda: text.split(None, most), "split " + what)
    for sides, method in (1, str.lstrip), (2, str.rstrip), (3, str.strip):
        same(text_of(strip(space, x, None, sides)), method(text), "strip " + what)
        same(text_of(strip(space, x, y, sides)), method(text, part), "strip " + what)


def check_case():
    text = "".join(chr(random.choice([random.randrange(0x250), random.randrange(0xD800),
                                      random.randrange(0x1E00, 0x2200), random.randrange(0xA640, 0xABC0),
                                      random.randrange(0xE000, 0x20000)]))
                   for _ in range(random.randrange(20))).replace("\u03a3", "")
    if sys.version_info[:2] == (3, 11):  # of the same Unicode
        same(text_of(upper(space, make(text))), text.upper(), f"upper of {text!r}")
        same(text_of(lower(space, make(text))), text.lower(), f"lower of {text!r}")


def random_spec():
    pick = random.choice
    return "".join([pick(["", "", "<", ">", "^", "=", "*<", "\u4e2d^", "0=", "x="]), pick(["", "", "+", "-", " "]),
                    pick(["", "", "#"]), pick(["", "", "0"]), pick(["", "1", "9", "20"]),
                    pick(["", "", "", ",", "_"]), pick(["", "", ".0", ".1", ".3", ".17", ".40", "."]),
                    pick(["", "d", "b", "o", "x", "X", "c", "e", "E", "f", "F", "g", "G", "%", "s", "q"])])


def check_format():
    value = random.choice([random_int(), random_float(), random.randrange(2000), True, random_str(),
                           round(random.uniform(-1e4, 1e4), random.randrange(5))])
    spec = random_spec()
    same_result(format_value(space, make(value), make(spec)), lambda: format(value, spec),
                f"format({value!r}, {spec!r})")
    parts = random.choices(["{}", "{0}", "{1:>7}", "{a}", "{a!r:*^9}", "{{", "}}", "{", "}", "x", "\u4e2d",
                            "{b}", "{2}", "{:.2f}", "{!s}"], k=random.randrange(5))
    text, values, names = "".join(parts), [random_int(), random_float()], {"a": random_str()}
    ours = format_text(space, make(text), make(values), make(names))
    try:
        theirs = text.format(*values, **names)
    except (ValueError, IndexError, KeyError, OverflowError):
        same(ours, None, f"{text!r}.format")
    else:
        same(text_of(ours) if ours else message(space).decode(), theirs, f"{text!r}.format{values}")


bytes_data = function("poolval_bytes_data", P, P, P, P)
bytes_find = function("poolval_bytes_find", SIZE, P, P, P, SIZE, SIZE)
bytes_concat = function("poolval_bytes_concat", P, P, P, P)
bytes_repeat = function("poolval_bytes_repeat", P, P, P, SIZE)
bytes_slice = function("poolval_bytes_slice", P, P, P, SIZE, SIZE)
bytes_decode = function("poolval_bytes_decode", P, P, P)
bytearray_append = function("poolval_bytearray_append", ctypes.c_int, P, P, ctypes.c_int)
bytearray_set_slice = function("poolval_bytearray_set_slice", ctypes.c_int, P, P, SIZE, SIZE, P)
get_slice = function("poolval_get_slice", P, P, P, P)
set_slice = function("poolval_set_slice", ctypes.c_int, P, P, P, P)
remove_slice = function("poolval_remove_slice", ctypes.c_int, P, P, P)
length_of = function("poolval_length", SIZE, P, P)
contains = function("poolval_contains", ctypes.c_int, P, P, P)
iterate = function("poolval_iterate", P, P, P)
next_of = function("poolval_next", ctypes.c_int, P, P, P)
set_add = function("poolval_set_add", ctypes.c_int, P, P, P)
set_remove = function("poolval_set_remove", ctypes.c_int, P, P, P)
set_has = function("poolval_set_has", ctypes.c_int, P, P, P)
set_is_subset = function("poolval_set_is_subset", ctypes.c_int, P, P, P)
set_operations = {name: function("poolval_set_" + name, P, P, P, P)
                  for name in ("union", "intersection", "difference", "symmetric")}


def show(value):
    return text_of(repr_of(space, value)) if value else message(space).decode()


def check_bytes():
    a, b, i, j = random_bytes(), random_bytes(), random_index(), random_index()
    kinds = random.choice([bytes, bytearray]), random.choice([bytes, bytearray])
    a, b = kinds[0](a), kinds[1](b)
    x, y = make(a), make(b)
    same(show(bytes_concat(space, x, y)), repr(a + b), "concat")
    same(show(bytes_slice(space, x, i, j)), repr(a[i:j]), "slice")
    times = random.randrange(-1, 4)
    same(show(bytes_repeat(space, x, times)), repr(a * times), "repeat")
    whole = a + b + a
    same(bytes_find(space, make(whole), y, i, j), whole.find(b, i, j), f"{whole}.find({b}, {i}, {j})")
    theirs, ours = bytearray(a), make(bytearray(a))
    for _ in range(random.randrange(40)):
        part, i, j = random_bytes(), random_index(), random_index()
        if random.random() < 0.5:
            theirs.append(65)
            bytearray_append(space, ours, 65)
        elif random.random() < 0.1:
            theirs[i:j] = theirs
            bytearray_set_slice(space, ours, i, j, ours)
        else:
            theirs[i:j] = part
            bytearray_set_slice(space, ours, i, j, make(part))
        if len(theirs) > 300:
            break
    same(show(ours), repr(theirs), "bytearray")


def items_of(ours):
    iterator, item, all_items = iterate(space, ours), P(), []
    while (more := next_of(space, iterator, ctypes.byref(item))) == 1:
        all_items.append(show(item))
    same((more, next_of(space, iterator, ctypes.byref(item))), (0, 0), "end of an iterator")
    return all_items


def check_containers():
    value = random.choice([random_str(), random_bytes(), bytearray(random_bytes()), random_range(),
                           [random_key(0) for _ in range(random.randrange(9))],
                           tuple(random_key(0) for _ in range(random.randrange(9))),
                           {random_key(0): 1 for _ in range(5)}])
    ours = make(value)
    same(length_of(space, ours), len(value), f"length of {value!r}")
    same(items_of(ours), [repr(item) for item in value], f"items of {value!r}")
    item = random.choice(list(value) or [0]) if random.random() < 0.5 else random_key(0)
    if not is_nan_inside((value, item)):
        try:
            same(contains(space, ours, make(item)), int(item in value), f"{item!r} in {value!r}")
        except (TypeError, ValueError):
            pass
    cut = slice(*random.choices([None, -20, -3, -1, 0, 1, 2, 5, 20], k=2),
                random.choice([None, 1, -1, 2, -2, 5, -7]))
    if isinstance(value, dict):
        same(get_slice(space, ours, make(cut)), None, "slice of a dict")
        return
    same(show(get_slice(space, ours, make(cut))), repr(value[cut]), f"{value!r}[{cut}]")
    if isinstance(value, list):
        items = list(range(random.choice([len(value[cut]), random.randrange(4)])))
        try:
            value[cut] = items
            same(set_slice(space, ours, make(cut), make(items)), 0, f"set {cut}")
        except ValueError:
            same(set_slice(space, ours, make(cut), make(items)), -1, f"set {cut} to {items}")
        cut = slice(*random.choices([None, -3, 0, 1, 5], k=2), random.choice([None, 1, -1, 2, -3]))
        del value[cut]
        same(remove_slice(space, ours, make(cut)), 0, f"remove {cut}")
        same(show(ours), repr(value), f"after {cut}")


def check_sets():
    kinds = random.choice([set, frozenset]), random.choice([set, frozenset])
    a, b = (kind(random_key(1) for _ in range(random.randrange(8))) for kind in kinds)
    if random.random() < 0.3:
        b = kinds[1](a)
    if is_nan_inside((a, b)):
        return
    x, y = make(a), make(b)
    same(equal(space, x, y), int(a == b), f"{a!r} == {b!r}")
    same(set_is_subset(space, x, y), int(a <= b), f"{a!r} <= {b!r}")
    for name, result in (("union", a | b), ("intersection", a & b), ("difference", a - b),
                         ("symmetric", a ^ b)):
        ours = set_operations[name](space, x, y)
        same(equal(space, ours, make(result)), 1, f"{name} of {a!r} and {b!r}")
    if isinstance(a, frozenset) and isinstance(b, frozenset) and a == b:
        same(our_hash(a), our_hash(b), f"hashes of {a!r}")
    for _ in range(20):
        key = random_key(1)
        if isinstance(a, set) and not is_nan_inside(key):
            there = key in a
            same(set_has(space, x, make(key)), int(there), f"{key!r} in {a!r}")
            if random.random() < 0.5:
                a.add(key)
                same(set_add(space, x, make(key)), int(not there), "add")
            else:
                a.discard(key)
                same(set_remove(space, x, make(key)), int(there), "remove")
    same(equal(space, x, make(a)), 1, f"set {a!r}")


def check_utf8():
    data = bytearray(random_str().encode() + random.randbytes(random.randrange(4)))
    for _ in range(random.randrange(3)):
        if data:
            data[random.randrange(len(data))] = random.choice([0x80, 0xC0, 0xED, 0xA0, 0xF4, 0x90])
    data = bytes(data)
    ours = str_new(space, data, len(data))
    try:
        same(text_of(ours) if ours else None, data.decode(), f"decoding {data!r}")
    except UnicodeDecodeError as fault:
        same(ours, None, f"decoding {data!r}")
        same(message(space).decode().split(",")[0], f"byte {fault.start}", f"fault of {data!r}")


list_append = function("poolval_list_append", ctypes.c_int, P, P, P)
list_insert = function("poolval_list_insert", ctypes.c_int, P, P, SIZE, P)
list_pop = function("poolval_list_pop", P, P, P, SIZE)
list_set = function("poolval_list_set", ctypes.c_int, P, P, SIZE, P)
list_reverse = function("poolval_list_reverse", ctypes.c_int, P, P)
list_sort = function("poolval_list_sort", ctypes.c_int, P, P)
list_slice = function("poolval_list_slice", P, P, P, SIZE, SIZE)
list_extend = function("poolval_list_extend", ctypes.c_int, P, P, P)
list_find = function("poolval_list_find", SIZE, P, P, P, SIZE, SIZE)
list_set_slice = function("poolval_list_set_slice", ctypes.c_int, P, P, SIZE, SIZE, P)
list_remove_slice = function("poolval_list_remove_slice", ctypes.c_int, P, P, SIZE, SIZE)
list_repeat = function("poolval_list_repeat", P, P, P, SIZE)
list_room = function("poolval_list_room", SIZE, P, P)
EMPTY_LIST = sys.getsizeof([])


def check_list():
    theirs, ours = [], list_new(space, None, 0)
    same_room = sys.version_info >= (3, 9)
    up = random.choice([0.4, 0.6, 0.9])
    for _ in range(random.randrange(200)):
        item, i = random.choice([random.randrange(20), random_key(0)]), random_index()
        if random.random() < up:
            if random.random() < 0.7:
                theirs.append(item)
                list_append(space, ours, make(item))
            else:
                theirs.insert(i, item)
                list_insert(space, ours, i, make(item))
        elif -len(theirs) <= i < len(theirs):
            same(list_set(space, ours, i, make(item)), 0, "set")
            theirs[i] = item
            theirs.pop(i)
            list_pop(space, ours, i)
        else:
            same(list_pop(space, ours, i), None, "pop")
            same(error(space), 3, "error of pop")
        if same_room:
            room = (sys.getsizeof(theirs) - EMPTY_LIST) // 8
            same(list_room(space, ours), room, f"room of {len(theirs)} items")
    same(text_of(repr_of(space, ours)), repr(theirs), "list")
    i, j, item = random_index(), random_index(), random_key(0)
    same(text_of(repr_of(space, list_slice(space, ours, i, j))), repr(theirs[i:j]), "slice")
    if not is_nan_inside(theirs):
        where = next((k for k in range(len(theirs))[i:j] if theirs[k] == item), -1)
        same(list_find(space, ours, make(item), i, j), where, "list_find")
    before = repr(theirs)
    try:
        if is_nan_inside(theirs):
            raise TypeError
        theirs.sort()
        same(list_sort(space, ours), 0, "sort")
    except TypeError:
        if not is_nan_inside(before):
            same(list_sort(space, ours), -1, "sort")
        theirs = eval(before, {"inf": math.inf, "nan": math.nan})
    theirs.reverse()
    list_reverse(space, ours)
    items = [random_key(0) for _ in range(random.randrange(30))]
    theirs[i:j] = items
    same(list_set_slice(space, ours, i, j, make(items)), 0, "set_slice")
    i, j = random_index(), random_index()
    del theirs[i:j]
    same(list_remove_slice(space, ours, i, j), 0, "remove_slice")
    times = random.randrange(-1, 4)
    same(text_of(repr_of(space, list_repeat(space, ours, times))), repr(theirs * times), "repeat")
    theirs.extend(theirs)
    list_extend(space, ours, ours)
    same(text_of(repr_of(space, ours)), repr(theirs), "sorted, reversed and doubled")


dict_find = function("poolval_dict_find", ctypes.c_int, P, P, P, P)
dict_pop = function("poolval_dict_pop", P, P, P, P)
dict_update = function("poolval_dict_update", ctypes.c_int, P, P, P)
dict_items = function("poolval_dict_items", P, P, P)


def check_dict():
    theirs, ours = {}, dict_new(space)
    limit = random.choice([6, 30, 400, 3000])
    for _ in range(random.randrange(2 * limit)):
        key = random.randrange(limit) if random.random() < 0.6 else random_key(1)
        if is_nan_inside(key):
            continue
        found = P()
        there = dict_find(space, ours, make(key), ctypes.byref(found))
        same(there, int(key in theirs), f"{key!r} in dict")
        if random.random() < 0.6:
            item = random.randrange(100)
            theirs[key] = item
            dict_set(space, ours, make(key), make(item))
        else:
            removed = dict_pop(space, ours, make(key))
            same(removed is not None, key in theirs, f"pop {key!r}")
            theirs.pop(key, None)
    same(text_of(repr_of(space, ours)), repr(theirs), "dict")
    other = {random_key(1): 1 for _ in range(5)}
    if not is_nan_inside(other):
        theirs.update(other)
        dict_update(space, ours, make(other))
    same(text_of(repr_of(space, dict_items(space, ours))), repr(list(theirs.items())), "items")


dict_get_or_set = function("poolval_dict_get_or_set", P, P, P, P, P)
dict_first = function("poolval_dict_first", ctypes.c_int, P, P, P, P)
dict_last = function("poolval_dict_last", ctypes.c_int, P, P, P, P)
dict_pop_first = function("poolval_dict_pop_first", ctypes.c_int, P, P, P, P)
dict_pop_last = function("poolval_dict_pop_last", ctypes.c_int, P, P, P, P)


def ends_of(call, ours):
    key, value = P(), P()
    there = call(space, ours, ctypes.byref(key), ctypes.byref(value))
    return [text_of(repr_of(space, key)), text_of(repr_of(space, value))] if there == 1 else []


def check_queue():
    theirs, ours = {}, dict_new(space)
    for _ in range(random.randrange(300)):
        kind, key, item = random.randrange(6), random.randrange(40), random.randrange(100)
        if kind < 2:
            found = dict_get_or_set(space, ours, make(key), make(item))
            same(text_of(repr_of(space, found)), repr(theirs.setdefault(key, item)), "setdefault")
        elif kind == 2:
            same(dict_pop(space, ours, make(key)) is not None, key in theirs, f"pop {key!r}")
            theirs.pop(key, None)
        elif kind == 3:
            last = [repr(part) for part in theirs.popitem()] if theirs else []
            same(ends_of(dict_last, ours), last, "last")
            same(ends_of(dict_pop_last, ours), last, "pop_last")
        elif kind == 4:
            first = [repr(part) for part in next(iter(theirs.items()))] if theirs else []
            if theirs:
                del theirs[next(iter(theirs))]
            same(ends_of(dict_first, ours), first, "first")
            same(ends_of(dict_pop_first, ours), first, "pop_first")
    same(text_of(repr_of(space, ours)), repr(theirs), "queue")


copy_to = function("poolval_copy_to", P, P, P)


def check_copies():
    global space
    value = random_value(4)
    ours = make(value)
    here, space = space, other_space
    same(text_of(repr_of(space, copy_to(space, ours))), repr(value), "copy_to")
    space = here
    for copy in copy_of(space, ours), deepcopy_of(space, ours):
        same(text_of(repr_of(space, copy)), repr(value), "copy")
        if not is_nan_inside(value):
            same(equal(space, ours, copy), 1, "copy")


checks = [check_text, check_pair, check_hash, check_str, check_utf8, check_list, check_dict,
          check_copies, check_queue]
checks += [check_numbers, check_numerals] * 8 + [check_large] + [check_parts, check_case, check_format, check_bytes, check_containers, check_sets] * 6
seed = int(os.environ.get("STRESS_SEED") or time.time_ns() % 2**32)
print(f"# seed: STRESS_SEED={seed}", flush=True)
random.seed(seed)
for step in range(steps):
    if step % 500 == 0:
        if heap:
            collect(heap, 2), heap_check(heap), space_check(space), heap_close(heap)
            heap_check(other_heap), space_check(other_space), heap_close(other_heap)
        heap, other_heap = heap_new(), heap_new()
        space, other_space = space_new(heap, None), space_new(other_heap, None)
    check = random.choice(checks[:5] * 4 + checks[5:])
    check()
space_check(space), space_check(other_space)
heap_close(heap), heap_close(other_heap)
print(f"# {steps} checks")
