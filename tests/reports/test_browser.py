"""The page in a real Chromium: sorting, filtering, folding, links, keyboard, print, light and dark, wide and narrow."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.reports.a_report import HOSTILE, a_hostile_report, a_large_report, a_report
from tests.reports.conftest import Open

pytestmark = pytest.mark.browser

NO_SIDEWAYS_SCROLL = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def test_the_matrix_shows_every_row_folded(opened: Open) -> None:
    found = opened(a_report())
    assert found.page.inner_text("#count").startswith("515 rows in 203 lines")
    assert found.page.locator("tr.row").count() == 200
    assert found.page.inner_text("#more") == "Show 3 more of 3"
    found.page.click("#more")
    assert found.page.locator("tr.row").count() == 203
    assert found.page.locator("#more").is_hidden()


def test_headers_sort_both_ways_and_say_so(opened: Open) -> None:
    found = opened(a_report())
    header = found.page.locator("#rows th.k-owner")
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    names = [name.split("\n")[0].replace("none", "") for name in found.column("owner")]
    assert names == sorted(names, key=lambda name: (not name, name.lower()))
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert found.page.locator("#rows th[aria-sort]").count() == 1
    found.page.locator("#rows th.k-status button").click()
    assert found.column("status")[0] == "Unowned"


def test_filters_narrow_the_matrix_and_are_kept_in_the_address(opened: Open) -> None:
    found = opened(a_report())
    found.page.select_option("#f-status", "nobody")
    assert "127 rows of 515" in found.page.inner_text("#count")
    found.page.select_option("#f-namespace", "staging")
    assert "41 rows of 515" in found.page.inner_text("#count")
    found.page.select_option("#f-layer", "identity")
    assert found.page.url.endswith("#status=nobody&layer=identity&namespace=staging")
    assert all("staging" in where for where in found.column("where"))
    found.page.fill("#f-q", "rbac")
    assert len(found.rows()) == 1
    found.page.click("#f-clear")
    assert found.page.inner_text("#count").startswith("515 rows")
    assert found.page.url.endswith("#matrix")


@pytest.mark.parametrize(
    ("control", "value", "rows"),
    [
        ("#f-party", "uncovered", "1 row"),
        ("#f-status", "open", "137 rows"),
        ("#f-owner", "Payments", "86 rows"),
        ("#f-duty", "node.patching", "3 rows"),
    ],
)
def test_each_filter_counts_what_it_leaves(opened: Open, control: str, value: str, rows: str) -> None:
    found = opened(a_report())
    found.page.select_option(control, value)
    assert found.page.inner_text("#count").startswith(f"{rows} of 515")


def test_search_finds_scopes_and_remarks_and_combines_words(opened: Open) -> None:
    found = opened(a_report())
    found.page.fill("#f-q", "legacy-erp ledger pod-security")
    assert "1 row of 515" in found.page.inner_text("#count")
    found.page.fill("#f-q", "hop limit")
    assert "2 rows of 515" in found.page.inner_text("#count")
    found.page.fill("#f-q", "nothing has this name")
    assert found.page.inner_text("#count") == "No row fits. The matrix has 515 rows."


def test_unfolding_shows_each_row_by_itself(opened: Open) -> None:
    found = opened(a_report(), fragment="#duty=network.exposure")
    assert "10 rows of 515 in 7 lines" in found.page.inner_text("#count")
    found.page.uncheck("#f-fold")
    assert "10 rows of 515 in 10 lines" in found.page.inner_text("#count")
    assert found.column("where")[0] == "namespace analytics"


def test_a_line_unfolds_its_reasons(opened: Open) -> None:
    found = opened(a_report(), fragment="#duty=identity.access-review&owner=Payments")
    button = found.page.locator("tr.row button.fold")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    text = found.page.inner_text("tr.detail")
    for said in (
        "Nothing published claims it",
        "(2026-04-10)",
        "register/teams.yaml:19",
        "The reviewer is the owner.",
        "due 2026-08-30",
        "billing",
        "payments",
    ):
        assert said in text
    link = found.page.locator("tr.detail a[href^='https']").first
    assert link.get_attribute("rel") == "noreferrer noopener"
    button.click()
    assert found.page.locator("tr.detail").count() == 0


def test_deep_links_open_a_row_a_duty_and_a_section(opened: Open) -> None:
    found = opened(a_report(), fragment="#row=identity.access-review/identity@namespace:payments")
    assert found.page.inner_text("#count").startswith("1 row of 515")
    assert "Payments" in found.page.inner_text("tr.detail")
    assert found.page.evaluate("document.activeElement.className").startswith("fold")
    found.page.evaluate("location.hash = '#duty=node.patching'")
    expect(found.page.locator("#count")).to_contain_text("3 rows of 515")
    found.page.evaluate("location.hash = '#owners'")
    found.page.wait_for_function("Math.abs(document.getElementById('owners').getBoundingClientRect().top) < 80")
    found.go("#row=node.patching/node_os@pool:jobs%23fargate")
    found.page.reload()
    assert found.page.inner_text("#count").startswith("1 row of 515")


def test_the_link_of_a_row_leads_back_to_it(opened: Open) -> None:
    found = opened(a_report(), fragment="#duty=node.image")
    found.page.locator("button.fold").first.click()
    found.page.locator("tr.detail a[href^='#row=']").click()
    expect(found.page.locator("#count")).to_contain_text("1 row of 515")


def test_a_broken_fragment_is_harmless(opened: Open) -> None:
    found = opened(a_report(), fragment="#duty=%E0%A4%A&nonsense=1&status=nothing")
    assert found.page.inner_text("#count").startswith("No row fits")


def test_blocks_of_the_picture_and_numbers_lead_to_their_rows(opened: Open) -> None:
    found = opened(a_report(), viewport={"width": 1280, "height": 900})
    found.page.locator("svg.stack.wide a[href='#duty=platform.etcd']").click()
    expect(found.page.locator("#count")).to_contain_text("1 row of 515")
    found.page.locator(".figures a").first.click()
    expect(found.page.locator("#count")).to_contain_text("127 rows of 515")


def test_plain_tables_sort_numbers_as_numbers(opened: Open) -> None:
    found = opened(a_report())
    header = found.page.locator("#owners th", has_text="Rows held")
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    held = [int(text) for text in found.page.locator("#owners td:nth-child(4)").all_inner_texts()]
    assert held == sorted(held)


def test_it_is_usable_by_keyboard_alone(opened: Open) -> None:
    found = opened(a_report(), viewport={"width": 1280, "height": 900})
    page = found.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.url.endswith("#summary")
    page.focus("#rows th.k-duty button")
    page.keyboard.press("Enter")
    assert page.locator("#rows th.k-duty").get_attribute("aria-sort") == "ascending"
    page.locator("button.fold").first.focus()
    page.keyboard.press("Space")
    assert page.locator("tr.detail").count() == 1
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "focus is visible"
    page.focus("svg.stack.wide a")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_contain_text("12 rows of 515")
    page.focus("details summary")
    page.keyboard.press("Enter")
    assert page.locator("details[open] pre").first.is_visible()


def test_every_control_has_a_name(opened: Open) -> None:
    found = opened(a_report())
    unnamed = found.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, a[href]')]
        .filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length"""
    )
    assert unnamed == 0


def test_hostile_names_are_only_text(opened: Open) -> None:
    found = opened(a_hostile_report())
    text = found.page.inner_text("#rows")
    assert HOSTILE[0] in text
    assert "[bold red]markup[/]" in text
    for button in found.page.locator("button.fold").all():
        button.click()
    assert found.page.locator("img, iframe, main script").count() == 0
    assert found.page.evaluate("[...document.links].every((a) => /^(https|file):$/.test(a.protocol))")
    found.page.fill("#f-q", "<img")
    assert "1 row of" in found.page.inner_text("#count")
    found.page.fill("#f-q", "")
    found.page.select_option("#f-owner", HOSTILE[0])
    found.page.reload()
    assert found.page.input_value("#f-owner") == HOSTILE[0]


@pytest.mark.parametrize("width", [320, 390, 700, 860, 1024, 1600])
def test_no_width_scrolls_sideways(opened: Open, width: int) -> None:
    for report in (a_report(), a_hostile_report()):
        found = opened(report, viewport={"width": width, "height": 800})
        found.page.locator("button.fold").first.click()
        assert found.page.evaluate(NO_SIDEWAYS_SCROLL)


def test_narrow_screens_get_their_own_picture_and_a_way_to_sort(opened: Open) -> None:
    found = opened(a_report(), viewport={"width": 390, "height": 800})
    assert found.page.locator("svg.stack.narrow").is_visible()
    assert found.page.locator("svg.stack.wide").is_hidden()
    found.page.select_option("#f-sort", "status")
    assert found.column("status")[0] == "Unowned"


def test_dark_follows_the_system_and_the_button(opened: Open) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = opened(a_report(), color_scheme="light").page.evaluate(background)
    found = opened(a_report(), color_scheme="dark")
    dark = found.page.evaluate(background)
    assert light != dark
    assert found.page.get_attribute("#theme", "aria-pressed") == "true"
    found.page.click("#theme")
    assert found.page.evaluate(background) == light
    assert found.page.get_attribute("#theme", "aria-pressed") == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(opened: Open, scheme: str) -> None:
    found = opened(a_report(), color_scheme=scheme)
    ratios = found.page.evaluate(CONTRAST)
    assert ratios
    assert min(ratios.values()) >= 4.5, ratios


def test_print_is_light_complete_and_open(opened: Open) -> None:
    found = opened(a_report(), color_scheme="dark")
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found.page.emulate_media(media="print", color_scheme="dark")
    assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert found.page.locator("tr.row").count() == 203
    assert found.page.locator("#filters").is_hidden()
    assert found.page.locator("details:not([open])").count() == 0
    assert found.page.locator("svg.stack.wide").is_visible()
    found.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert found.page.locator("details[open]").count() == 0
    assert found.page.locator("tr.row").count() == 200
    pages = len(re.findall(rb"/Type\s*/Page\b", found.page.pdf(prefer_css_page_size=True)))
    assert 5 < pages < 60


def test_without_script_everything_but_the_matrix_reads(opened: Open) -> None:
    found = opened(a_report(), java_script_enabled=False)
    text = found.page.inner_text("main")
    assert "The matrix needs JavaScript" in text
    assert "kubectl last applied DaemonSet kube-proxy" in text
    assert found.page.locator("svg.stack.wide a").count() > 40


def test_the_letter_can_be_copied(opened: Open) -> None:
    found = opened(a_report(), permissions=["clipboard-read", "clipboard-write"])
    found.page.locator("summary").first.click()
    found.page.locator("button.copy").first.click()
    expect(found.page.locator("button.copy").first).to_contain_text(re.compile("Copied|Selected"))
    assert "\n\nDear support team,\n\n" in found.page.locator(".letter pre").first.inner_text()


def test_fifty_thousand_rows_stay_usable(opened: Open) -> None:
    found = opened(a_large_report(50_000))
    assert found.page.inner_text("#count").startswith("50,00")
    for act in (
        lambda: found.page.fill("#f-q", "service-004711"),
        lambda: found.page.fill("#f-q", ""),
        lambda: found.page.uncheck("#f-fold"),
        lambda: found.page.locator("#rows th.k-owner button").click(),
    ):
        began = time.perf_counter()
        act()
        assert time.perf_counter() - began < 3, "generous for a busy machine"
    assert found.page.locator("tr.row").count() == 200


CONTRAST = """() => {
  const light = (c) => {
    const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = c.match(/[\\d.]+/g).map((v) => linear(Number(v) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const probe = document.body.appendChild(document.createElement("i"));
  const resolve = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const pairs = {};
  for (const text of ["ink", "muted", "link", "bad", "unclear", "good"])
    for (const ground of ["paper", "raised"]) pairs[`${text} on ${ground}`] = ratio(resolve(text), resolve(ground));
  for (const party of ["provider", "customer", "third", "ambiguous"])
    pairs[`ink on ${party}`] = ratio(resolve("ink"), resolve(party));
  probe.remove();
  return pairs;
}"""
