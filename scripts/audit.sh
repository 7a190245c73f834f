#!/usr/bin/env bash
# Installs schemathesis into the checkout's .venv, builds the program and runs scripts/audit.py with the arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/.venv
if ! command -v soffice >/dev/null; then
    if [ "$(id -u)" -eq 0 ]; then as_root=(); else as_root=(sudo -n); fi
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libreoffice-calc-nogui >&2
fi
if ! "$venv/bin/python" -c 'import schemathesis, openpyxl' 2>/dev/null; then
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" -eq 0 ]; then as_root=(); else as_root=(sudo -n); fi
        "${as_root[@]}" apt-get update -qq >&2
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3 python3-venv >&2
    fi
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check schemathesis==4.32.5 openpyxl==3.1.5 >&2
fi
cargo build --quiet --bin kaofa
exec "$venv/bin/python" scripts/audit.py "$@"
