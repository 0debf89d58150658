#!/usr/bin/env python3
"""Events a second into PostgreSQL: Weir's store beside JDBC COPY of the same events, in turns, in one run.

    benchmarks/store.py [--rounds 5] [--events 20000] [--note TEXT]

The embedded PostgreSQL 18 as Weir starts it (fsync on). `weir` stores each batch in one statement: events exactly once, by primary
key and row-level security, totals in three tables, watermark. `copy_bare` copies finished rows into a table of the same columns
without an index, `copy_keyed` into one with the indexes of usage_events: what PostgreSQL takes at all, with no conflict handling
and no totals. Each batch is one transaction. What counts is the ratio within a round; events a second say more about the machine.
CPU is of the JVM and of all the server's processes. Needs a built project. One line is appended to benchmarks/results.jsonl.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile

import bench

MAIN = "dev.weir.postgres.StoreRun"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--events", type=int, default=20_000, help="of each contender in each round")
    args.add_argument("--note", default="")
    args.add_argument("--no-record", action="store_true")
    options = args.parse_args()
    folder = tempfile.mkdtemp(prefix="weir-store-")
    load = [bench.load()]
    try:
        out = subprocess.run(bench.jvm(MAIN, folder, options.rounds, options.events), check=True, stdout=subprocess.PIPE,
                             text=True).stdout
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    *visits, counted = lines
    if counted["weir_events"] + counted["copied"] != counted["made"] or counted["rolled_up"] != counted["weir_events"]:
        sys.exit(f"not valid: {counted}")
    bench.record("store", options.note, {"load_before_and_after": load + [bench.load()], **summary(visits), "counted": counted},
                 "benchmarks/store.py", not options.no_record)


def summary(visits):
    table, ratios = {}, {}
    for batch in sorted({v["batch"] for v in visits}):
        by_way = {way: [v for v in visits if v["way"] == way and v["batch"] == batch] for way in ("weir", "copy_keyed", "copy_bare")}
        for way, of_way in by_way.items():
            table[f"{way}/{batch}"] = {field: spread([v[field] for v in of_way]) for field in ("events_per_s", "own_cpu_us", "server_cpu_us")}
        for way in ("copy_keyed", "copy_bare"):
            ratios[f"weir/{way}/{batch}"] = spread([by_round(by_way["weir"], v) / v["events_per_s"] for v in by_way[way]])
    for name, row in {**table, **ratios}.items():
        print(f"{name:24}", row)
    return {"ways": table, "rate_ratios": ratios}


def by_round(visits, other):
    return next(v["events_per_s"] for v in visits if v["round"] == other["round"])


def spread(values):
    digits = 0 if min(values) > 1000 else 2
    if digits == 0:
        values = [int(value) for value in values]
    return {"median": round(statistics.median(values), digits), "min": round(min(values), digits), "max": round(max(values), digits)}


if __name__ == "__main__":
    main()
