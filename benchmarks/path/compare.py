#!/usr/bin/env python3
"""The whole path of a call, Weir beside nginx as reverse proxy, in one interleaved run.

    benchmarks/path/compare.py [--rounds 5] [--seconds 4] [--connections 64] [--case json|sse] [--note TEXT]

Needs nginx and wrk on the PATH, a built gateway (./weir run once), and two cores. Core 0 carries the load and the stub
upstream (an nginx that answers a fixed chat completion), core 1 the contender; the other contender is idle meanwhile. Each
round visits both in a new random order. What counts is the ratio of CPU per call (user + system of the process tree, from
/proc) and of instructions per call (perf, where it is allowed); requests per second are shown but say more about the machine.
Every answer's status is checked, and at the end Weir's own count of stored events is compared with the calls made.

One line is appended to benchmarks/results.jsonl.
"""
import argparse
import datetime
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CLK = os.sysconf("SC_CLK_TCK")

JSON_ANSWER = json.dumps({
    "id": "chatcmpl-bench0000000000000000000000", "object": "chat.completion", "created": 1789000000,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A weir measures a stream. " * 20, "refusal": None,
                                         "annotations": []}, "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 312, "completion_tokens": 120, "total_tokens": 432,
              "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
              "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                                            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}},
    "service_tier": "default", "system_fingerprint": "fp_bench00000"})


def sse_answer():
    head = {"id": "chatcmpl-bench0000000000000000000000", "object": "chat.completion.chunk", "created": 1789000000,
            "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_bench00000"}
    chunks = [dict(head, choices=[{"index": 0, "delta": {"content": " stream"}, "logprobs": None, "finish_reason": None}],
                   usage=None) for _ in range(64)]
    chunks.append(dict(head, choices=[], usage={"prompt_tokens": 312, "completion_tokens": 64, "total_tokens": 376}))
    return "".join("data: " + json.dumps(c) + "\n\n" for c in chunks) + "data: [DONE]\n\n"


def request_body(stream):
    body = {"model": "gpt-4o-mini",
            "messages": [{"role": "system", "content": "You answer shortly. " * 10},
                         {"role": "user", "content": "Tell me what a weir is and why one would build it. " * 20}],
            "max_tokens": 200}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(body)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def nginx_conf(folder, name, body, pid):
    path = folder / f"{name}.conf"
    path.write_text(f"""daemon off; worker_processes 1; pid {pid}; error_log {folder}/{name}.err crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 3600s;
  client_body_buffer_size 256k; client_body_temp_path {folder}/{name}-b; proxy_temp_path {folder}/{name}-p;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
{body} }}
""")
    return path


def wait_for(port, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port} after {seconds} s")


def tree(pid):
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) in found and int(entry.name) not in found:
                    found.append(int(entry.name))
            except (OSError, IndexError, ValueError):
                pass
    return found


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / CLK


class Contender:
    def __init__(self, name, port, path, headers, pids):
        self.name, self.port, self.path, self.headers, self.pids = name, port, path, headers, pids
        self.samples = []

    def script(self, folder, body):
        lines = ["wrk.method = 'POST'", f"wrk.body = [==[{body}]==]"]
        lines += [f"wrk.headers['{k}'] = '{v}'" for k, v in self.headers.items()]
        lines += ["bad = 0", "function response(status) if status ~= 200 then bad = bad + 1 end end",
                  "local threads = {}", "function setup(t) table.insert(threads, t) end",
                  "function done(s, l, r) local b = 0 for _, t in ipairs(threads) do b = b + t:get('bad') end",
                  "  print(string.format('CALLS %d BAD %d US %d P50 %d P99 %d', s.requests, b + s.errors.connect + s.errors.read"
                  " + s.errors.timeout, s.duration, l:percentile(50), l:percentile(99))) end"]
        path = folder / f"{self.name}.lua"
        path.write_text("\n".join(lines))
        return path

    def visit(self, script, seconds, connections, perf):
        before = cpu_seconds(self.pids)
        counter = None
        if perf:
            counter = subprocess.Popen(["perf", "stat", "-x,", "-e", "instructions", "-p", ",".join(map(str, self.pids))],
                                       stderr=subprocess.PIPE, text=True)
        out = subprocess.run(["taskset", "-c", "0", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                              f"http://127.0.0.1:{self.port}{self.path}"], capture_output=True, text=True, check=True).stdout
        instructions = None
        if counter:
            counter.send_signal(signal.SIGINT)
            match = re.search(r"^(\d+),", counter.communicate()[1], re.M)
            instructions = int(match.group(1)) if match else None
        cpu = cpu_seconds(self.pids) - before
        calls, bad, us, p50, p99 = map(int, re.search(
            r"CALLS (\d+) BAD (\d+) US (\d+) P50 (\d+) P99 (\d+)", out).groups())
        return {"calls": calls, "bad": bad, "rps": calls / us * 1e6, "cpu_us": cpu / calls * 1e6, "p50_us": p50, "p99_us": p99,
                "kinstr": instructions / calls / 1000 if instructions else None}


def admin(port, key, method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                     data=json.dumps(body).encode() if body else None,
                                     headers={"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def start_weir(folder, upstream, children, java_opts):
    data, port, control = folder / "weir", free_port(), free_port()
    config = folder / "weir.yaml"
    config.write_text(f"""routes:
  openai: {{kind: llm, provider: openai, upstream: "http://127.0.0.1:{upstream}", credential: sk-bench, allow-private: true}}
""")
    log = open(folder / "weir.log", "w")
    env = dict(os.environ, WEIR_JAVA_OPTS=java_opts) if java_opts else dict(os.environ)
    weir = subprocess.Popen(["taskset", "-c", "1", str(PROJECT / "weir"), "run", "--config", config, "--data", data, "--listen",
                             f"127.0.0.1:{port}", "--control", f"127.0.0.1:{control}"], stdout=log, stderr=log, env=env)
    children.append(weir)
    wait_for(control, 300)
    key = (data / "admin.key").read_text().strip()
    admin(control, key, "POST", "/api/tenants", {"id": "bench", "plan": "pro"})
    tenant_key = admin(control, key, "POST", "/api/keys", {"tenant": "bench"})["key"]
    java = [p for p in tree(weir.pid) if "java" in os.readlink(f"/proc/{p}/exe")]
    return weir, port, control, key, tenant_key, java


def summary(samples, field):
    values = [s[field] for s in samples if s[field] is not None]
    return None if not values else {"median": round(statistics.median(values), 2), "min": round(min(values), 2),
                                    "max": round(max(values), 2)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=int, default=4)
    args.add_argument("--connections", type=int, default=64)
    args.add_argument("--case", choices=["json", "sse"], default="json")
    args.add_argument("--warmup", type=int, default=15, help="seconds of load on Weir before the first round")
    args.add_argument("--java-opts", default="", help="handed on as WEIR_JAVA_OPTS")
    args.add_argument("--note", default="")
    args.add_argument("--no-record", action="store_true", help="print only; append nothing to results.jsonl")
    options = args.parse_args()
    for tool in ("nginx", "wrk", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install nginx-light wrk util-linux")
    folder = Path(tempfile.mkdtemp(prefix="weir-bench-"))
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
    stream = options.case == "sse"
    answer = folder / "answer"
    answer.mkdir()
    (answer / "completions").write_text(sse_answer() if stream else JSON_ANSWER)
    stub, proxy = free_port(), free_port()
    kind = "text/event-stream; charset=utf-8" if stream else "application/json"
    fields = "".join(f"add_header x-stub-{i} value-{i}-of-some-length;" for i in range(12))
    stub_conf = nginx_conf(folder, "stub", f"""server {{ listen 127.0.0.1:{stub} backlog=4096; location / {{
      root {answer}; types {{ }} default_type "{kind}"; error_page 405 =200 $uri; try_files /completions =404;
      add_header x-request-id req_bench; {fields} }} }}""", folder / "stub.pid")
    proxy_conf = nginx_conf(folder, "proxy", f"""upstream u {{ server 127.0.0.1:{stub}; keepalive 512; keepalive_requests 100000000; }}
      server {{ listen 127.0.0.1:{proxy} backlog=4096; location /openai/ {{ proxy_pass http://u/; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering on; }} }}""", folder / "proxy.pid")
    for core, conf in (("0", stub_conf), ("1", proxy_conf)):
        children.append(subprocess.Popen(["taskset", "-c", core, "nginx", "-c", conf, "-p", folder]))
    nginx = children[-1]
    wait_for(stub)
    wait_for(proxy)
    weir, port, control, admin_key, key, java = start_weir(folder, stub, children, options.java_opts)
    sdk = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "OpenAI/Java 4.0",
           "X-Stainless-Lang": "java", "X-Stainless-Arch": "x64", "X-Stainless-OS": "Linux", "X-Stainless-Package-Version": "4.0",
           "X-Stainless-Retry-Count": "0", "X-Stainless-Runtime": "JRE", "X-Stainless-Runtime-Version": "25"}
    contenders = [Contender("nginx", proxy, "/openai/v1/chat/completions", sdk | {"Authorization": "Bearer sk-bench"},
                            tree(nginx.pid)),
                  Contender("weir", port, "/openai/v1/chat/completions", sdk | {"Authorization": "Bearer " + key}, java)]
    body = request_body(stream)
    scripts = {c.name: c.script(folder, body) for c in contenders}
    perf = shutil.which("perf") and "instructions" in subprocess.run(
        ["perf", "stat", "-x,", "-e", "instructions", "true"], capture_output=True, text=True).stderr.replace("not supported", "")
    weir_calls = contenders[1].visit(scripts["weir"], options.warmup, options.connections, False)["calls"]
    contenders[0].visit(scripts["nginx"], 2, options.connections, False)
    for number in range(options.rounds):
        for contender in random.sample(contenders, 2):
            sample = contender.visit(scripts[contender.name], options.seconds, options.connections, perf)
            contender.samples.append(sample)
            print(f"round {number + 1} {contender.name:6}", {k: round(v, 1) for k, v in sample.items() if v is not None}, flush=True)
    weir_calls += sum(s["calls"] for s in contenders[1].samples)
    bad = sum(s["bad"] for c in contenders for s in c.samples)
    stored = counted(control, admin_key, weir_calls)
    report(options, contenders, bad, weir_calls, stored)


def counted(control, key, expected):
    """Calls that Weir has stored in PostgreSQL; wrk drops up to a connection's worth of unfinished calls at each end."""
    day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
    stored, last = -1, -2
    end = time.time() + 120
    while time.time() < end and (stored < expected or stored != last):
        last = stored
        time.sleep(1)
        stored = int(admin(control, key, "GET", f"/api/costs/summary?tenant=bench&period={day}")["total"]["meters"].get("calls", 0))
    return stored


def report(options, contenders, bad, calls, stored):
    nginx, weir = contenders
    line = {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": subprocess.run(["git", "-C", PROJECT, "rev-parse", "--short", "HEAD"], capture_output=True,
                                     text=True).stdout.strip(),
            "benchmark": "path/" + options.case,
            "command": " ".join(["benchmarks/path/compare.py"] + sys.argv[1:]), "note": options.note,
            "machine": f"{os.cpu_count()} cores {platform.machine()} Linux {platform.release()}",
            "load": f"wrk closed loop, {options.connections} connections, contender on one core",
            "bad_answers": bad, "weir_calls": calls, "weir_events_stored": stored}
    for contender in contenders:
        line[contender.name] = {f: summary(contender.samples, f) for f in ("rps", "cpu_us", "kinstr", "p50_us", "p99_us")}
    ratio = [w["cpu_us"] / n["cpu_us"] for w, n in zip(weir.samples, nginx.samples)]
    line["cpu_ratio"] = {"median": round(statistics.median(ratio), 2), "min": round(min(ratio), 2), "max": round(max(ratio), 2)}
    if line["weir"]["kinstr"] and line["nginx"]["kinstr"]:
        line["instructions_ratio"] = round(line["weir"]["kinstr"]["median"] / line["nginx"]["kinstr"]["median"], 2)
    print(json.dumps(line, indent=2))
    if bad or stored < calls:
        sys.exit(f"not valid: {bad} bad answers, {calls} calls answered, {stored} events stored")
    if not options.no_record:
        with open(PROJECT / "benchmarks" / "results.jsonl", "a") as ledger:
            ledger.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
