#!/usr/bin/env bash
# Runs a command with what the tests need: installs what is missing, starts a PostgreSQL server that is thrown
# away at the end, and says in KAOFA_TEST_POSTGRES where it is and in KAOFA_TEST_PYTHON where Python's tools are.
#
#   scripts/test-env.sh cargo test
#   scripts/test-env.sh cargo test --test it auth::
set -euo pipefail

if [ $# -eq 0 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 1
fi

say() { echo "test-env: $*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Where initdb and postgres lie: Debian keeps them out of the path, a folder for each version.
postgres_bin() {
    local dir
    for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) ${PATH//:/ }; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            dirname "$(readlink -f "$dir/initdb")"
            return
        fi
    done
}

install_missing() {
    local missing=()
    [ -n "$(postgres_bin)" ] || missing+=(postgresql)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v chromedriver >/dev/null || missing+=(chromium-driver)
    command -v npm >/dev/null || missing+=(npm)
    # Without a Chinese font a browser draws boxes.
    fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here; install ${missing[*]} by hand"
        exit 1
    fi
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}

install_missing
bin=$(postgres_bin)
[ -n "$bin" ] || { say "no initdb found after installing postgresql"; exit 1; }

# The validator of specifications, two readers of calendars and one of workbooks live in the checkout.
venv=$(cd "$(dirname "$0")/.." && pwd)/.venv
if ! "$venv/bin/python" -c 'import openapi_spec_validator, icalendar, recurring_ical_events, ics, openpyxl' 2>/dev/null; then
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check openapi-spec-validator==0.9.0 \
        icalendar==6.3.2 recurring-ical-events==3.8.0 ics==0.7.2 openpyxl==3.1.5 >&2
fi

# So do axe-core and acorn, which look at pages and script from within the browser.
modules=$(cd "$(dirname "$0")/../tests/browser" && pwd)
if ! cmp -s "$modules/package-lock.json" "$modules/node_modules/.installed"; then
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp "$modules/package-lock.json" "$modules/node_modules/.installed"
fi

# PostgreSQL refuses to run as root.
owner=()
if [ "$(id -u)" -eq 0 ]; then
    name=postgres
    id "$name" >/dev/null 2>&1 || name=nobody
    owner=(runuser -u "$name" --)
fi

folder=$(mktemp -d)
stop() {
    if [ -f "$folder/data/postmaster.pid" ]; then
        (cd "$folder" && "${owner[@]}" "$bin/pg_ctl" stop -D "$folder/data" -m immediate -s) || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ ${#owner[@]} -eq 0 ] || chown "$name" "$folder"
(cd "$folder" && "${owner[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >/dev/null)
for try in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # What is thrown away needs no care for power cuts.
    if (cd "$folder" && "${owner[@]}" "$bin/pg_ctl" start -w -s -D "$folder/data" -l "$folder/log" -o "\
        -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c max_connections=300 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"); then
        break
    fi
    if [ "$try" -eq 5 ]; then
        cat "$folder/log" >&2
        say "PostgreSQL does not start"
        exit 1
    fi
done

# Tests that restart a server start their own.
export KAOFA_TEST_POSTGRES_BIN=$bin
export KAOFA_TEST_POSTGRES_OWNER=${name:-}
export KAOFA_TEST_PYTHON=$venv/bin/python
export KAOFA_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
"$@"
