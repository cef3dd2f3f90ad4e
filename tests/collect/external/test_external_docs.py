from __future__ import annotations

import re
from pathlib import Path

from demarc.collect.external import SHAPES
from demarc.collect.external.gaps import DESCRIBED_BY, UNREAD
from demarc.collect.external.repository import KINDS

PAGE = (Path(__file__).resolve().parents[3] / "docs/concepts/exports.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_shape_stands_in_the_docs_with_its_kinds():
    documented = {row[0].removeprefix("| ").strip("`"): set(re.findall(r"`([^`]+)`", row[1])) for row in ROWS}
    for shape in SHAPES:
        assert documented.get(shape.name) == set(shape.kinds), shape.name
    for kind, file in KINDS:
        assert documented.get(file) == {kind}, file


def test_the_docs_name_no_answer_that_is_not_read():
    known = {shape.name for shape in SHAPES} | {file for _, file in KINDS} | {"answer of", "file"}
    assert {row[0].removeprefix("| ").strip("`") for row in ROWS} <= known


def test_every_kind_is_spelt_alike():
    kinds = {kind for shape in SHAPES for kind in shape.kinds} | {kind for kind, _ in KINDS} | {UNREAD}
    assert [kind for kind in kinds if not re.fullmatch(r"[a-z0-9]+\.[a-z][A-Za-z0-9]+", kind)] == []
    assert set(DESCRIBED_BY) <= kinds
    assert f"`{UNREAD}`" in PAGE
