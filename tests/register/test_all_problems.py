"""One register with every fault: all are told at once, each with its line and what to do."""

from __future__ import annotations

from pathlib import Path

from demarc.register import load
from tests.register.reading import DUTIES, NOW, PARTS

FIXTURES = Path(__file__).parent / "fixtures"


def test_every_fault_of_a_register_is_told_at_once(monkeypatch):
    monkeypatch.chdir(FIXTURES)
    loaded = load(Path("bad"), duties=DUTIES, parts=PARTS, now=NOW)
    sections = (("errors", loaded.errors), ("blanks", loaded.blanks), ("warnings", loaded.warnings))
    lines = [line for name, problems in sections for line in (f"# {name}", *map(str, problems))]
    told = "\n".join(lines) + "\n"
    golden = FIXTURES / "bad.txt"
    assert told == golden.read_text(), f"if this is better, write it to {golden.name}:\n{told}"


def test_every_problem_says_what_to_do_and_where():
    loaded = load(FIXTURES / "bad", duties=DUTIES, parts=PARTS, now=NOW)
    for problem in loaded.problems:
        assert problem.todo, problem
        assert problem.where, problem
        assert problem.where.line, problem
