# SPDX-License-Identifier: MIT
# http.sh - sourced by the services that answer HTTP: where they listen, and their load by ab.

port=$((20000 + RANDOM % 20000))

is_ready() { exec 3<>"/dev/tcp/127.0.0.1/$port" && exec 3<&-; }

# load_by_ab REQUESTS: its table of percentiles, in ms with a fraction.
load_by_ab() {
    ab -q -k -n "$1" -c 16 -e "$folder/percentiles" "http://127.0.0.1:$port/" >>"$folder/load.log" 2>&1
    awk -F , '$1 == 99 { print $2 }' "$folder/percentiles"
}
