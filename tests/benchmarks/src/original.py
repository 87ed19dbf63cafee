"""The gateway that LMMS began with, as its description tells it: a cache keyed by the operation, a dictionary of resident
modules, reference counts, the time of the last use, and a look at every resident module after each call.

Prints nanoseconds per call of each round as JSON. Usage: original.py ROUNDS
"""

import gc
import importlib
import json
import os
import platform
import sys
import tempfile
import time

GRACE = 30
THRESHOLD = 8
TTL = 300


class Gateway:
    def __init__(self, operations):
        self.operations = operations
        self.resident = {}
        self.references = {}
        self.last_used = {}
        self.hot = set()
        self.dependents = {}
        self.cache = {}
        self.loads_avoided = 0

    def execute(self, interface, operation, cached=False, **arguments):
        key = f"{interface}:{operation}"
        found = self.look_up(key)
        if found is not None:
            self.loads_avoided += 1
            return found
        module_name, function_name = self.operations[(interface, operation)]
        module = self.load(module_name)
        result = getattr(module, function_name)(**arguments)
        if cached:
            self.cache[key] = (result, time.time() + TTL)
            self.dependents.setdefault(module_name, []).append(key)
        self.release(module_name)
        return result

    def look_up(self, key):
        entry = self.cache.get(key)
        if entry is None or entry[1] < time.time():
            return None
        return entry[0]

    def load(self, name):
        if name in sys.modules:
            self.references[name] = self.references.get(name, 0) + 1
            self.last_used[name] = time.time()
            return sys.modules[name]
        module = importlib.import_module(name)
        self.resident[name] = True
        self.references[name] = 1
        self.last_used[name] = time.time()
        return module

    def release(self, name):
        self.last_used[name] = time.time()
        self.references[name] -= 1
        self.sweep()

    def sweep(self):
        now = time.time()
        for name in list(self.resident):
            if self.may_go(name, now):
                self.unload(name)

    def may_go(self, name, now):
        return not (
            self.references.get(name, 0) > 0
            or name in self.hot
            or self.dependents.get(name)
            or now - self.last_used.get(name, 0) < GRACE
            or len(self.resident) <= THRESHOLD
        )

    def unload(self, name):
        del sys.modules[name]
        del self.resident[name]
        del self.references[name]
        del self.last_used[name]
        gc.collect()


def modules(folder, count):
    operations = {}
    for index in range(count):
        name = f"original_{index:03}"
        with open(os.path.join(folder, name + ".py"), "w") as file:
            file.write("def add(left, right):\n    return left + right\n\ndef text(name):\n    return name * 4\n")
        operations[(name, "add")] = (name, "add")
        operations[(name, "text")] = (name, "text")
    return operations


def per_call(rounds, calls, work):
    times = []
    for _ in range(rounds):
        begun = time.thread_time_ns()
        for number in range(calls):
            work(number)
        times.append((time.thread_time_ns() - begun) / calls)
    return times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        operations = modules(folder, 100)
        gateway = Gateway(operations)
        one = per_call(rounds, 2000, lambda number: gateway.execute("original_000", "add", left=number, right=1))
        loads = []
        for index in range(1, 100):
            begun = time.perf_counter_ns()
            gateway.execute(f"original_{index:03}", "add", left=1, right=1)
            loads.append(time.perf_counter_ns() - begun)
        hundred = per_call(rounds, 1000, lambda number: gateway.execute("original_000", "add", left=number, right=1))
        name = "sixteen bytes ok"
        gateway.execute("original_000", "text", cached=True, name=name)
        hit = per_call(rounds, 2000, lambda _: gateway.execute("original_000", "text", cached=True, name=name))
    print(json.dumps({
        "python": platform.python_version(),
        "resident_1": one,
        "resident_100": hundred,
        "hit": hit,
        "load": loads,
    }))


main()
