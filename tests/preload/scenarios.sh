# SPDX-License-Identifier: MIT
# scenarios.sh - what each program does. A scenario is a function run_NAME, executed in an empty
# directory by bash, once without and once with a library: it writes what must be the same in both
# to standard output, and its status counts too. $runs starts a program with the library in
# question; anything else runs without. version_NAME prints one line, or fails when the program is
# missing; needs_NAME names what to install, status_NAME its exit status if that is not 0.

python=/usr/bin/python3
[ -x $python ] || python=python3

python_script='
import collections, hashlib, json, re, threading, zlib
def work(n, out):
    data = [{"id": i, "text": "x" * (i % 300), "list": list(range(i % 50))} for i in range(n)]
    text = json.dumps(data)
    again = json.loads(text)
    words = collections.Counter(re.findall(r"[a-z]+|[0-9]+", text[:20000]))
    out.append((len(text), again == data, sorted(words.items())[:3],
                hashlib.sha256(zlib.compress(text.encode())).hexdigest()))
results = []
threads = [threading.Thread(target=work, args=(2000, results)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(results), len(set(map(str, results))), results[0])
class Node: pass
for i in range(20000):
    a, b = Node(), Node()
    a.b, b.a = b, a
import gc
gc.collect()
print(sum(hash(str(i)) % 2 for i in range(1000)) >= 0, "done")
'
multiprocessing_script='
import multiprocessing, sys
def work(n): return sum(len(str(i) * (i % 50)) for i in range(n))
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(3) as pool:
            print(method, pool.map(work, [1000, 5000, 20000, 3]))
'

version_python() { $python --version; }
run_python() { $runs $python -c "$python_script"; }
version_python_malloc() { $python --version; }
run_python_malloc() { PYTHONMALLOC=malloc $runs $python -c "$python_script"; }
version_python_multiprocessing() { $python --version; }
run_python_multiprocessing() {
    echo "$multiprocessing_script" >pool.py
    $runs $python pool.py
    PYTHONMALLOC=malloc $runs $python pool.py
}

version_perl() { perl -e 'printf "perl %vd\n", $^V'; }
status_perl=5
run_perl() {
    $runs perl -e '
        my %h; my @list;
        for my $i (1 .. 100000) {
            $h{"key" . ($i % 5003)} .= chr(65 + $i % 26);
            push @list, $i * 7 % 1009;
        }
        my @sorted = sort { $a <=> $b } @list;
        my $text = join ",", map { "$_=" . length $h{$_} } sort keys %h;
        (my $copy = $text) =~ s/(\d+)=(\d+)/$2-$1/g;
        print length($text), " ", length($copy), " $sorted[500] ", unpack("%32C*", $copy), "\n";
        exit 5;'
}

version_gawk() { gawk --version | head -n 1; }
run_gawk() {
    seq 1 200000 | $runs gawk '{ s[$1 % 1009] = s[$1 % 1009] "," $1; n[length($1)]++ }
        END { for (i in s) t += length(s[i]); print t, n[6]; m = asorti(s, k); print m, k[1], k[m] }'
}

# A source of some size: many functions, templates, standard headers.
big_c_source() {
    echo '#include <stdio.h>'
    for i in $(seq 1 1500); do
        echo "static int f$i(int x) { int a[8] = {x, $i}; for (int i = 0; i < 8; i++)" \
            "a[i] += x * $i % (i + 3); return a[x & 7] ^ $i; }"
    done
    echo 'int main(void) { int x = 1;'
    for i in $(seq 1 1500); do echo "x = f$i(x);"; done
    echo 'printf("%d\n", x); return 0; }'
}
big_cxx_source() {
    printf '#include <%s>\n' algorithm iostream map regex string unordered_map vector
    for i in $(seq 1 30); do
        echo "struct S$i { int v; bool operator<(const S$i &o) const { return v < o.v; } };" \
            "long g$i() { std::map<S$i, std::vector<S$i>> m; for (int i = 0; i < 50; i++)" \
            "m[S$i{i * $i % 17}].push_back(S$i{i}); long n = 0; for (auto &e : m)" \
            "n += e.first.v * long(e.second.size()); return n; }"
    done
    echo 'int main() { long n = 0;'
    for i in $(seq 1 30); do echo "n += g$i();"; done
    echo 'std::cout << n << "\n"; }'
}
# Compiles, compares the object file by its sum, links, runs.
compile() {
    $runs "$@" -c -o big.o && sha256sum <big.o && $runs "$@" -o big && ./big
}
version_gcc() { gcc --version | head -n 1; }
run_gcc() { big_c_source >big.c && compile gcc -O2 big.c; }
version_gxx() { g++ --version | head -n 1; }
run_gxx() { big_cxx_source >big.cc && compile g++ -O1 big.cc; }
version_clang() { clang --version | head -n 1; }
run_clang() {
    big_c_source >big.c && compile clang -O2 big.c
    big_cxx_source >big.cc && compile clang++ -O1 big.cc
}

version_sort() { sort --version | head -n 1; }
run_sort() {
    seq 1 300000 | awk '{ print ($1 * 7919) % 1000003, $1 }' >numbers
    $runs sort --parallel=4 -S 20M -n numbers | sha256sum
    $runs sort --parallel=2 -S 1M numbers | sha256sum
}

version_git() { git --version; }
run_git() {
    export HOME=$PWD
    export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
    $runs git init -q -b main repository && cd repository || return
    git config user.name tester && git config user.email tester@localhost
    for i in $(seq 1 40); do
        seq $i 2000 >"file$((i % 7))"
        $runs git add . && $runs git commit -q -m "Commit $i"
    done
    $runs git log --format='%H %s' --stat | sha256sum
    $runs git diff HEAD~20 | sha256sum
    $runs git gc -q --aggressive && $runs git fsck --full 2>&1
    $runs git rev-parse HEAD
}

version_sqlite3() { echo "sqlite3 $(sqlite3 --version | cut -d ' ' -f 1)"; }
run_sqlite3() {
    $runs sqlite3 database.db "
        CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value REAL);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
            INSERT INTO t SELECT i, 'name' || (i * 7919 % 1009), i / 3.0 FROM n;
        CREATE INDEX by_name ON t(name);
        SELECT name, count(*), round(sum(value), 3) FROM t GROUP BY name ORDER BY name LIMIT 5;
        SELECT count(*) FROM t a JOIN t b ON a.name = b.name WHERE a.id < 1000;
        PRAGMA integrity_check; VACUUM;"
    $runs sqlite3 database.db .dump | sha256sum
}

free_port() {
    $python -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

version_redis() { redis-server --version | cut -d ' ' -f 1-3; }
needs_redis=redis-server
run_redis() {
    local port server keys
    port=$(free_port)
    $runs redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly yes \
        --daemonize no >server.log 2>&1 &
    server=$!
    wait_for 20 redis-cli -p "$port" ping || { tail -n 3 server.log; kill $server; return 1; }
    redis-benchmark -p "$port" -q -n 4000 -c 20 -d 300 -r 1000 >/dev/null 2>&1
    echo "benchmark $?"
    redis-cli -p "$port" flushall
    for keys in 1 2 3; do
        seq 1 2000 |
            awk -v k=$keys '{ print "SET key" $1 " " k * $1 "-" $1; print "RPUSH list " $1 }' |
            redis-cli -p "$port" >/dev/null
    done
    redis-cli -p "$port" dbsize
    redis-cli -p "$port" llen list
    redis-cli -p "$port" get key1999
    redis-cli -p "$port" bgrewriteaof >/dev/null
    wait_for 20 sh -c "redis-cli -p $port info persistence | grep -q 'aof_rewrite_in_progress:0'"
    redis-cli -p "$port" memory doctor >/dev/null && echo "doctor $?"
    redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
    wait $server
}

version_nginx() { nginx -v 2>&1; }
needs_nginx=nginx-light
run_nginx() {
    local port server
    port=$(free_port)
    mkdir -p root logs && seq 1 30000 >root/numbers
    cat >nginx.conf <<END
daemon off; pid $PWD/nginx.pid; error_log $PWD/logs/error.log; worker_processes 2;
env POOLALLOC_OPTIONS; env LD_PRELOAD; user $(id -un);
events { worker_connections 64; }
http { access_log off; gzip on; gzip_types *; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p;
  fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
  server { listen 127.0.0.1:$port; root $PWD/root; } }
END
    chmod 755 . root
    $runs nginx -p "$PWD" -c "$PWD/nginx.conf" >server.log 2>&1 &
    server=$!
    if ! wait_for 20 curl -sf "http://127.0.0.1:$port/numbers"; then
        cat server.log logs/error.log
        kill $server
        return 1
    fi
    for _ in 1 2 3 4 5; do
        curl -s --compressed "http://127.0.0.1:$port/numbers" | sha256sum
        curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/missing"
    done
    kill -QUIT $server
    wait $server
}

version_node() { echo "node $(node --version)"; }
run_node() {
    $runs node -e '
        const { Worker } = require("worker_threads");
        const crypto = require("crypto"), zlib = require("zlib");
        const map = new Map();
        for (let i = 0; i < 200000; i++)
            map.set("k" + i % 5003, (map.get("k" + i % 5003) || "") + i % 10);
        const text = JSON.stringify([...map]);
        console.log(text.length, zlib.gunzipSync(zlib.gzipSync(text)).length,
            crypto.createHash("sha256").update(text).digest("hex"));
        let buffers = [];
        for (let i = 0; i < 2000; i++) buffers.push(Buffer.alloc(i * 10, i));
        console.log(Buffer.concat(buffers).length);
        const code = "let s = 0; for (let i = 0; i < 1e6; i++) s += i % 7;" +
            "require(\"worker_threads\").parentPort.postMessage(s)";
        for (let i = 0; i < 3; i++)
            new Worker(code, { eval: true }).on("message", m => console.log("worker", m));'
}

version_java() { java -version 2>&1 | head -n 1; }
status_java=4
run_java() {
    cat >Main.java <<'END'
import java.util.*;
import java.util.stream.*;
public class Main {
    public static void main(String[] arguments) throws Exception {
        Map<String, List<Integer>> map = new TreeMap<>();
        for (int i = 0; i < 300000; i++)
            map.computeIfAbsent("k" + i % 1009, k -> new ArrayList<>()).add(i);
        System.out.println(map.values().stream().mapToLong(List::size).sum());
        System.out.println(
            IntStream.range(0, 1000000).parallel().mapToLong(i -> i * 31L % 1009).sum());
        Thread[] threads = new Thread[20];
        long[] sums = new long[20];
        for (int i = 0; i < 20; i++) {
            int n = i;
            threads[i] = new Thread(() -> {
                for (int k = 0; k < 100000; k++) sums[n] += ("" + k).hashCode() % 7;
            });
            threads[i].start();
        }
        for (Thread thread : threads) thread.join();
        System.out.println(Arrays.stream(sums).sum());
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(50 << 20);
        System.out.println(buffer.capacity());
        System.exit(4);
    }
}
END
    $runs java -Xmx200m Main.java
}

version_ruby() { ruby --version; }
needs_ruby=ruby
status_ruby=6
run_ruby() {
    $runs ruby -e '
        h = Hash.new { |hash, key| hash[key] = [] }
        200000.times { |i| h["k#{i % 1009}"] << "v" * (i % 30) }
        puts h.values.map { |v| v.join.length }.sum
        puts 4.times.map { |t| Thread.new { (1..20000).map { |i| (i * t).to_s }.join.length } }.map(&:value).inspect
        puts (1..300).inject(:*).to_s.length, GC.start.inspect
        pid = fork { exit!(("x" * 1000000).length == 1000000 ? 3 : 4) }
        puts Process.wait2(pid)[1].exitstatus
        exit 6'
}

version_lua() { lua5.4 -v; }
needs_lua=lua5.4
status_lua=2
run_lua() {
    $runs lua5.4 -e '
        local t = {}
        for i = 1, 200000 do t[#t + 1] = ("x"):rep(i % 40) .. i end
        table.sort(t)
        local s = table.concat(t, ","):gsub("%d+", function(d) return #d end)
        print(#s, t[1000], collectgarbage("collect"))
        os.exit(2)'
}

version_gdb() { gdb --version | head -n 1; }
run_gdb() {
    printf '%s\n' '#include <stdlib.h>' 'static int inner(int n) { return n * 2; }' \
        'int main(void) { char *p = malloc(10); int r = inner(21); free(p); return r; }' >debuggee.c
    gcc -g -O0 debuggee.c -o debuggee || return
    $runs gdb -q -batch -nx -iex 'set debuginfod enabled off' -ex 'set confirm off' \
        -ex 'break inner' -ex run -ex bt -ex 'print n' -ex finish -ex 'python print(sum(range(1000)))' -ex continue \
        debuggee 2>/dev/null | sed 's/0x[0-9a-f]*/ADDRESS/g; s/process [0-9]*/process N/'
}

php_script='
    ini_set("memory_limit", "-1");
    $a = [];
    for ($i = 0; $i < 100000; $i++) $a["k" . $i % 5003][] = str_repeat("x", $i % 40) . $i;
    $json = json_encode($a);
    echo strlen($json), " ", json_decode($json, true) == $a ? "same" : "different", "\n";
    echo preg_match_all("/x(\d+)\"/", $json, $m), " ", preg_replace_callback("/k(\d+)/",
        fn($m) => $m[1] * 2, substr($json, 0, 60)), "\n";
    echo hash("sha256", $json), " ", strlen(serialize($a)), "\n";
    usort($m[1], fn($x, $y) => $x <=> $y);
    echo $m[1][100], " ", extension_loaded("Zend OPcache") ? "opcache" : "no opcache", "\n";
    exit(9);'
version_php() { php --version | head -n 1; }
needs_php=php-cli
status_php=9
run_php() {
    echo "<?php $php_script" >script.php
    $runs php script.php
    echo "status $?"
    $runs php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=16M -d opcache.jit=tracing script.php
    echo "status $?"
    USE_ZEND_ALLOC=0 $runs php script.php
}

version_cxx_program() { [ -x "$build_dir/tests/preload/cxx_program" ] && echo "tests/preload"; }
status_cxx_program=3
run_cxx_program() { $runs "$build_dir/tests/preload/cxx_program"; }

# Programs that do not bear blocks aligned to 8: their compiler stored 16 bytes at once in them.
only16=" clang "

scenarios="python python_malloc python_multiprocessing perl gawk gcc gxx clang sort git sqlite3 redis
    node java ruby lua nginx gdb php cxx_program"
