"""A measurement is of the whole process, and one that takes too long is stopped and says so."""

import sys

from bench.measure import Cost, median, run
from bench.run import Contender, Line, table


def python(text, limit=20.0):
    return run([sys.executable, "-c", text], limit=limit)


def test_processor_time_and_memory_of_the_process_are_counted():
    cost, _ = python("data = bytes(60_000_000); sum(range(2_000_000))")
    assert cost.cpu > 0.01
    assert cost.peak > 60
    assert not cost.failed


def test_a_run_that_takes_too_long_is_stopped_with_all_that_it_started():
    cost, _ = python(
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])", 1.0
    )
    assert cost.stopped
    assert cost.wall < 10
    assert not cost.failed


def test_a_crash_is_a_failure_with_its_last_words():
    cost, words = python("import sys; print('no such option', file=sys.stderr); sys.exit(2)")
    assert cost.failed
    assert "no such option" in words


def test_the_median_is_taken_of_each_figure():
    costs = [Cost(3, 1, 5, 0, False), Cost(1, 2, 4, 0, False), Cost(2, 9, 6, 1, False)]
    assert median(costs) == Cost(2, 2, 5, 1, False)


def test_the_table_says_when_something_was_stopped(tmp_path):
    path = tmp_path / "dump.json"
    path.write_bytes(b"{}")

    def line(name, cpu, *, stopped=False):
        return Line(Contender(name, [], 1, 600), Cost(cpu, cpu, 1, 0, stopped))

    lines = [line("raw", 0.5), line("typed", 1), line("demarc html", 4), line("other", 90, stopped=True)]
    text = table(1000, path, lines)
    assert "| other | stopped after 600 s | - | - | - | - | > 22 |" in text
    assert "| demarc html | 4.00 | 4.00 | 1 | 4.0 | 1.00 | 1.00 |" in text
