"""Commands, options, settings, duties and modules are documented, and the docs name nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cyclopts import App

from demarc.cli import settings
from demarc.cli.main import (
    ACCESS_COMMANDS,
    AUDIT_COMMANDS,
    BOUNDARY_COMMANDS,
    CHECK_COMMANDS,
    COMMANDS,
    EVENT_COMMANDS,
    EVIDENCE_COMMANDS,
    FRAMEWORK_COMMANDS,
    INCIDENT_COMMANDS,
    LEDGER_COMMANDS,
    NHI_COMMANDS,
    REGISTER_COMMANDS,
    REVIEW_COMMANDS,
    access,
    app,
    audit,
    boundary,
    check,
    events,
    evidence,
    frameworks,
    incident,
    ledger,
    nhi,
    register,
    review,
)

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def options(command: App) -> set[str]:
    """Long options of a command, as its help shows them."""
    found: set[str] = set()
    for argument in command.assemble_argument_collection():
        found |= {name for name in argument.names if name.startswith("--") and "." not in name}
    return {name for name in found if name not in {"--help", "--version"}}


def sections(page: str) -> str:
    """Headings of a page, with the words in them."""
    return "\n".join(re.findall(r"^#+ .*$", page, re.MULTILINE))


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_has_a_page_and_every_option_its_section(name):
    page = (DOCS / "commands" / f"{name}.md").read_text()
    shared = sections((DOCS / "commands" / "assess.md").read_text())
    for option in options(app[name]):
        assert option in sections(page) or (option in shared and option in page), option


GROUPED = [
    *(("register", register, name) for name, _, _ in REGISTER_COMMANDS),
    *(("events", events, name) for name, _, _ in EVENT_COMMANDS),
    *(("access", access, name) for name, _, _ in ACCESS_COMMANDS),
    *(("ledger", ledger, name) for name, _, _ in LEDGER_COMMANDS),
    *(("review", review, name) for name, _, _ in REVIEW_COMMANDS),
    *(("audit", audit, name) for name, _, _ in AUDIT_COMMANDS),
    *(("check", check, name) for name, _, _ in CHECK_COMMANDS),
    *(("frameworks", frameworks, name) for name, _, _ in FRAMEWORK_COMMANDS),
    *(("incident", incident, name) for name, _, _ in INCIDENT_COMMANDS),
    *(("evidence", evidence, name) for name, _, _ in EVIDENCE_COMMANDS),
    *(("boundary", boundary, name) for name, _, _ in BOUNDARY_COMMANDS),
    *(("nhi", nhi, name) for name, _, _ in NHI_COMMANDS),
]


@pytest.mark.parametrize(("group", "commands", "name"), GROUPED, ids=[f"{group} {name}" for group, _, name in GROUPED])
def test_every_command_of_a_group_and_its_options_have_their_sections(group, commands, name):
    page = (DOCS / "commands" / f"{group}.md").read_text()
    assert re.search(rf"^#+ .*{name}", page, re.MULTILINE)
    shared = sections((DOCS / "commands" / "assess.md").read_text())
    for option in options(commands[name]):
        assert option in sections(page) or (option in shared and option in page), option


@pytest.mark.parametrize("name", settings.NAMES)
def test_every_setting_has_its_section(name):
    assert f"## {name}" in (DOCS / "settings.md").read_text()


def test_every_link_between_pages_leads_somewhere():
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} -> {target}"


def test_every_page_is_reached_from_the_index():
    index = (DOCS / "README.md").read_text()
    for page in [*(DOCS / "commands").glob("*.md"), *(DOCS / "concepts").glob("*.md"), *DOCS.glob("*.md")]:
        if page.name != "README.md":
            assert str(page.relative_to(DOCS)) in index, page.name


def test_every_decision_is_listed():
    listed = (DOCS / "decisions" / "README.md").read_text()
    for page in (DOCS / "decisions").glob("[0-9]*.md"):
        assert page.name in listed
