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
src/sepp/machine.c src/sepp/association.c src/sepp/context.c src/base/rates.c src/sepp/store_row.c
""".split()

# of those patterns, but in no fuzzer: it writes records, and reads nothing
ELSEWHERE = ("src/n32/json_pen.c",)

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


def of_files(data):
    """(name, lines, covered) of each of FILES; one that is in no fuzzer is a mistake in here."""
    root = pathlib.Path.cwd()
    wanted = {p for pattern in FILES for p in root.glob(pattern)} - {root / p for p in ELSEWHERE}
    found = {root / entry["filename"]: entry["summary"]["lines"] for entry in data["files"]}
    missing = [str(path.relative_to(root)) for path in sorted(wanted - found.keys())]
    if missing:
        sys.exit(f"in no fuzzer: {', '.join(missing)}")
    return [(str(path.relative_to(root)), found[path]["count"], found[path]["covered"])
            for path in wanted]


def of_functions(data):
    """The same of FUNCTIONS, those that nothing has called among them."""
    rows = []
    for name, functions in FUNCTIONS.items():
        there = sorted((f for f in data["functions"] if f["filenames"][0].endswith(name)),
                       key=lambda f: f["count"])  # in several fuzzers: the one that was called
        found = {f["name"].split(":")[-1]: lines_of(f) for f in there}
        missing = [function for function in functions if function not in found]
        if missing:
            sys.exit(f"not in {name}: {', '.join(missing)}")
        rows.append((f"{name}: {', '.join(functions)}", sum(found[f][0] for f in functions),
                     sum(found[f][1] for f in functions)))
    return rows


def main():
    data = export(pathlib.Path(sys.argv[1]))
    rows = sorted(of_files(data) + of_functions(data))
    rows.append(("all of them", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    width = max(len(r[0]) for r in rows)
    print(f"{'file':{width}}  lines  covered      %")
    for name, lines, covered in rows:
        print(f"{name:{width}}  {lines:5}  {covered:7}  {100 * covered / max(lines, 1):5.1f}")


if __name__ == "__main__":
    main()
