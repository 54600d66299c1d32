/* SPDX-License-Identifier: MIT */
/*
 * probe.h - places that tracers (bpftrace, perf, SystemTap, eBPF profilers) can hook into while the
 * program runs: statically defined probes, a no-op each, and nothing at all where the build had no
 * sys/sdt.h. None lies on a fast path.
 */
#ifndef POOLALLOC_PROBE_H
#define POOLALLOC_PROBE_H

#include "base/base.h"

#ifdef POOLALLOC_PROBES
#include <sys/sdt.h>
#else
#define DTRACE_PROBE1(provider, name, a) ((void)(a))
#define DTRACE_PROBE2(provider, name, a, b) ((void)(a), (void)(b))
#define DTRACE_PROBE3(provider, name, a, b, c) ((void)(a), (void)(b), (void)(c))
#endif

/* A sampled block begins or ends its life, in the way of OpenTelemetry: `weight` is the bytes of
   all blocks that it stands for. */
static inline void probe_alloc(uintptr_t address, size_t size, uint64_t weight) {
    DTRACE_PROBE3(otel_memory, alloc, address, size, weight);
}
static inline void probe_free(uintptr_t address) { DTRACE_PROBE1(otel_memory, free, address); }

/* Address space for arenas comes and goes. */
static inline void probe_arenas_new(uintptr_t base, size_t size) {
    DTRACE_PROBE2(poolalloc, arenas_new, base, size);
}
static inline void probe_arenas_free(uintptr_t base, size_t size) {
    DTRACE_PROBE2(poolalloc, arenas_free, base, size);
}
/* A row of pages has gone back to the system. */
static inline void probe_purge(uintptr_t base, size_t size) {
    DTRACE_PROBE2(poolalloc, purge, base, size);
}
/* A request gets NULL. */
static inline void probe_out_of_memory(size_t size) {
    DTRACE_PROBE1(poolalloc, out_of_memory, size);
}

#endif
