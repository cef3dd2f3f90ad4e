"""The pages about the register say what is so: their examples load, every key of the format is on them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demarc.catalog.duties import duties, pairs
from demarc.register import load
from demarc.register.fields import Record
from demarc.register.format import DOCUMENT
from tests.register.reading import NOW, written

PAGE = (Path(__file__).parents[2] / "docs" / "concepts" / "register.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(yaml|csv)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("kind", "block"), BLOCKS)
def test_every_example_loads_without_a_remark(tmp_path, kind, block):
    written(tmp_path, **{f"example.{kind}": block})
    if "codeowners" in block:
        written(tmp_path, CODEOWNERS="* @acme/payments\n")
    loaded = load(tmp_path, duties=duties(), parts={pair.component for pair in pairs()}, now=NOW)
    assert [str(problem) for problem in loaded.problems] == []
    assert len(BLOCKS) == 5


def keys_of(record: Record) -> set[str]:
    inner = [keys_of(field.record) for field in record.fields if field.record is not None]
    return {field.name for field in record.fields}.union(*inner)


def test_every_key_is_on_the_page():
    assert {key for key in keys_of(DOCUMENT) if not re.search(rf"`{key}`|\b{key}:|### {key}\b", PAGE)} == set()
