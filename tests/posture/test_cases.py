"""Every check has cases in which it is violated, holds and is unknown, and says what they expect."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest

from demarc.catalog.checks import checks
from demarc.catalog.duties import duties
from demarc.model.posture import Outcome
from demarc.posture.checks import CHECKS
from tests.posture import cases
from tests.posture.given import Case, hold

MODULES = [importlib.import_module(f"{cases.__name__}.{found.name}") for found in pkgutil.iter_modules(cases.__path__)]
CASES: list[Case] = [case for module in MODULES for case in module.CASES]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.check}-{case.outcome.value}-{case.about}" for case in CASES])
def test_case(case):
    hold(case)


@pytest.mark.parametrize("name", [check.id for check in CHECKS])
def test_every_check_has_its_three_cases(name):
    outcomes = {case.outcome for case in CASES if case.check == name}
    assert outcomes >= {Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN}


def test_catalogue_and_code_have_the_same_checks():
    assert [check.id for check in CHECKS] == list(checks())


@pytest.mark.parametrize("name", list(checks()))
def test_what_the_catalogue_says_is_whole(name):
    facts = checks()[name]
    assert {facts.duty, *facts.also} <= duties().keys()
    assert facts.duty not in facts.also
    assert all(len(text) > 20 for text in (facts.rule, facts.why, facts.fix))
    assert facts.title[0].isupper() or not facts.title[0].isalpha()
    assert not facts.title.endswith(".")


def test_the_page_of_checks_is_that_of_the_catalogue():
    spec = importlib.util.spec_from_file_location("check_pages", ROOT / "tools" / "check_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "run: python tools/check_pages.py"
