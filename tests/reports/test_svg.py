"""A figure as SVG: well formed, inert, without colour of its own, wrapped to its boxes, the same for the same path."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from demarc.access.graph.places import choose
from demarc.access.graph.radius import radius
from demarc.access.graph.ways import ways
from demarc.model.graph import Thing
from demarc.reports.diagrams.figure import Arrow, Box, Figure, path_figure, radius_figure
from demarc.reports.diagrams.svg import WIDTH, svg, wrapped
from tests.access.graph.small import INTERNET, Company, company
from tests.reports.golden import assert_golden

SPACE = "{http://www.w3.org/2000/svg}"


def of_company():
    graph = company()
    found = ways(graph, choose(graph, "internet"), choose(graph, "cluster-admin")).shortest
    assert found is not None
    return path_figure([found])


def two_boxes(label):
    return Figure(
        title=label,
        boxes=(Box(id="a", label=(label,), role="entry"), Box(id="b", label=(label,))),
        arrows=(Arrow(source="a", target="b", label=(label,), unknown=True),),
    )


def test_a_small_path_looks_as_it_did():
    assert_golden("path.svg", (svg(of_company(), name="path-1", says="1. EXPOSED.") + "\n").encode())


def test_title_and_description_are_tied_to_the_drawing():
    root = ET.fromstring(svg(of_company(), name="path-7", says="in words"))
    assert root.get("role") == "img"
    for attribute, tag in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
        part = root.find(SPACE + tag)
        assert part is not None
        assert part.get("id") == root.get(attribute)
        assert part.text
    assert root.get("aria-labelledby", "").startswith("path-7")
    assert "aria-describedby" not in svg(of_company(), name="path-7")


def test_nothing_is_styled_or_run_by_the_drawing_itself():
    text = svg(of_company(), name="p")
    assert not re.search(r"style|fill=|stroke=|href|on\w+=|<script|url\(", text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"), max_size=200))
def test_any_name_stays_text_inside_its_box(name):
    root = ET.fromstring(svg(two_boxes(name), name="p", says=name))
    assert {part.tag.removeprefix(SPACE) for part in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "g",
        "rect",
        "text",
        "path",
    }
    bottom = float(root.get("height", "0"))
    assert all(0 < float(text.get("y", "0")) < bottom for text in root.iter(f"{SPACE}text"))


@given(st.text(max_size=300), st.integers(min_value=2, max_value=60))
def test_wrapping_loses_only_spaces_and_keeps_the_width(text, width):
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "").split() == text.replace(" ", "").split() or not text.isascii()
    if text.isascii():
        assert all(len(line) <= width for line in lines)


def test_names_break_after_a_separator_and_wide_letters_count_twice():
    assert wrapped("arn:aws:iam::1:role/fjord", 20) == ("arn:aws:iam::1:role/", "fjord")
    assert [len(line) for line in wrapped("界" * 20, 20)] == [10, 10]


def test_boxes_never_overlap_and_all_lies_inside():
    graph = company()
    for figure in (of_company(), radius_figure(radius(graph, choose(graph, "internet")))):
        root = ET.fromstring(svg(figure, name="p"))
        boxes = [(float(one.get("y", "")), float(one.get("height", ""))) for one in root.iter(f"{SPACE}rect")]
        assert len(boxes) == len(figure.boxes)
        assert all(top + height < below for (top, height), (below, _) in pairwise(boxes))
        assert float(root.get("width", "")) <= WIDTH
        assert boxes[-1][0] + boxes[-1][1] < float(root.get("height", ""))


def test_a_large_radius_keeps_its_width():
    made = Company()
    for turn in range(900):
        made.step("GRANTED", INTERNET, (Thing.SECRET, f"ns-{turn % 300}/secret-{turn}"))
    graph = made.builder.build()
    root = ET.fromstring(svg(radius_figure(radius(graph, choose(graph, "internet"))), name="p"))
    assert float(root.get("width", "")) == WIDTH
