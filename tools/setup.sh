#!/bin/sh
# Prepares .venv with every package of the workspace (editable), their extras and the tools.
#
# Does nothing when nothing changed since the last time, and then needs no network. Writes only
# below the checkout: .venv, and .tools (uv when there is none on PATH, downloads, paths).
#
#   PYTHON=python3.13 sh tools/setup.sh    use this interpreter
#   UV=/path/to/uv sh tools/setup.sh       use this uv
set -eu

cd "$(dirname "$0")/.."
root=$PWD
tools=$root/.tools
oldest_python=3.11
oldest_uv="0 8"

say() { printf '%s\n' "$*" >&2; }
stop() {
    say "setup: $*"
    exit 1
}

case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) scripts=Scripts exe=.exe ;;
    *) scripts=bin exe= ;;
esac

# Prints the interpreter's own path, behind shims, launchers and virtual environments.
real_python() {
    "$@" -c '
import sys
if sys.version_info < (3, 11):
    raise SystemExit(1)
print((getattr(sys, "_base_executable", "") or sys.executable).replace("\\", "/"))
' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        real_python "$PYTHON" || stop "PYTHON=$PYTHON is not a Python $oldest_python or newer."
        return
    fi
    if [ -r "$tools/python" ]; then
        remembered=$(cat "$tools/python")
        real_python "$remembered" && return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        real_python "$candidate" && return
    done
    real_python py -3 && return
    if command -v uv >/dev/null 2>&1; then
        found=$(uv python find --no-project --no-python-downloads ">=$oldest_python" 2>/dev/null) && real_python "$found" && return
    fi
    stop "no Python $oldest_python or newer found on PATH. Install one, or name it: make PYTHON=/path/to/python3"
}

# Succeeds when "$1" is a uv that is new enough.
new_enough_uv() {
    # shellcheck disable=SC2046,SC2086  # the words of the version are what is wanted
    set -- $oldest_uv $("$1" --version 2>/dev/null | sed -n 's/^uv \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    [ $# -eq 4 ] || return 1
    [ "$3" -gt "$1" ] || { [ "$3" -eq "$1" ] && [ "$4" -ge "$2" ]; }
}

find_uv() {
    if [ -n "${UV:-}" ]; then
        new_enough_uv "$UV" || stop "UV=$UV is not uv 0.8 or newer."
        printf '%s\n' "$UV"
        return
    fi
    for candidate in "$tools/uv/$scripts/uv$exe" "$tools/uv/bin/uv$exe" "$(command -v uv || :)"; do
        if [ -n "$candidate" ] && new_enough_uv "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    install_uv
}

install_uv() {
    say "setup: no uv 0.8 or newer found; installing it into .tools/uv"
    rm -rf "$tools/uv"
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$tools/uv" >&2
        "$tools/uv/$scripts/python$exe" -m pip install --quiet --no-cache-dir --disable-pip-version-check 'uv>=0.8' >&2 ||
            stop "pip could not install uv. Is there a network? Re-run once there is."
        printf '%s\n' "$tools/uv/$scripts/uv$exe"
    elif "$python" -c 'import pip' 2>/dev/null; then
        "$python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --target "$tools/uv" 'uv>=0.8' >&2 ||
            stop "pip could not install uv. Is there a network? Re-run once there is."
        printf '%s\n' "$tools/uv/bin/uv$exe"
    else
        stop "$python has neither pip nor ensurepip, so uv cannot be installed.
  Install them (on Debian and Ubuntu: the package python3-venv), or install uv (https://docs.astral.sh/uv/),
  or name another interpreter: make PYTHON=/path/to/python3"
    fi
}

# What the environment was made from. A change in any of it makes the environment again.
fingerprint() {
    printf '%s\n' "$root" "$python"
    cat pyproject.toml uv.lock packages/*/pyproject.toml tools/testkit/pyproject.toml | cksum
}

mkdir -p "$tools"
python=$(find_python)
stamp=$root/.venv/.armillary-setup
now=$(fingerprint)
if [ -r "$stamp" ] && [ -r "$tools/uv-path" ] && [ -x "$(cat "$tools/uv-path")" ] && [ "$(cat "$stamp")" = "$now" ]; then
    exit 0
fi

uv=$(find_uv)
printf '%s\n' "$python" >"$tools/python"
printf '%s\n' "$uv" >"$tools/uv-path"
say "setup: $("$uv" --version) with $("$python" --version), into .venv"
unset VIRTUAL_ENV
UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=${UV_CACHE_DIR:-$tools/cache/uv} \
    "$uv" sync --locked --inexact --all-packages --all-extras --group test --quiet --python "$python" ||
    stop "uv could not make .venv. If uv.lock is out of date, run: make lock"
printf '%s\n' "$now" >"$stamp"
