"""Asks a real server, as nobody and as each of the seven roles, whatever the specification allows and much that it does not
(schemathesis), and fails on an answer of 5xx and on one that the specification does not know. Before that LibreOffice computes
the workbooks of the demonstration again, and Lighthouse measures its main pages.

    scripts/audit.sh [--seconds N] [--only ACCOUNT | --only pages] [--seed N]

Each role has a copy of the demonstration's database of its own, so that none spoils it for the next. The seed of a run is
printed; the same seed asks the same.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

import audit_files
import audit_pages

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute() / "debug" / "kaofa"
PASSWORD = "audit-of-the-demonstration"
ACCOUNTS = ["nobody", "official", "liaison", "coordinator", "auditor", "sysadmin", "secadmin", "logadmin"]

# Every check that schemathesis has, but for these, each with its reason.
EXEMPT = {
    # A well-formed request may break a rule of the domain: an exam of a unit that does not exist, a session that ends
    # before it begins. Such a 422 or 409 is right, and no schema can tell.
    "positive_data_acceptance",
    # Ids are declared as text and read in the order of the arguments: a foreign id is 404 before a bad field is 422, and a
    # role that may not do it is 403 before either. What must be refused is tested by hand, slice by slice.
    "negative_data_rejection",
    # 401 comes before 422 for a header that is lacking.
    "missing_required_header",
}


class Server:
    """The program on a folder of its own."""

    def __init__(self, folder, demo):
        environment = {"KAOFA_DEMO_PASSWORD": PASSWORD, "KAOFA_LOG": "warn", "PATH": os.environ["PATH"]}
        arguments = [PROGRAM, "serve", "--listen", "127.0.0.1:0"] + (["--demo"] if demo else [])
        self.log = open(folder / "server.txt", "ab")
        self.process = subprocess.Popen(
            arguments, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.url = None
        for line in self.process.stdout:
            if line.startswith("kaofa serves "):
                self.url = line.split()[-1]
                break
        if self.url is None:
            raise SystemExit(f"audit: the server does not start: {(folder / 'server.txt').read_text()}")

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return answer.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit("audit: the server does not stop")
        self.log.close()
        return code


def answers(server):
    """What the server itself counted: answers by operation and status."""
    found = {}
    pattern = re.compile(r'kaofa_requests_total\{operation="([^"]*)",status="(\d+)"\} (\d+)')
    for line in server.get("/metrics").splitlines():
        if match := pattern.fullmatch(line):
            operation, status, count = match.groups()
            found[operation, int(status)] = int(count)
    return found


def run(account, folder, phases, seconds, seed):
    """Asks as one account. Gives whether all was well, and which operations it got to work."""
    server = Server(folder, demo=False)
    checks = ["schemathesis", "run", server.url + "/openapi.json", "--checks", "all"]
    checks += ["--exclude-checks", ",".join(sorted(EXEMPT)), "--max-time", str(seconds), "--seed", str(seed)]
    checks += ["--continue-on-failure", "--no-shrink", "--no-color", "--warnings", "off", "--max-response-time", "10"]
    checks += ["--phases", phases, "--max-examples", "8", "--generation-database", ":memory:", "--suppress-health-check", "all", "--max-failures", "40"]
    environment = dict(os.environ, SCHEMATHESIS_HOOKS=str(ROOT / "scripts" / "audit_hooks.py"))
    environment |= {"AUDIT_URL": server.url, "AUDIT_ACCOUNT": account, "AUDIT_PASSWORD": PASSWORD}
    checks[0] = str(pathlib.Path(sys.executable).parent / "schemathesis")
    asked = subprocess.run(checks, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counted = answers(server)
    stopped = server.stop()
    worked = {operation for (operation, status) in counted if 200 <= status < 300}
    broken = {f"{operation}: {status} x {n}" for (operation, status), n in counted.items() if status >= 500}
    well = asked.returncode == 0 and not broken and stopped == 0
    total = sum(counted.values())
    print(f"audit: as {account}, {phases}: {total} requests, {len(worked)} operations answered 2xx, {'well' if well else 'BAD'}")
    if not well:
        print(asked.stdout)
        for line in sorted(broken):
            print(f"audit: the server broke: {line}")
        print((folder / "server.txt").read_text()[-8000:])
        print(f"audit: it ended with {stopped}")
    sys.stdout.flush()
    return well, worked


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=int, default=45, help="how long to ask as each account")
    arguments.add_argument("--only", choices=[*ACCOUNTS, "pages"])
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    chosen = arguments.parse_args()
    print(f"audit: seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        (base / "filled").mkdir()
        server = Server(base / "filled", demo=True)
        document = json.loads(server.get("/openapi.json"))
        (base / "books").mkdir()
        books_well = chosen.only is not None or audit_files.check(server.url, PASSWORD, base / "books")
        pages_well = chosen.only not in (None, "pages") or audit_pages.check(server.url, PASSWORD)
        server.stop()
        operations = {o["operationId"] for path in document["paths"].values() for o in path.values()}
        all_well, all_worked = books_well and pages_well, set()
        runs = [(account, "fuzzing,stateful", chosen.seconds) for account in ACCOUNTS]
        # The edges of every schema, as somebody who may do most and as somebody who may do nothing.
        runs += [("coordinator", "coverage", 3 * chosen.seconds), ("nobody", "coverage", chosen.seconds)]
        for account, phases, seconds in runs:
            if chosen.only not in (None, account):
                continue
            folder = base / f"{account}-{phases}"
            shutil.copytree(base / "filled", folder)
            well, worked = run(account, folder, phases, seconds, chosen.seed)
            all_well &= well
            all_worked |= worked & operations
        if chosen.only is None:
            never = sorted(operations - all_worked)
            print(f"audit: of {len(operations)} operations {len(never)} never answered 2xx: {', '.join(never)}")
    raise SystemExit(0 if all_well else 1)


main()
