"""Lets LibreOffice compute the workbooks of the demonstration again: its percentages must be those that the program printed."""

import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
YEARS = range(2019, 2027)


def asked(url, token=None, body=None):
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def check(url, password, folder):
    """Gives whether every formula of every year agrees."""
    office = shutil.which("soffice")
    if office is None:
        raise SystemExit("audit: LibreOffice is not there; install libreoffice-calc-nogui")
    token = json.loads(asked(f"{url}/api/v1/auth/login", body={"username": "auditor", "password": password}))["token"]
    computed = folder / "computed"
    well, formulas = True, 0
    for year in YEARS:
        book = folder / f"rates-{year}.xlsx"
        book.write_bytes(asked(f"{url}/api/v1/reports/rates.xlsx?year={year}&depth=6&people=true", token))
        # A conversion alone keeps the values that stand in the cells. Without them LibreOffice computes each.
        bare = folder / f"bare-{year}.xlsx"
        forget_values(book, bare)
        command = [office, "--headless", f"-env:UserInstallation=file://{folder}/office", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", computed, bare], check=True, capture_output=True, timeout=300)
        read = [sys.executable, ROOT / "tests" / "read_files.py", "--recalculated", book, computed / bare.name]
        said = subprocess.run(read, capture_output=True, text=True)
        well &= said.returncode == 0
        formulas += json.loads(said.stdout)["formulas"] if said.returncode == 0 else 0
        if said.returncode != 0:
            print(f"audit: LibreOffice computes {year} otherwise: {said.stderr}")
    print(f"audit: LibreOffice computed {formulas} formulas of {len(YEARS)} workbooks, {'all alike' if well else 'BAD'}")
    return well and formulas > 0


def forget_values(book, bare):
    import openpyxl

    openpyxl.load_workbook(book).save(bare)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[3]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    raise SystemExit(0 if check(sys.argv[1], sys.argv[2], folder) else 1)
