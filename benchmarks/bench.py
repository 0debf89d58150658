"""What the benchmark scripts share: the built Weir's class path, a JVM on it, and a line in results.jsonl."""
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MODULES = ("benchmarks", "storage", "meter-engine", "gateway")
BUILD = "mvn -B -pl benchmarks -am -Dmaven.test.skip=true package"


def java():
    """The JDK that ./weir would take, as far as JAVA_HOME or the usual places say."""
    homes = [os.environ.get("JAVA_HOME", "")] + [str(p) for p in sorted(Path("/usr/lib/jvm").glob("*25*"))]
    for home in homes:
        release = Path(home or "/nonexistent") / "release"
        if release.exists() and 'JAVA_VERSION="25' in release.read_text():
            return str(Path(home) / "bin" / "java")
    sys.exit("no JDK 25: set JAVA_HOME")


def class_path():
    jars = sorted(PROJECT.glob("gateway/target/gateway-*-all.jar"))
    folders = [PROJECT / module / "target" / "classes" for module in MODULES]
    if not jars or not all(folder.exists() for folder in folders):
        sys.exit(f"not built: {BUILD}")
    return ":".join(map(str, folders + jars[-1:]))


def jvm(main, *arguments, heap="512m", options=()):
    """The command line of one benchmark's main class, with the heap and the collector of ./weir."""
    return [java(), f"-Xmx{heap}", "-XX:+UseParallelGC", "--enable-native-access=ALL-UNNAMED", *options,
            "-cp", class_path(), main, *map(str, arguments)]


def load():
    return round(os.getloadavg()[0], 1)


def record(benchmark, note, measured, script, keep=True):
    line = {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": subprocess.run(["git", "-C", PROJECT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                                     check=True).stdout.strip(),
            "benchmark": benchmark, "command": " ".join([script] + sys.argv[1:]), "note": note,
            "machine": f"{os.cpu_count()} cores {platform.machine()} Linux {platform.release()}", **measured}
    print(json.dumps(line))
    if keep:
        with open(PROJECT / "benchmarks" / "results.jsonl", "a") as ledger:
            ledger.write(json.dumps(line) + "\n")
