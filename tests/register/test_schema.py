"""The published schema is the format that the reader follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from demarc.catalog.duties import duties, pairs
from demarc.register import schema, schema_text
from demarc.register.format import DOCUMENT
from tests.register.reading import DUTIES, PARTS, read

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "register.schema.json"


class TextLoader(yaml.SafeLoader):
    """Reads dates as text, as editors do."""


TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in table if not tag.endswith(":timestamp")]
    for first, table in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(content: str) -> list[str]:
    validator = Draft202012Validator(schema(duties=DUTIES, parts=PARTS))
    return [error.message for error in validator.iter_errors(yaml.load(content, TextLoader))]


def test_the_published_schema_is_the_one_of_the_reader():
    made = schema_text(duties=duties(), parts={pair.component for pair in pairs()})
    assert PUBLISHED.read_text() == made, "write schema_text(...) of the catalogue to docs/schemas/register.schema.json"


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(schema(duties=DUTIES, parts=PARTS))
    assert json.loads(schema_text(duties=DUTIES, parts=PARTS))["$schema"].endswith("2020-12/schema")


def test_every_key_is_described():
    pending = [DOCUMENT]
    seen = set()
    while pending:
        record = pending.pop()
        seen.add(record.name)
        assert record.doc
        for field in record.fields:
            assert field.doc, field.name
            assert field.ask, field.name
            if field.record is not None and field.record.name not in seen:
                pending.append(field.record)
    assert len(seen) == 12


@pytest.mark.parametrize(
    "content",
    [
        "people: [{id: alice, nmae: A}]",
        "people: [{name: A}]",
        "people: [{id: 12}]",
        "people: [{id: no}]",
        "people: [{id: a b}]",
        "people: {id: a}",
        "people: [{id: a, valid_from: 01.02.2026}]",
        "teams: [{id: a, members: [{persn: a}]}]",
        "assignments: [{duty: identity.rbca, owner: a}]",
        "assignments: [{duty: identity.rbac}]",
        "assignments: [{owner: a}]",
        "assignments: [{duty: identity.rbac, duties: identity.rbac, owner: a}]",
        "assignments: [{duty: identity.rbac, owner: a, scope: {}}]",
        "assignments: [{duty: identity.rbac, owner: a, scope: }]",
        "assignments: [{duty: identity.rbac, owner: a, scope: {namespaces: x}}]",
        "assignments: [{duty: identity.rbac, owner: a, review_every: soon}]",
        "exceptions: [{id: x, duty: identity.rbac, reason: r, owner: a, approved_by: b}]",
        "contracts: [{id: x, duty: identity.rbac, party: vendor, document: d, clause: 1}]",
        "contracts: [{id: x, duty: identity.rbac, party: provider, document: d, clause: 1, components: kernel}]",
        "settings: {owner_lables: x}",
        "setings: {}",
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(tmp_path, content):
    assert faults(content)
    assert read(tmp_path, content).errors


def test_what_the_reader_takes_the_schema_takes():
    content = """\
people: [{id: alice, valid_from: 2026-01-01, valid_to: 2026-01-01T12:00:00Z}]
teams: [{id: web, members: [alice, {person: bob, lead: true}], aliases: web2}]
assignments:
  - {duty: "*", owner: team:web, scope: {namespace: [a, b-*], labels: {a: ""}}, review_every: 90}
  - {duties: [identity.*, secret.storage], owner: TODO, review_every: 12w}
reviews:
contracts: [{id: x, duty: node.patching, components: [node_os], party: provider, document: d, clause: 4.2}]
settings: {owner_labels: [a], codeowners: [{file: CODEOWNERS, paths: {a: b}}]}
"""
    assert faults(content) == []
    assert faults("") == []
