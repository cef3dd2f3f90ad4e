"""Measures a whole process: wall time, processor time and peak memory, with a limit after which it is stopped."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one run cost. Seconds and MB (1e6 bytes)."""

    wall: float
    cpu: float
    peak: float
    code: int
    stopped: bool

    @property
    def failed(self) -> bool:
        return self.code not in {0, 1} and not self.stopped


def run(
    command: Sequence[str], *, limit: float, env: dict[str, str] | None = None, stdout: Path | None = None
) -> tuple[Cost, str]:
    """Run a command to its end, or stop it and all it started after ``limit`` seconds. Gives its cost and last words.

    CPU counts the descendants that it waited for. Peak memory is that of the largest single process. Standard output
    goes to the file ``stdout``, or nowhere.
    """
    started = time.perf_counter()
    with (
        stdout.open("wb") if stdout else nullcontext(subprocess.DEVNULL) as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=env, start_new_session=True) as process,
    ):
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, stop)
        timer.start()
        words = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    cost = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6, process.returncode, stopped.is_set())
    return cost, words.decode(errors="replace")[-2000:]


def median(costs: Sequence[Cost]) -> Cost:
    """Median of each figure on its own."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.peak for cost in costs),
        max(cost.code for cost in costs),
        any(cost.stopped for cost in costs),
    )
