#!/usr/bin/env bash
# Compares deimos with the reference interpreter on the programs of benches/open.txt.
#   benches/compare.sh           times and ratios, on each program's own size (a few minutes)
#   benches/compare.sh --smoke   every program once, on a small size, comparing output only
# Further arguments go to compare.py, such as --repeats 3 or --markdown.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
reference="${DEIMOS_REFERENCE:-$root/target/reference/lua5.4}"
deimos="${DEIMOS:-${CARGO_TARGET_DIR:-$root/target}/release/deimos}"

[[ -x "$reference" ]] || { echo "compare: no $reference; run tests/fetch-reference.sh" >&2; exit 1; }
[[ -x "$deimos" ]] || { echo "compare: no $deimos; run cargo build --release --features cli" >&2; exit 1; }

names=()
sizes=()
while read -r name size; do
    [[ -z "$name" || "$name" == \#* ]] && continue
    names+=("$name")
    sizes+=("$size")
done < "$root/benches/open.txt"

if [[ "${1:-}" == --smoke ]]; then
    failed=0
    for index in "${!names[@]}"; do
        program="$root/benches/lua/${names[$index]}.lua"
        # The bound is for a machine that hangs, not for a slow one.
        wanted=$(timeout 60 "$reference" "$program" "${sizes[$index]}")
        if printed=$(timeout 60 "$deimos" "$program" "${sizes[$index]}" 2>&1) && [[ "$printed" == "$wanted" ]]; then
            continue
        fi
        echo "FAIL ${names[$index]} ${sizes[$index]}: printed '$printed', the reference '$wanted'"
        failed=$((failed + 1))
    done
    echo "bench smoke: $((${#names[@]} - failed)) of ${#names[@]} programs agree with the reference"
    exit "$((failed > 0))"
fi

only=$(IFS=,; echo "${names[*]}")
exec python3 "$root/benches/compare.py" --engine "puc=$reference" --engine "deimos=$deimos" --base puc \
    --only "$only" "$@" "$root/benches/lua"
