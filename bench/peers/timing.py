"""Repeats a piece of work and prints its times as one line of JSON, for bench/run.mjs."""

import json
import sys
import time


def report(work, repeats):
    """Times work() `repeats` times after one run that is not counted; prints milliseconds."""
    result = work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append((time.perf_counter() - start) * 1000)
    json.dump({"ms": times, "check": result}, sys.stdout)
    print()
