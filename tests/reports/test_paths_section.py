"""The ways of an intruder on the page and in JSON: only when asked for, small, inert, tied to the matrix."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import unquote

import jsonschema
import pytest
from msgspec.structs import replace

from demarc.accountability.intruder import intruder_paths
from demarc.model.graph import Thing
from demarc.reports.html import render_html
from demarc.reports.html.paths import told
from demarc.reports.interface import FORMATS
from demarc.reports.json import render_json, schema
from tests.access.graph.small import ADMIN, DEPLOYER, INTERNET, Company, company
from tests.reports.a_graph import hostile_paths, some_paths
from tests.reports.a_report import a_hostile_report, a_report
from tests.reports.test_page import tags


def test_without_paths_page_and_json_say_nothing_of_them():
    report = a_report()
    assert "paths" not in json.loads(render_json(report))
    page = render_html(report)
    assert 'id="paths"' not in page
    assert "#paths" not in page
    assert ".flow" not in page


def test_json_with_paths_is_that_without_and_one_more_key_and_fits_the_published_schema():
    for report, paths in ((a_report(), some_paths), (a_hostile_report(), hostile_paths)):
        found = paths(report)
        plain, more = json.loads(render_json(report)), json.loads(render_json(report, found))
        jsonschema.validate(plain, schema())
        jsonschema.validate(more, schema())
        assert list(more) == [*plain, "paths"]
        assert {key: value for key, value in more.items() if key != "paths"} == plain
        assert len(more["paths"]["told"]) == len(found.told)


def test_only_formats_that_tell_paths_take_them():
    assert {form.name for form in FORMATS if form.tells_paths} == {"html", "json"}


def test_the_section_counts_entries_and_says_what_is_certain():
    report = a_report()
    section = told(report, some_paths(report))
    by_impact = {line.impact: line for line in section.reached}
    assert by_impact["cluster-admin"].sure == "4 for certain, 2 resting on what was not seen"
    assert by_impact["cluster-admin"].entries <= section.entries
    assert "rest" in by_impact["a node"].sure
    assert "cluster-admin for certain" in section.answer


def test_each_step_names_its_duty_with_a_link_that_the_matrix_understands():
    report = a_report()
    section = told(report, some_paths(report))
    ids = {row.id for row in report.matrix}
    held = [step.held for route in section.routes for step in route.steps if step.held]
    assert held
    for one in held:
        kind, _, value = one.href.partition("=")
        assert kind in {"#row", "#duty"}
        assert kind == "#duty" or unquote(value) in ids
        assert one.party or one.status == "no row of the matrix"


def test_what_a_step_needs_beside_is_told_before_it():
    section = told(a_report(), some_paths(a_report()))
    route = next(route for route in section.routes if any(step.needs for step in route.steps))
    firsts = [index for index, step in enumerate(route.steps) if step.first]
    needing = next(index for index, step in enumerate(route.steps) if step.needs)
    assert firsts
    assert max(firsts) < needing


def test_an_unreached_cluster_says_so():
    made = Company()
    made.step("EXPOSED", INTERNET, (Thing.WORKLOAD, "shop/Deployment/web"))
    made.step("GRANTED", DEPLOYER, ADMIN)
    report = a_report()
    page = render_html(report, intruder_paths(made.builder.build(), report.matrix))
    assert "none leads to cluster-admin" in page
    assert "No step that is known leads to: cluster-admin." in page
    assert "No path leads to any of them" in page


def test_hostile_names_are_text_and_nothing_more():
    report = a_hostile_report()
    page = render_html(report, hostile_paths(report))
    section = page[page.index('<section id="paths"') : page.index('<section id="matrix"')]
    assert "\x1b" not in section
    assert "\u202e" not in section
    for tag, attributes in tags(section):
        assert tag not in {"script", "img", "iframe", "style", "foreignobject", "use", "image", "animate"}
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", section)
    assert max(len(unescape(label)) for label in labels) <= 45


def test_the_same_paths_give_the_same_page():
    report = a_report()
    assert render_html(report, some_paths(report)) == render_html(report, some_paths(report))


@pytest.mark.parametrize("word", ["pod:it's; rm -rf ~", "$(x)", "`x`"])
def test_the_command_to_ask_again_is_quoted(word):
    report = a_report()
    paths = intruder_paths(company(), report.matrix)
    first = paths.told[0]
    changed = replace(paths, told=(replace(first, entry=replace(first.entry, word=word)),))
    command = told(report, changed).routes[0].command
    assert re.fullmatch(r"--from '[^']*' --to cluster-admin", command)
