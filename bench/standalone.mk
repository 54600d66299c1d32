# SPDX-License-Identifier: MIT
# The bench programs without the library and without configure, for work on the bench itself:
#     make -f bench/standalone.mk OUT=/tmp/bench && bench/run -b /tmp/bench
OUT = build/bench-only
EXTRA_PROGRAMS =
top_srcdir = .
include bench/sources.am
all: programs

BENCH_CFLAGS = -std=gnu11 -O2 -g -pthread -fno-builtin -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wvla
BENCH_CXXFLAGS = -std=c++17 -O2 -g -pthread -Wall -Wextra -Wshadow

.DEFAULT_GOAL = programs
programs: $(BENCH_BINARIES:%=$(OUT)/%)

$(OUT)/%: %.c bench/harness.h bench/memory.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $<

$(OUT)/%: %.cc
	@mkdir -p $(@D)
	$(CXX) $(BENCH_CXXFLAGS) -o $@ $< $(if $(filter %micro,$@),-lbenchmark)
