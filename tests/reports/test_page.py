"""The page as text: self-contained, closed by its policy, the same for the same assessment, small at scale."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import time
from html.parser import HTMLParser

import msgspec

from demarc.model.boundary import Party, SourceDocument
from demarc.reports.html import render_html
from demarc.reports.html.links import fragment, web_address
from demarc.reports.html.payload import embedded, payload
from demarc.reports.html.picture import picture
from tests.reports.a_report import HOSTILE, a_hostile_report, a_large_report, a_report


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(html)
    return parser.found


def test_nothing_in_the_page_loads_anything() -> None:
    for tag, attributes in tags(render_html(a_hostile_report())):
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "audio", "video", "form-action"}
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        href = attributes.get("href") or "#"
        assert href.startswith(("#", "https://"))
        if href.startswith("https://"):
            assert attributes["rel"] == "noreferrer noopener"


def test_the_policy_names_exactly_the_style_and_script_of_the_page() -> None:
    html = render_html(a_report())
    policy = next(attributes["content"] for tag, attributes in tags(html) if attributes.get("http-equiv")) or ""
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_same_assessment_gives_the_same_page() -> None:
    assert render_html(a_report()) == render_html(a_report())


def test_names_cannot_end_the_embedded_data() -> None:
    html = render_html(a_hostile_report())
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert len(data) == 1
    assert "<" not in data[0]
    assert json.loads(data[0])["groups"]
    assert html.count("</script>") == 2


def test_embedded_json_holds_no_markup() -> None:
    assert embedded({"a": "</script><!--&"}) == '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026"}'


def test_no_raw_control_or_bidi_character_is_in_the_page() -> None:
    html = render_html(a_hostile_report())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", html)
    for name in HOSTILE[:2]:
        assert name not in html


def test_template_syntax_in_names_is_text() -> None:
    assert "{{ 7 * 7 }}" in render_html(a_hostile_report())


def test_only_web_addresses_become_links() -> None:
    assert web_address("https://docs.example/a?b=c#d") == "https://docs.example/a?b=c#d"
    assert web_address('https://x/"><script>') == "https://x/%22%3E%3Cscript%3E"
    for address in ("javascript:alert(1)", "data:text/html,x", " https://x", "pkg:pypi/x@1", "//x"):
        assert web_address(address) == ""
    report = a_report()
    strange = SourceDocument(id="pypi", url="pkg:pypi/azure@1", date=None, kind="api_reference")
    html = render_html(msgspec.structs.replace(report, sources=(*report.sources, strange)))
    assert "pkg:pypi/azure@1" in html
    assert 'href="pkg:' not in html


def test_words_between_backticks_stand_as_code_and_never_as_markup() -> None:
    report = a_report()
    settle = "Read `<b>endpoint</b>`: <i>false</i> is `open"
    entry = msgspec.structs.replace(report.ambiguities[0], settle="Read `<b>`: <i> is off")
    html = render_html(msgspec.structs.replace(report, ambiguities=(entry,)))
    assert "Read <code>&lt;b&gt;</code>: &lt;i&gt; is off" in html
    odd = msgspec.structs.replace(entry, settle=settle)
    assert "`open" in render_html(msgspec.structs.replace(report, ambiguities=(odd,)))


def test_fragments_carry_any_name() -> None:
    assert fragment(owner="a&b=c #d/é") == "#owner=a%26b%3Dc%20%23d%2F%C3%A9"


def test_every_row_can_be_found_in_the_payload() -> None:
    report = a_report()
    data = payload(report)
    ids = set()
    for duty, part, unit, *_, variants in data["groups"]:
        for _detail, runs, suffix in variants:
            places = [
                at for start, length in zip(runs[::2], runs[1::2], strict=True) for at in range(start, start + length)
            ]
            for nth, at in enumerate(places):
                name = f"{data['duties'][duty][0]}/{part}@{unit}:{data['scopes'][unit][at]}"
                ids.add(suffix[nth] if isinstance(suffix, list) else name + suffix)
    assert ids == {row.id for row in report.matrix}


def test_ids_of_another_form_are_kept() -> None:
    report = a_report()
    rows = tuple(msgspec.structs.replace(row, id=f"r{at}") for at, row in enumerate(report.matrix))
    data = payload(msgspec.structs.replace(report, matrix=rows))
    kept = [name for group in data["groups"] for variant in group[-1] for name in variant[2]]
    assert sorted(kept) == sorted(row.id for row in rows)


def test_the_picture_shows_every_duty_once_per_column_and_within_its_frame() -> None:
    for width, label in ((1120, 132), (360, 0)):
        drawn = picture(a_report(), "p", width, label)
        duties = [block.title.split(":")[0] for block in drawn.blocks]
        assert set(duties) == {entry.duty.id for entry in a_report().duties}
        assert duties.count("node.patching") == 3, "one per deployment model"
        for block in drawn.blocks:
            assert block.x >= 0
            assert block.x + block.width <= width + 0.1
            assert block.y + block.height <= drawn.height + 0.1
            assert abs(sum(segment.width for segment in block.segments) - block.width) < 0.1
        boxes = sorted((block.y, block.x, block.width) for block in drawn.blocks)
        for (y, x, w), (next_y, next_x, _) in itertools.pairwise(boxes):
            assert next_y > y or next_x >= x + w


def test_a_duty_stands_in_columns_only_where_the_model_moves_its_party() -> None:
    report = a_report()
    same = tuple(
        msgspec.structs.replace(row, party=Party.CUSTOMER) if row.duty == "node.patching" else row
        for row in report.matrix
    )
    drawn = picture(msgspec.structs.replace(report, matrix=same), "p", 1120, 132)
    duties = [block.title.split(":")[0] for block in drawn.blocks]
    assert duties.count("node.patching") == 1
    assert duties.count("node.hardening") == 3


def test_the_platform_lies_at_the_bottom() -> None:
    captions = [item for item in picture(a_report(), "p", 1120, 132).captions if item.kind == "layer"]
    assert captions[0].text == "Endpoints"
    assert captions[-1].text == "Platform"
    assert [item.y for item in captions] == sorted(item.y for item in captions)


def test_one_model_needs_no_columns() -> None:
    report = a_report()
    single = msgspec.structs.replace(report, models=("managed_node_groups",))
    assert not [item for item in picture(single, "p", 1120, 132).captions if item.kind == "model"]


def test_fifty_thousand_rows_stay_small_and_fast() -> None:
    report = a_large_report(50_000)
    began = time.process_time()
    html = render_html(report)
    assert time.process_time() - began < 5, "generous for a busy machine; measured at 0.9 s"
    assert len(html) < 6_000_000
