#!/usr/bin/env python3
"""How long a node with many active counters takes to tell PostgreSQL of all of them, and how long an ask waits meanwhile.

    benchmarks/leases.py [--counters N]… [--rounds 10] [--note TEXT]

Each case is a JVM of its own with Weir's heap and an embedded PostgreSQL of its own. Needs a built project. One line is appended to
benchmarks/results.jsonl.
"""
import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import bench

MAIN = "dev.weir.benchmarks.LeaseRun"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--counters", type=int, action="append")
    args.add_argument("--rounds", type=int, default=10)
    args.add_argument("--note", default="")
    args.add_argument("--no-record", action="store_true")
    options = args.parse_args()
    load = [bench.load()]
    cases = [run(counters, options) for counters in options.counters or [100, 1_000, 10_000]]
    bench.record("leases", options.note, {"load_before_and_after": load + [bench.load()], "cases": cases}, "benchmarks/leases.py",
                 not options.no_record)


def run(counters, options):
    folder = Path(tempfile.mkdtemp(prefix="weir-leases-"))
    try:
        out = subprocess.run(bench.jvm(MAIN, folder / "db", counters, options.rounds), check=True, capture_output=True,
                             text=True).stdout
        case = json.loads(out.splitlines()[-1])
        print(json.dumps(case), flush=True)
        return case
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
