# SPDX-License-Identifier: MIT
"""Commands for gdb on processes and cores that run on poolalloc: pool info, stat, find, histogram.

gdb loads this by itself with the library where it is installed in gdb's own folders; else: source
FILE. All that is known of the allocator comes from the library's descriptor, as for poolalloc(1).
"""
import struct

import gdb

DESCRIPTOR_MAGIC = b"poolallo"
DESCRIPTOR_VERSION = 1
PAGES = 64  # to an arena


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word(address):
    return struct.unpack("<Q", read(address, 8))[0]


def count_bits(number):
    return bin(number).count("1")


def size_text(size):
    for unit in "B", "KiB", "MiB", "GiB":
        if size < 1024 or unit == "GiB":
            return "%d %s" % (size, unit) if unit == "B" else "%.3g %s" % (size, unit)
        size /= 1024.0


class Layout:
    """The descriptor: places and numbers by their names."""

    def __init__(self):
        try:
            at = int(gdb.parse_and_eval("(unsigned long)&poolalloc_descriptor"))
            head = read(at, 32)
        except gdb.error:
            raise gdb.GdbError("this program does not run on poolalloc")
        magic, version, room, library = struct.unpack("<8sII16s", head)
        if magic != DESCRIPTOR_MAGIC or version != DESCRIPTOR_VERSION:
            raise gdb.GdbError("this script is for another version of poolalloc")
        self.library = library.rstrip(b"\0").decode()
        self.names = {}
        fields = read(at + 32, room * 40)
        for i in range(room):
            name = fields[i * 40 : i * 40 + 32].rstrip(b"\0").decode()
            if not name:
                break
            self.names[name] = struct.unpack_from("<Q", fields, i * 40 + 32)[0]

    def __getitem__(self, name):
        if name not in self.names:
            raise gdb.GdbError('the library is older than this script: it lacks "%s"' % name)
        return self.names[name]


class Class:
    def __init__(self, stride, capacity, pools, starts):
        self.stride, self.capacity, self.pools, self.starts = stride, capacity, pools, starts


class Page:
    """A page of an arena: its record, and what kind of page it is."""

    def __init__(self, heap, address):
        window = heap.window_of(address)
        layout = heap.layout
        self.address = address
        self.index = (address - window.base) // heap.page_size
        self.record = read(window.address + layout["window.record"] + self.index * heap.record_size,
                           heap.record_size)
        self.tag = self.field("pool.tag", layout)
        self.kind = (self.tag ^ address) >> layout["tag_kind_shift"] if self.tag else None
        self.class_index = self.record[layout["pool.class_index"]]
        self.offset = self.record[layout["pool.offset"]]
        self.owner = self.tag ^ address
        self.window = window

    def field(self, name, layout):
        return struct.unpack_from("<Q", self.record, layout[name])[0]

    def is_run(self, layout):
        start = self.field("large.address", layout)
        return self.kind == layout["TAG_RUN"] and start == self.address


class Window:
    def __init__(self, address, base, arenas):
        self.address, self.base, self.arenas = address, base, arenas


class Arena:
    def __init__(self, base, kind, free, touched):
        self.base, self.kind, self.free, self.touched = base, kind, free, touched


class Block:
    """Where an address lies: in a block, live or free, or in none (then `text` alone)."""

    def __init__(self, text, start=0, size=0, live=False):
        self.text, self.start, self.size, self.live = text, start, size, live


class Heap:
    def __init__(self):
        self.layout = layout = Layout()
        self.page_size = layout["pool_size"]
        self.window_size = layout["window_size"]
        self.record_size = layout["sizeof record"]
        self.words = layout["pool_words"]
        self.align = layout["align"]
        self.classes = self.read_classes()
        self.windows = {}
        at = word(layout["at windows"])
        seen = set() # a damaged list comes back to itself
        while at and at not in seen:
            seen.add(at)
            base = word(at + layout["window.base"])
            self.windows[base] = Window(at, base, self.read_arenas(at, base))
            at = word(at + layout["window.next"])

    def read_classes(self):
        layout, classes = self.layout, []
        size = layout["sizeof size_class"]
        table = read(layout["at size_classes"], size * layout["class_count"])
        for i in range(layout["class_count"]):
            row = table[i * size : (i + 1) * size]
            stride = struct.unpack_from("<I", row, layout["size_class.stride"])[0]
            capacity = struct.unpack_from("<H", row, layout["size_class.capacity"])[0]
            starts = struct.unpack_from("<%dQ" % self.words, row, layout["size_class.starts"])
            classes.append(Class(stride, capacity, row[layout["size_class.pools"]], starts))
        return classes

    def read_arenas(self, window, base):
        layout, arenas = self.layout, []
        size, count = layout["sizeof arena"], self.window_size // layout["arena_size"]
        rows = read(window + layout["window.arena"], size * count)
        for i in range(count):
            row = rows[i * size : (i + 1) * size]
            arenas.append(Arena(base + i * layout["arena_size"], row[layout["arena.kind"]],
                                struct.unpack_from("<Q", row, layout["arena.free"])[0],
                                struct.unpack_from("<Q", row, layout["arena.touched"])[0]))
        return arenas

    def window_of(self, address):
        return self.windows.get(address & ~(self.window_size - 1))

    def directs(self):
        """Mappings of their own: (address, size)."""
        layout = self.layout
        head = layout["at directs"]
        at = word(head + layout["link.next"])
        seen = set()
        while at != head and at not in seen:
            seen.add(at)
            record = at - layout["large.link"]
            yield word(record + layout["large.address"]), word(record + layout["large.size"])
            at = word(at + layout["link.next"])

    def bits(self, page, which):
        """Words of bits of a page: spare, or pending."""
        window, layout = page.window, self.layout
        place = page.index * self.words * 8
        if which == "spare":
            at = window.address + layout["window.spare"] + place
        else:
            at = window.address - self.window_size // self.page_size * self.words * 8 + place
        return struct.unpack("<%dQ" % self.words, read(at, self.words * 8))

    def live_bit(self, page, place):
        bit = place % self.page_size // self.align
        record = page
        if place >= self.page_size:
            record = Page(self, page.address + place // self.page_size * self.page_size)
        live = struct.unpack_from("<%dQ" % self.words, record.record, self.layout["pool.live"])
        return live[bit // 64] >> bit % 64 & 1

    def block_state(self, page, number):
        """Of a block of a pool, or of a span by its first page: live, freed by another..., free."""
        stride = self.classes[page.class_index].stride
        is_span = page.class_index > self.layout["small_classes"]
        bit = number if is_span else number * stride // self.align
        if self.live_bit(page, number * stride):
            pending = self.bits(page, "pending")[bit // 64] >> bit % 64 & 1
            return "freed by another thread, not taken in yet" if pending else "live"
        spare = self.bits(page, "spare")[bit // 64] >> bit % 64 & 1
        return "free" if spare else "free, at hand of its thread"

    def find_run(self, address):
        """The large block that holds an address: its first page lies before."""
        window, page = self.window_of(address), address & ~(self.page_size - 1)
        while window is not None:
            arena = window.arenas[(page - window.base) // self.layout["arena_size"]]
            at = Page(self, page)
            if arena.free >> page % self.layout["arena_size"] // self.page_size & 1:
                return None
            if at.is_run(self.layout):
                size = at.field("large.size", self.layout)
                return (page, size) if address < page + size else None
            if at.tag:
                return None
            page -= self.page_size
            window = self.window_of(page)
        return None

    def locate(self, address):
        for start, size in self.directs():
            if start <= address < start + size:
                text = "live block of %s with a mapping of its own" % size_text(size)
                return Block(text, start, size, True)
        window, layout = self.window_of(address), self.layout
        if window is None:
            return Block("not in poolalloc's memory")
        arena = window.arenas[(address - window.base) // layout["arena_size"]]
        if arena.kind == layout["ARENA_NONE"]:
            return Block("not in poolalloc's memory")
        bit = address % layout["arena_size"] // self.page_size
        where = "; arena 0x%x" % arena.base
        if arena.free >> bit & 1:
            touched = arena.touched >> bit & 1
            memory = "may have memory behind it" if touched else "has no memory behind it"
            return Block("in a free page, which " + memory + where)
        page = Page(self, address & ~(self.page_size - 1))
        if page.kind == layout["TAG_HEAP"] and 0 < page.class_index < len(self.classes):
            return self.locate_in_pool(address, page, where)
        run = self.find_run(address)
        if run:
            return Block("live block of %s" % size_text(run[1]) + where, run[0], run[1], True)
        return Block("in a page that a thread has taken and not begun to use" + where)

    def locate_in_pool(self, address, page, where):
        is_span = page.class_index > self.layout["small_classes"]
        if is_span and page.offset:
            page = Page(self, page.address - page.offset * self.page_size)
        c = self.classes[page.class_index]
        number = (address - page.address) // c.stride
        kind = "span" if is_span else "pool"
        where = "; %s 0x%x of %d blocks%s, heap 0x%x" % (
            kind, page.address, c.capacity, where, page.owner)
        if number >= c.capacity:
            return Block("behind the last block" + where)
        state = self.block_state(page, number)
        start = page.address + number * c.stride
        text = "%s, block of %d bytes (class %d)" % (state, c.stride, page.class_index)
        return Block(text + where, start, c.stride, state == "live")

    def pages_in_use(self):
        """(arena, window, index of the page) of all that is not free."""
        for base in sorted(self.windows):
            window = self.windows[base]
            for number, arena in enumerate(window.arenas):
                if arena.kind == self.layout["ARENA_NONE"] or arena.free == (1 << 64) - 1:
                    continue
                for bit in range(PAGES):
                    if not arena.free >> bit & 1:
                        yield arena, window, number * PAGES + bit

    def count(self):
        """Live blocks of each class, blocks of its pools, (number, bytes) of large ones."""
        layout = self.layout
        live, room, large = [0] * len(self.classes), [0] * len(self.classes), [0, 0]
        records, last = b"", None
        for arena, window, index in self.pages_in_use():
            if last is not arena:
                first, last = index // PAGES * PAGES, arena
                place = window.address + layout["window.record"] + first * self.record_size
                records = read(place, PAGES * self.record_size)
            at = (index - first) * self.record_size
            tag = struct.unpack_from("<Q", records, at + layout["pool.tag"])[0]
            address = window.base + index * self.page_size
            kind = (tag ^ address) >> layout["tag_kind_shift"] if tag else None
            class_index = records[at + layout["pool.class_index"]]
            if kind == layout["TAG_HEAP"] and 0 < class_index < len(self.classes):
                words = struct.unpack_from("<%dQ" % self.words, records, at + layout["pool.live"])
                live[class_index] += sum(count_bits(bits) for bits in words)
                if records[at + layout["pool.offset"]] == 0:
                    room[class_index] += self.classes[class_index].capacity
            elif kind == layout["TAG_RUN"]:
                start, = struct.unpack_from("<Q", records, at + layout["large.address"])
                if start == address:
                    large[0] += 1
                    large[1] += struct.unpack_from("<Q", records, at + layout["large.size"])[0]
        for _, size in self.directs():
            large[0] += 1
            large[1] += size
        return live, room, large


class PoolCommand(gdb.Command):
    """Look into the memory of poolalloc: pool info, pool stat, pool find, pool histogram."""

    def __init__(self):
        super().__init__("pool", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class PoolInfo(gdb.Command):
    """pool info ADDRESS: what is there: a live or free block, its size, pool, arena and heap."""

    def __init__(self):
        super().__init__("pool info", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("pool info needs an address")
        address = int(gdb.parse_and_eval("(unsigned long)(%s)" % argument))
        block = Heap().locate(address)
        print("0x%x: %s" % (address, block.text))
        if block.size and address != block.start:
            print("  %d bytes behind its start, 0x%x" % (address - block.start, block.start))


class PoolStat(gdb.Command):
    """pool stat: live and free blocks by size class, large blocks, and the sum."""

    def __init__(self):
        super().__init__("pool stat", gdb.COMMAND_DATA, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        heap = Heap()
        live, room, large = heap.count()
        print("poolalloc %s" % heap.layout.library)
        print("%10s %12s %12s %12s" % ("block size", "live blocks", "live bytes", "free blocks"))
        total = large[1]
        for c, blocks in enumerate(live):
            stride = heap.classes[c].stride
            total += blocks * stride
            if room[c]:
                size = size_text(blocks * stride)
                print("%10d %12d %12s %12d" % (stride, blocks, size, room[c] - blocks))
        print("%10s %12d %12s" % ("large", large[0], size_text(large[1])))
        print("%10s %12d %12s" % ("sum", sum(live) + large[0], size_text(total)))


class PoolHistogram(gdb.Command):
    """pool histogram: live bytes of each block size, as bars."""

    def __init__(self):
        super().__init__("pool histogram", gdb.COMMAND_DATA, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        heap = Heap()
        live, _, large = heap.count()
        rows = []
        for c, blocks in enumerate(live):
            stride = heap.classes[c].stride
            if blocks:
                rows.append((str(stride), blocks, blocks * stride))
        if large[0]:
            rows.append(("large", large[0], large[1]))
        most = max([size for _, _, size in rows] or [1])
        for name, blocks, size in rows:
            bar = "#" * ((size * 50 + most - 1) // most)
            print("%8s %10d %10s %s" % (name, blocks, size_text(size), bar))


class PoolFind(gdb.Command):
    """pool find VALUE [MOST]: the live blocks in which an aligned word has this value.
    So it tells who points to an address. Stops after MOST (50)."""

    def __init__(self):
        super().__init__("pool find", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def stretches(self, heap):
        """Memory side by side that is in use: (address, bytes)."""
        start = end = 0
        for _, window, index in heap.pages_in_use():
            at = window.base + index * heap.page_size
            if at != end or end - start >= 1 << 20:
                if end > start:
                    yield start, end - start
                start = at
            end = at + heap.page_size
        if end > start:
            yield start, end - start
        for start, size in heap.directs():
            for part in range(0, size, 1 << 20):
                yield start + part, min(1 << 20, size - part)

    def places(self, heap, value):
        pattern = struct.pack("<Q", value)
        for start, size in self.stretches(heap):
            try:
                memory = read(start, size)
            except gdb.MemoryError:
                continue
            at = memory.find(pattern)
            while at >= 0:
                if at % 8 == 0:
                    yield start + at
                at = memory.find(pattern, at + 1)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("pool find needs a value")
        value = int(gdb.parse_and_eval("(unsigned long)(%s)" % words[0]))
        most, found, heap = int(words[1]) if len(words) > 1 else 50, 0, Heap()
        for place in self.places(heap, value):
            block = heap.locate(place)
            if not block.live:
                continue
            found += 1
            print("0x%x: byte %d of the block 0x%x, %s" % (
                place, place - block.start, block.start, size_text(block.size)))
            if found == most:
                print("... stopped after %d" % most)
                return
        if not found:
            print("no live block has 0x%x in it" % value)


PoolCommand()
PoolInfo()
PoolStat()
PoolHistogram()
PoolFind()
