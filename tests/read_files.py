"""Reads a file that the program made, with libraries of others: openpyxl, and Python's own csv. Every formula of a workbook
is computed again here, in whole numbers, and held against the value that stands in its cell.

    read_files.py FILE.xlsx|FILE.csv        prints {"sheets": {name: [[cell, …], …]}, "formulas": n, "frozen": {name: cell}}
    read_files.py --recalculated A.xlsx B.xlsx   compares the values of A with those of B, which another program computed
"""
import csv
import json
import re
import sys

RATE = re.compile(
    r'^=IF\(([A-Z]+\d+)=0,"—",IF\(([A-Z]+\d+)=\1,1,IF\(\2=0,0,'
    r"MIN\(9999,MAX\(1,INT\(\(\2\*20000\+\1\)/\(\1\*2\)\)\)\)/10000\)\)\)$"
)


def computed(sheet, formula):
    whole, part = RATE.match(formula).groups()
    d, n = sheet[whole].value, sheet[part].value
    assert isinstance(d, int) and isinstance(n, int), (formula, n, d)
    if d == 0:
        return "—"
    if n == d:
        return 10000
    return 0 if n == 0 else min(9999, max(1, (n * 20000 + d) // (d * 2)))


def read_book(path):
    import openpyxl

    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    sheets, count, frozen = {}, 0, {}
    for sheet in values:
        written = formulas[sheet.title]
        frozen[sheet.title] = sheet.freeze_panes
        rows = []
        for row in sheet.iter_rows():
            cells = []
            for cell in row:
                formula = written[cell.coordinate].value
                if isinstance(formula, str) and written[cell.coordinate].data_type == "f":
                    expected = computed(sheet, formula)
                    shown = cell.value if expected == "—" else round(float(cell.value) * 10000)
                    assert shown == expected, (cell.coordinate, formula, cell.value, expected)
                    assert cell.number_format == "0.00%", cell.number_format
                    cells.append({"rate": shown})
                    count += 1
                else:
                    cells.append(cell.value)
            rows.append(cells)
        sheets[sheet.title] = rows
    return {"sheets": sheets, "formulas": count, "frozen": frozen}


def read_csv(path):
    raw = open(path, "rb").read()
    assert raw.startswith(b"\xef\xbb\xbf"), "no mark"
    assert b"\n" not in raw.replace(b"\r\n", b""), "a line that does not end as RFC 4180 says"
    rows = list(csv.reader(open(path, encoding="utf-8-sig", newline=""), strict=True))
    assert all(len(row) == len(rows[0]) for row in rows), "rows of several lengths"
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    return {"sheets": {"csv": rows}, "formulas": 0, "frozen": {}}


def recalculated(path, other):
    import openpyxl

    ours, theirs = openpyxl.load_workbook(path, data_only=True), openpyxl.load_workbook(other, data_only=True)
    formulas, compared = openpyxl.load_workbook(path), 0
    for sheet in ours:
        for row in sheet.iter_rows():
            for cell in row:
                if formulas[sheet.title][cell.coordinate].data_type != "f":
                    continue
                got = theirs[sheet.title][cell.coordinate].value
                same = got == cell.value if isinstance(cell.value, str) else abs(float(got) - float(cell.value)) < 1e-9
                assert same, (sheet.title, cell.coordinate, cell.value, got)
                compared += 1
    return {"formulas": compared}


if __name__ == "__main__":
    if sys.argv[1] == "--recalculated":
        print(json.dumps(recalculated(sys.argv[2], sys.argv[3])))
    else:
        read = read_csv if sys.argv[1].endswith(".csv") else read_book
        print(json.dumps(read(sys.argv[1]), ensure_ascii=False))
