#!/usr/bin/env python3
"""PostgreSQL away for minutes under load: memory, traffic and the way back, measured on a Weir as users start it.

    benchmarks/outage.py [--minutes 10] [--rate 500] [--before 60] [--after 60] [--note TEXT]

./weir with its own options (512 MiB heap) and the embedded PostgreSQL; calls at a fixed rate (SteadyLoad, an open loop) to an
nginx that answers a fixed chat completion. All processes of PostgreSQL are stopped by SIGSTOP, so that it accepts connections
and answers nothing, and go on after the given minutes. Each second: RSS of the JVM, what its last garbage collection left, events
waiting, events stored, latencies of the calls. At the end of each phase a full collection tells what is really held.

The phases: before, outage, draining (until no more than a second's calls wait), after. At the end the calls that were answered
must be the calls that are stored, exactly. Needs nginx and a built project. One line is appended to benchmarks/results.jsonl.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import bench

sys.path.insert(0, str(Path(__file__).resolve().parent / "path"))
import compare  # noqa: E402

LOAD = "dev.weir.benchmarks.SteadyLoad"
CONNECTIONS = 32


class Weir:
    def __init__(self, folder, upstream, children):
        self.log, self.gc_log = folder / "weir.log", folder / "gc.log"
        self.data, self.port, self.control = folder / "weir", compare.free_port(), compare.free_port()
        config = folder / "weir.yaml"
        config.write_text(f"""routes:
  openai: {{kind: llm, provider: openai, upstream: "http://127.0.0.1:{upstream}", credential: sk-bench, allow-private: true}}
""")
        env = dict(os.environ, JAVA_TOOL_OPTIONS=f"-Xlog:gc:file={self.gc_log}:uptime:filecount=0")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [str(bench.PROJECT / "weir"), "run", "--config", config, "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                 "--control", f"127.0.0.1:{self.control}"], stdout=log, stderr=log, env=env)
        children.append(self.process)
        compare.wait_for(self.control, 300)
        self.admin_key = (self.data / "admin.key").read_text().strip()
        compare.admin(self.control, self.admin_key, "POST", "/api/tenants", {"id": "bench", "plan": "pro"})
        self.key = compare.admin(self.control, self.admin_key, "POST", "/api/keys", {"tenant": "bench"})["key"]
        self.pid = self.of_tree("java")[0]

    def of_tree(self, program):
        return [pid for pid in compare.tree(self.process.pid) if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == program]

    def metrics(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}/metrics",
                                         headers={"Authorization": "Bearer " + self.admin_key})
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read().decode()
        return {name: float(value) for name, value in re.findall(r"^(weir_(?:spool|shipper)_\w+) (\S+)$", text, re.M)}

    def rss(self):
        fields = dict(re.findall(r"^(VmRSS|RssAnon):\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text(), re.M))
        return {"rss_mib": int(fields["VmRSS"]) / 1024, "anon_mib": int(fields["RssAnon"]) / 1024}

    def collections(self):
        """Of each: seconds since the start, MiB left, milliseconds of pause."""
        return [(float(at), int(left), float(pause)) for at, left, pause in
                re.findall(r"^\[([\d.]+)s\].*->(\d+)M\(\d+M\) ([\d.]+)ms", self.gc_log.read_text(), re.M)]

    def heap_after_gc(self):
        collections = self.collections()
        return collections[-1][1] if collections else None


class Load:
    """Its reports by the second they came in."""

    def __init__(self, weir, folder, rate, children):
        body = compare.request_body(False)
        request = (f"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{weir.port}\r\nContent-Type: application/json\r\n"
                   f"Authorization: Bearer {weir.key}\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        (folder / "request").write_text(request)
        self.process = subprocess.Popen(bench.jvm(LOAD, weir.port, folder / "request", rate, CONNECTIONS, heap="64m"),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(self.process)
        self.seconds, self.total = [], None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("total"):
                self.total = [int(n) for n in line.split()[1:]]
            else:
                self.seconds.append([int(n) for n in line.split()])

    def end(self):
        self.process.stdin.close()
        self.reader.join(120)
        return self.total


class Phase:
    def __init__(self, weir, load):
        self.weir, self.load, self.begun, self.first, self.samples = weir, load, time.time(), len(load.seconds), []
        self.collections = len(weir.collections())

    def sample(self, name):
        at = time.time()
        held = {**self.weir.rss(), "heap_after_gc_mib": self.weir.heap_after_gc()}
        metrics = self.weir.metrics()
        self.samples.append({"at": at, **held, "depth": metrics["weir_spool_depth_records"],
                             "spool_bytes": metrics["weir_spool_bytes"], "oldest_s": metrics["weir_spool_oldest_age_seconds"],
                             "stored": metrics["weir_shipper_events_stored_total"]})
        if len(self.samples) % 15 == 1:
            print(name, {k: round(v, 1) for k, v in self.samples[-1].items() if k != "at"}, self.load.seconds[-1:], flush=True)
        return self.samples[-1]

    def summary(self):
        seconds = self.load.seconds[self.first:]
        span = self.samples[-1]["at"] - self.samples[0]["at"]
        pauses = [pause for _, _, pause in self.weir.collections()[self.collections:]]
        values = {field: [s[field] for s in self.samples if s[field] is not None] for field in ("rss_mib", "anon_mib", "heap_after_gc_mib")}
        return {"seconds": round(time.time() - self.begun, 1), "calls": sum(s[0] for s in seconds), "bad": sum(s[1] for s in seconds),
                "p50_us": round(statistics.median(s[2] for s in seconds)) if seconds else None,
                "p99_us": round(statistics.median(s[3] for s in seconds)) if seconds else None,
                "max_us": max((s[4] for s in seconds), default=None),
                **{field: {"median": round(statistics.median(v), 1), "min": round(min(v), 1), "max": round(max(v), 1)} for field, v in values.items() if v},
                "collections": {"count": len(pauses), "sum_ms": round(sum(pauses)), "max_ms": round(max(pauses, default=0), 1)},
                "depth_max": max(s["depth"] for s in self.samples), "spool_mib_max": round(max(s["spool_bytes"] for s in self.samples) / 2**20, 1),
                "stored_per_s": round((self.samples[-1]["stored"] - self.samples[0]["stored"]) / span) if span else None}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--minutes", type=float, default=10)
    args.add_argument("--rate", type=int, default=500, help="calls a second")
    args.add_argument("--warmup", type=int, default=90, help="seconds of load before the first phase")
    args.add_argument("--before", type=int, default=60, help="seconds")
    args.add_argument("--after", type=int, default=60, help="seconds")
    args.add_argument("--note", default="")
    args.add_argument("--no-record", action="store_true")
    options = args.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="weir-outage-"))
    folder.chmod(0o755)
    children = []
    try:
        run(options, folder, children)
    finally:
        for child in reversed(children):
            child.send_signal(signal.SIGTERM)
        for child in reversed(children):
            child.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def run(options, folder, children):
    (folder / "answer").mkdir()
    (folder / "answer" / "completions").write_text(compare.JSON_ANSWER)
    stub = compare.free_port()
    conf = compare.nginx_conf(folder, "stub", f"""server {{ listen 127.0.0.1:{stub} backlog=4096; location / {{
      root {folder}/answer; types {{ }} default_type "application/json"; error_page 405 =200 $uri; try_files /completions =404; }} }}""",
                              folder / "stub.pid")
    children.append(subprocess.Popen(["nginx", "-c", conf, "-p", folder]))
    compare.wait_for(stub)
    weir = Weir(folder, stub, children)
    load = Load(weir, folder, options.rate, children)
    machine = [bench.load()]
    time.sleep(options.warmup)
    phases = {"before": watch(Phase(weir, load), "before", lambda p: time.time() - p.begun >= options.before)}
    stopped = weir.of_tree("postgres")
    signal_all(stopped, signal.SIGSTOP)
    try:
        phases["outage"] = watch(Phase(weir, load), "outage", lambda p: time.time() - p.begun >= options.minutes * 60)
    finally:
        signal_all(stopped, signal.SIGCONT)
    machine.append(bench.load())
    back = time.time()
    drained = Phase(weir, load)
    phases["draining"] = watch(drained, "draining", lambda p: p.samples[-1]["depth"] <= options.rate, pause=0.25)
    phases["after"] = watch(Phase(weir, load), "after", lambda p: time.time() - p.begun >= options.after)
    machine.append(bench.load())
    answered, bad = load.end()
    stored = compare.counted(weir.control, weir.admin_key, answered)
    report(options, phases, drain_rate(drained, back), machine, answered, bad, stored, weir)


def watch(phase, name, is_over, pause=1.0):
    phase.sample(name)
    while not is_over(phase):
        time.sleep(pause)
        phase.sample(name)
    return phase.summary()


def signal_all(pids, which):
    for pid in pids:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            pass


def drain_rate(phase, back):
    """From the first event stored after the return to the end."""
    samples = phase.samples
    first = next((i for i, s in enumerate(samples) if s["stored"] > samples[0]["stored"]), len(samples) - 1)
    begin, end = samples[max(0, first - 1)], samples[-1]
    span = max(end["at"] - begin["at"], 0.001)
    return {"seconds_until_first_stored": round(samples[first]["at"] - back, 2), "seconds_of_draining": round(span, 2),
            "stored_per_s": round((end["stored"] - begin["stored"]) / span)}


def report(options, phases, drain, machine, answered, bad, stored, weir):
    before, outage = phases["before"], phases["outage"]
    measured = {"load_average": machine, "rate": options.rate, "minutes": options.minutes, "answered": answered, "bad_answers": bad,
                "events_stored": stored, "phases": phases, "drain": drain,
                "drain_over_inflow": round(drain["stored_per_s"] / options.rate, 1),
                **{f"{field}_{which}_outage_over_before": round(outage[field + "_mib"][which] / before[field + "_mib"][which], 3)
                   for field in ("rss", "anon", "heap_after_gc") for which in ("min", "median", "max")},
                "p99_draining_over": {name: round(phases["draining"]["p99_us"] / phases[name]["p99_us"], 2)
                                      for name in ("before", "after") if phases["draining"]["p99_us"]},
                "log_lines": len(weir.log.read_text().splitlines())}
    print(json.dumps(measured, indent=1))
    print("\n".join(weir.log.read_text().splitlines()[-15:]))
    valid = bad == 0 and stored == answered
    bench.record("outage", options.note, measured, "benchmarks/outage.py", valid and not options.no_record)
    if not valid:
        sys.exit(f"not valid: {answered} calls answered, {bad} bad, {stored} events stored")


if __name__ == "__main__":
    main()
