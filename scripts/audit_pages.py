"""Measures the main pages of the demonstration with Lighthouse; scripts/lighthouse/run.mjs says which and how."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
# Kept after the run, for whoever wants to know why.
REPORTS = HERE.parent / "target" / "lighthouse"


def check(url, password):
    print(f"audit: pages, median of three, reports in {REPORTS.relative_to(HERE.parent)}", flush=True)
    return subprocess.run(["node", HERE / "lighthouse" / "run.mjs", url, password, REPORTS]).returncode == 0
