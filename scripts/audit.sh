#!/usr/bin/env bash
# Installs schemathesis into the checkout's .venv and Lighthouse beside its script, builds the program and runs scripts/audit.py with the arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

install() {
    if [ "$(id -u)" -eq 0 ]; then as_root=(); else as_root=(sudo -n); fi
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

venv=$PWD/.venv
command -v soffice >/dev/null || install libreoffice-calc-nogui
command -v chromium >/dev/null || install chromium fonts-noto-cjk
command -v npm >/dev/null || install npm
if ! "$venv/bin/python" -c 'import schemathesis, openpyxl' 2>/dev/null; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || install python3 python3-venv
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check schemathesis==4.32.5 openpyxl==3.1.5 >&2
fi
if [ ! -d scripts/lighthouse/node_modules ] || [ scripts/lighthouse/package-lock.json -nt scripts/lighthouse/node_modules ]; then
    npm ci --prefix scripts/lighthouse --ignore-scripts --no-audit --no-fund --loglevel=error >&2
fi
cargo build --quiet --bin kaofa
exec "$venv/bin/python" scripts/audit.py "$@"
