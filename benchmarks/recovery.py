#!/usr/bin/env python3
"""How long a start takes to recover a spool, each time in a new JVM with Weir's heap, on a cold and on a warm page cache.

    benchmarks/recovery.py [--mib 1024] [--rounds 3] [--case raw|sealed|recovered]… [--note TEXT]

- raw:        the spool was never sealed: 1 GiB as appended
- sealed:     all but the last segment are compressed: 1 GiB on the disk, which is what the quota counts, and several as appended
- recovered:  the same, but a start has read it before: only headers are read

The folder is made once for each case and put back between the rounds. Cold: the folder's own pages are dropped from the cache
(posix_fadvise); what the disk itself caches stays. Beside the time stands the CPU time of the whole JVM, its own start included: on
a machine that others use, the difference is theirs. Needs a built project. One line is appended to benchmarks/results.jsonl.
"""
import argparse
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import bench

MAIN = "dev.weir.benchmarks.RecoveryRun"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--mib", type=int, default=1024)
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--case", action="append", choices=["raw", "sealed", "recovered"])
    args.add_argument("--folder", help="where the spool is made; default: the system's temporary folder")
    args.add_argument("--java-option", action="append", default=[])
    args.add_argument("--note", default="")
    args.add_argument("--no-record", action="store_true")
    options = args.parse_args()
    load = [bench.load()]
    cases = {case: run(case, options) for case in options.case or ["raw", "sealed", "recovered"]}
    bench.record("recovery", options.note, {"load_before_and_after": load + [bench.load()], "mib": options.mib, "cases": cases},
                 "benchmarks/recovery.py", not options.no_record)


def run(case, options):
    folder = Path(tempfile.mkdtemp(prefix="weir-recovery-", dir=options.folder))
    try:
        subprocess.run(bench.jvm(MAIN, "fill", folder, options.mib, "raw" if case == "raw" else "sealed"), check=True,
                       stdout=subprocess.DEVNULL)
        made = {path.name for path in folder.iterdir()}
        small = {name: (folder / name).read_text() for name in ("epoch", "recovered")}
        size = sum((folder / name).stat().st_size for name in made)
        if case == "recovered":
            start(folder, options)
            made, small = {path.name for path in folder.iterdir()}, {name: (folder / name).read_text() for name in small}
        times, cpu = {"cold": [], "warm": []}, {"cold": [], "warm": []}
        for _ in range(options.rounds):
            for cache in times:
                put_back(folder, made, small)
                if cache == "cold":
                    drop(folder)
                records, interrupted, millis, cpu_millis = start(folder, options)
                times[cache].append(millis)
                cpu[cache].append(cpu_millis)
                print(f"{case} {cache}: {size >> 20} MiB, {records} records, {interrupted} in flight, {millis} ms, "
                      f"CPU {cpu_millis} ms", flush=True)
        return {"disk_mib": size >> 20, "records": records, "interrupted": interrupted, "millis": times, "cpu_millis": cpu}
    finally:
        shutil.rmtree(folder)


def start(folder, options):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(bench.jvm(MAIN, "open", folder, options=options.java_option), check=True, capture_output=True,
                         text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return [int(number) for number in out.splitlines()[-1].split()] + [round(cpu * 1000)]


def put_back(folder, made, small):
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()
    for name, text in small.items():
        (folder / name).write_text(text)


def drop(folder):
    for path in folder.iterdir():
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


if __name__ == "__main__":
    main()
