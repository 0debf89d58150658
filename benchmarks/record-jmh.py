#!/usr/bin/env python3
"""Appends what a JMH run measured to benchmarks/results.jsonl, one line for each benchmark class.

    java -cp … org.openjdk.jmh.Main ScannerBenchmark -prof gc -rf json -rff run.json
    benchmarks/record-jmh.py run.json --note "quiet machine"

The line holds the run's own settings and, for each method and parameter, the score with its error and, with -prof gc, the bytes
allocated for each operation; in sample mode the percentiles. `--commit` names the commit that was measured where it is not the one checked out.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("runs", nargs="+", type=Path, help="what -rf json -rff wrote")
    args.add_argument("--note", default="")
    args.add_argument("--commit", help="default: the one checked out")
    options = args.parse_args()
    results = [result for run in options.runs for result in json.loads(run.read_text())]
    with open(PROJECT / "benchmarks" / "results.jsonl", "a") as ledger:
        for name in dict.fromkeys(class_of(result) for result in results):
            ledger.write(json.dumps(line(name, [r for r in results if class_of(r) == name], options)) + "\n")


def class_of(result):
    return result["benchmark"].split(".")[-2]


def line(name, results, options):
    first = results[0]
    commit = options.commit or subprocess.run(["git", "-C", PROJECT, "rev-parse", "--short", "HEAD"],
                                              capture_output=True, text=True, check=True).stdout.strip()
    return {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": commit,
            "benchmark": name,
            "command": f"org.openjdk.jmh.Main {name} -f {first['forks']} -wi {first['warmupIterations']} "
                       f"-w {first['warmupTime'].replace(' ', '')} -i {first['measurementIterations']} "
                       f"-r {first['measurementTime'].replace(' ', '')} -prof gc -rf json",
            "note": options.note,
            "machine": f"{os.cpu_count()} cores {platform.machine()} Linux {platform.release()}",
            "jvm": f"{first['vmName']} {first['vmVersion']}",
            "unit": first["primaryMetric"]["scoreUnit"],
            "scores": [score(result) for result in results]}


def score(result):
    metric = result["primaryMetric"]
    allocated = result.get("secondaryMetrics", {}).get("gc.alloc.rate.norm")
    return {"method": result["benchmark"].split(".")[-1],
            **result.get("params", {}),
            "score": round(metric["score"], 3),
            "error": round(metric["scoreError"], 3) if isinstance(metric["scoreError"], float) else None,
            **percentiles(metric, result["mode"]),
            "bytes_per_op": round(allocated["score"], 3) if allocated else None}


def percentiles(metric, mode):
    """Of a run that took samples: the score is their mean."""
    if mode != "sample":
        return {}
    all_of_them = metric["scorePercentiles"]
    return {name: round(all_of_them[of], 1) for name, of in
            (("p50", "50.0"), ("p90", "90.0"), ("p99", "99.0"), ("p999", "99.9"), ("p9999", "99.99"), ("max", "100.0"))}


if __name__ == "__main__":
    main()
