#!/usr/bin/env bash
# Fetches and builds the reference interpreter, PUC-Rio Lua 5.4.8, with its official test suite:
#   target/reference/lua5.4    the interpreter
#   target/reference/testes    the test suite (a link into the unpacked sources)
# Nothing of it is ever committed. A second run finds the result and ends at once.
set -euo pipefail

package=lupa
version=2.8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder="$root/target/reference"
sources="$folder/$package-$version/third-party/lua54"
interpreter="$folder/lua5.4"

fail() {
    echo "fetch-reference: $1" >&2
    exit 1
}

if [[ -x "$interpreter" && -d "$folder/testes" ]]; then
    echo "reference: $interpreter is there already"
    exit 0
fi

mkdir -p "$folder"

if [[ ! -f "$sources/onelua.c" ]]; then
    if [[ ! -f "$folder/$package-$version.tar.gz" ]]; then
        pip=()
        for candidate in pip3 pip "python3 -m pip"; do
            # shellcheck disable=SC2086 # the third candidate is three words
            if $candidate --version > /dev/null 2>&1; then
                read -r -a pip <<< "$candidate"
                break
            fi
        done
        ((${#pip[@]})) || fail "pip is missing; install it (on Debian: apt-get install python3-pip)"
        # pip insists on asking the package for its metadata, which builds LuaJIT unless told otherwise; only the
        # package itself is wanted as source, not the tools that its metadata needs.
        LUPA_NO_LUAJIT=true "${pip[@]}" download --quiet --disable-pip-version-check \
            --no-deps --no-binary "$package" --dest "$folder" "$package==$version" \
            || fail "pip could not download $package $version"
    fi
    tar -xzf "$folder/$package-$version.tar.gz" -C "$folder" || fail "cannot unpack $package-$version.tar.gz"
    [[ -f "$sources/onelua.c" ]] || fail "$package $version no longer holds third-party/lua54/onelua.c"
fi

command -v gcc > /dev/null || fail "gcc is missing; install it (on Debian: apt-get install gcc libc6-dev)"
(cd "$sources" && gcc -O2 -DLUA_USE_LINUX -DMAKE_LUA -o "$interpreter.part" onelua.c -lm -ldl) \
    || fail "gcc could not build the interpreter"
mv "$interpreter.part" "$interpreter"
ln -sfn "$package-$version/third-party/lua54/testes" "$folder/testes"
echo "reference: built $("$interpreter" -v)"
