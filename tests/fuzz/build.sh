#!/bin/bash
# SPDX-License-Identifier: MIT
# build.sh - builds the fuzzers in the way of OSS-Fuzz: from $SRC/poolalloc, with $CC, $CXX, $CFLAGS,
# $CXXFLAGS and $LIB_FUZZING_ENGINE, in $WORK, to $OUT, each with its seeds and the libraries that the
# machine that runs it may not have. Values need a whole
# CPython beside them and are left out.
set -eu
for name in SRC OUT WORK CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE; do
    [ -n "${!name+set}" ] || { echo "build.sh: $name is not set; OSS-Fuzz sets it." >&2; exit 2; }
done
source=$SRC/poolalloc build=$WORK/poolalloc
libraries='^lib(elf|dw|z|lzma|bz2|zstd)[.]so'

# The flags of sanitizers are for the fuzzers, not for what configure asks the compiler.
cd "$source"
autoreconf -fi
mkdir -p "$build"
cd "$build"
"$source/configure" CC="$CC" CXX="$CXX" CFLAGS= CXXFLAGS=
make -j"$(nproc)" fuzz_malloc16 fuzz_objects fuzz_options FUZZ_CXX="$CXX" FUZZ_FLAGS="$CFLAGS" \
    FUZZ_CHECKS= FUZZ_ADDRESS= FUZZ_ENGINE="$CXXFLAGS $LIB_FUZZING_ENGINE"
make -j"$(nproc)" fuzz_profile fuzz_core FUZZ_CXX="$CXX" FUZZ_FLAGS="$CXXFLAGS" FUZZ_CHECKS= \
    FUZZ_ADDRESS= \
    FUZZ_ENGINE="$LIB_FUZZING_ENGINE -Wl,--disable-new-dtags '-Wl,-rpath,\$\$ORIGIN/lib'"

mkdir -p "$OUT/lib"
for fuzzer in fuzz_malloc16 fuzz_objects fuzz_options fuzz_profile fuzz_core; do
    cp $fuzzer "$OUT/"
    printf '[libfuzzer]\nmax_len = 4096\nrss_limit_mb = 8192\n' >"$OUT/$fuzzer.options"
    ldd $fuzzer | awk -v libraries="$libraries" '$1 ~ libraries { print $3 }' |
        xargs -r cp -L -t "$OUT/lib"
    seeds=${fuzzer#fuzz_} seeds=$source/tests/fuzz/seeds/${seeds%16}
    [ ! -d "$seeds" ] || (cd "$seeds" && zip -q "$OUT/${fuzzer}_seed_corpus.zip" ./*)
done
