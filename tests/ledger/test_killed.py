"""Two writers, killed without warning again and again: nothing that was acknowledged is lost, nothing half remains."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

from demarc.ledger.store.open import open_store
from demarc.ledger.store.verify import verify_store
from demarc.ledger.verify import Trust
from tests.ledger.given import a_store, said

ROUNDS = 4


def test_what_was_acknowledged_is_there_after_every_kill(place, tmp_path):
    a_store(place)
    rng = random.Random(7)
    acknowledged = 0
    for turn in range(ROUNDS):
        names = [f"r{turn}a", f"r{turn}b"]
        logs = [tmp_path / name for name in names]
        running = []
        for name, log in zip(names, logs, strict=True):
            with log.open("wb") as out:
                command = [sys.executable, "-m", "tests.ledger.writer", place, name]
                running.append(subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=os.environ))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not all(log.stat().st_size for log in logs):
            assert all(one.poll() is None for one in running)
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        for one in rng.sample(running, 2):
            one.send_signal(signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.05))
        for one in running:
            one.communicate(timeout=30)
        acknowledged += check(place, dict(zip(names, logs, strict=True)))
    assert acknowledged >= 2 * ROUNDS


def check(place, logs):
    """Hold what the writers said against the ledger."""
    store = open_store(place)
    with store.reading() as reader:
        verdict = verify_store(reader, Trust())
        assert verdict.holds, verdict.findings
        entries = list(reader.entries(verdict.size))
    count = 0
    for name, log in logs.items():
        own = [entry for entry in entries if entry.actor == name]
        lines = log.read_text().split("\n")[:-1]
        for line in lines:
            number, first, size = map(int, line.split())
            found = entries[first:size]
            assert [entry.actor for entry in found] == [name] * (1 + number % 40)
            assert [said(entry)["ticket"] for entry in found] == [f"{number}.{part}" for part in range(1 + number % 40)]
            count += 1
        # One more batch may be there than was acknowledged; if so, all of it.
        batches = {said(entry)["ticket"].split(".")[0] for entry in own}
        assert len(batches) - len(lines) in {0, 1}
        for number in map(int, batches):
            assert sum(said(entry)["ticket"].startswith(f"{number}.") for entry in own) == 1 + number % 40
    return count
