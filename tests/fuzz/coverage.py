#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Which lines the fuzzers have reached, of the files they are about: coverage.py DIR

DIR is where run.sh left the fuzzers and their profiles.  The rest of those files is in README.md.
"""
import json
import pathlib
import subprocess
import sys

FILES = """
src/n32/*.c src/net/h2*.c src/net/resolve*.c src/net/tls_peer.c
src/sepp/machine.c src/sepp/association.c src/sepp/context.c src/sepp/rates.c src/sepp/store_row.c
""".split()

# of files that do much else: what reads what a peer sent
FUNCTIONS = {
    "src/sepp/dial.c": ("parse_port", "dial_target_parse"),
    "src/sepp/call.c": ("call_retry_s", "call_is_json"),
}


def export(directory, *arguments):
    fuzzers = [p.with_suffix("") for p in sorted(directory.glob("fuzz_*.profraw"))]
    merged = directory / "fuzz.profdata"
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", "-o", merged,
                    *directory.glob("fuzz_*.profraw")], check=True)
    objects = [a for f in fuzzers[1:] for a in ("-object", f)]
    return json.loads(subprocess.run(
        ["llvm-cov-14", "export", "-skip-expansions", *arguments, f"-instr-profile={merged}",
         fuzzers[0], *objects],
        check=True, stdout=subprocess.PIPE).stdout)["data"][0]


def lines_of(function):
    """The lines of its regions, and those that were run; the innermost region counts."""
    counts = {}
    for first, _, last, _, count, _, _, kind in sorted(
            function["regions"], key=lambda r: (r[0], -r[2])):
        if kind == 0:
            counts.update((line, count) for line in range(first, last + 1))
    return len(counts), sum(1 for count in counts.values() if count)


def main():
    directory = pathlib.Path(sys.argv[1])
    root = pathlib.Path.cwd()
    data = export(directory)
    wanted = [p for pattern in FILES for p in sorted(root.glob(pattern))]
    rows = []
    for entry in data["files"]:
        path = pathlib.Path(entry["filename"])
        path = path if path.is_absolute() else root / path
        if path in wanted:
            lines = entry["summary"]["lines"]
            rows.append((str(path.relative_to(root)), lines["count"], lines["covered"]))
    for name, functions in FUNCTIONS.items():
        found = {f["name"].split(":")[-1]: f for f in data["functions"]
                 if f["filenames"][0].endswith(name) and f["count"]}
        both = [lines_of(found[f]) for f in functions if f in found]
        rows.append((f"{name}: {', '.join(functions)}", sum(b[0] for b in both),
                     sum(b[1] for b in both)))
    rows.sort()
    rows.append(("all of them", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    width = max(len(r[0]) for r in rows)
    print(f"{'file':{width}}  lines  covered      %")
    for name, lines, covered in rows:
        print(f"{name:{width}}  {lines:5}  {covered:7}  {100 * covered / max(lines, 1):5.1f}")


if __name__ == "__main__":
    main()
