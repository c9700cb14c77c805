#!/usr/bin/env bash
# Counts the instructions that deimos takes for five small programs, under valgrind, and compares them with the baseline
# in benches/instructions.txt. More than 5 % above it fails; a time would depend on the machine, a count does not.
#   benches/instructions.sh            compares
#   benches/instructions.sh --update   writes the counts of this build as the baseline
#
# What could change the count of an unchanged program is held fixed or left out: the environment is empty (its size
# moves the stack), the program is named by its bare name (the path is a Lua string in `arg`), the system's random
# numbers, from which strings are hashed and the allocator places its pages, are all the same (with real ones
# `oop_methods` varies by 6 % from run to run), and the start of the process is subtracted (linking Bevy adds to it).
# Two things are not held fixed. Another compiler makes another program of the same source: the baseline says which made
# it, and the message of a failure names both; if the commit before fails with that compiler too, update the baseline.
# And the C library picks its copying functions by the processor, which moves counts by less than a percent. The
# baseline holds for Linux on x86_64; elsewhere nothing is compared.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deimos=$(realpath -m "${DEIMOS:-${CARGO_TARGET_DIR:-$root/target}/release/deimos}")
baseline="$root/benches/instructions.txt"
# Percent.
margin=5
# What each is for: calls, fields and methods, strings and the collector, coroutines, arithmetic and jumps.
programs=("fib 22" "oop_methods 100" "string_build 1" "coroutines 10000" "loops_int 40")

fail() {
    echo "instructions: $1" >&2
    exit 1
}

[[ $# -eq 0 || "$*" == --update ]] || fail "usage: benches/instructions.sh [--update]"
[[ -x "$deimos" ]] || fail "no $deimos; run cargo build --release --features cli"
command -v valgrind > /dev/null || fail "valgrind is missing; install it (on Debian: apt-get install valgrind)"
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "instructions: the baseline is for Linux on x86_64, and this is $(uname -sm): not compared"
    exit 0
fi
command -v gcc > /dev/null || fail "gcc is missing; install it (on Debian: apt-get install gcc libc6-dev)"

# Stands before the C library's function of this name.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
gcc -shared -fPIC -O1 -x c -o "$scratch/fixed.so" - << 'END'
#include <string.h>
#include <sys/types.h>
ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
    (void)flags;
    memset(buffer, 42, length);
    return (ssize_t)length;
}
END

count() {
    local report
    report=$(cd "$root/benches/lua" && timeout 120 env -i PATH="$PATH" LD_PRELOAD="$scratch/fixed.so" valgrind \
        --tool=callgrind --callgrind-out-file=/dev/null "$deimos" "$@" 2>&1) || fail "$* failed: $report"
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' <<< "$report"
}

start=$(count -e "")
[[ -n "$start" ]] || fail "valgrind counted nothing"
printf '%-18s %12d  not compared\n' start "$start"

compiler=$(rustc --version)
lines=()
worse=0
better=0
for program in "${programs[@]}"; do
    read -r name size <<< "$program"
    counted=$(count "$name.lua" "$size")
    [[ -n "$counted" ]] || fail "valgrind counted nothing for $program"
    counted=$((counted - start))
    lines+=("$program $counted")
    [[ "${1:-}" == --update ]] && continue
    expected=$(awk -v name="$name" -v size="$size" '$1 == name && $2 == size { print $3 }' "$baseline")
    [[ -n "$expected" ]] || fail "$baseline has no line for '$program'; run benches/instructions.sh --update"
    # In hundredths of a percent, as the shell has no fractions.
    change=$(((counted - expected) * 10000 / expected))
    verdict=
    if ((change > margin * 100)); then
        verdict="  WORSE by more than $margin %"
        worse=$((worse + 1))
    elif ((change < -margin * 100)); then
        verdict="  better by more than $margin %"
        better=$((better + 1))
    fi
    awk -v p="$program" -v n="$counted" -v e="$expected" -v c="$change" -v v="$verdict" \
        'BEGIN { printf "%-18s %12d  baseline %12d  %+6.2f %%%s\n", p, n, e, c / 100, v }'
done

if [[ "${1:-}" == --update ]]; then
    {
        echo "# Instructions of small programs on deimos; written by benches/instructions.sh --update. Program, size,"
        echo "# and count without the start of the process."
        echo "# $compiler"
        printf '%s\n' "${lines[@]}"
    } > "$baseline"
    cat "$baseline"
    exit 0
fi

if ((worse)); then
    echo "instructions: $worse of ${#programs[@]} programs take more than $margin % above benches/instructions.txt." >&2
    built_by=$(sed -n 's/^# \(rustc .*\)/\1/p' "$baseline")
    [[ "$built_by" == "$compiler" ]] || echo "The baseline is of $built_by, this is $compiler." >&2
    echo "Find what made them slower (valgrind --tool=callgrind, callgrind_annotate); if it is worth its price, run" >&2
    echo "    benches/instructions.sh --update" >&2
    echo "and commit the new baseline with the reason." >&2
    exit 1
fi
if ((better)); then
    echo "instructions: $better of ${#programs[@]} programs are more than $margin % below the baseline: to hold the gain," \
        "run benches/instructions.sh --update and commit benches/instructions.txt"
fi
