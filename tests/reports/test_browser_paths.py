"""The ways of an intruder in a real Chromium: folded, by keyboard, wide and narrow, light and dark, on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.reports.a_graph import hostile_paths, some_paths
from tests.reports.a_report import a_hostile_report, a_report
from tests.reports.conftest import Open
from tests.reports.test_browser import NO_SIDEWAYS_SCROLL

pytestmark = pytest.mark.browser


def test_one_path_is_open_and_the_keyboard_opens_the_next(opened: Open) -> None:
    report = a_report()
    found = opened(report, paths=some_paths(report), fragment="#paths")
    assert found.page.locator("#paths details.route[open]").count() == 1
    second = found.page.locator("#paths details.route summary").nth(1)
    second.focus()
    found.page.keyboard.press("Enter")
    assert found.page.locator("#paths details.route[open]").count() == 2
    expect(found.page.locator("#paths .flow").nth(1)).to_be_visible()


def test_a_step_leads_to_its_row_of_the_matrix(opened: Open) -> None:
    report = a_report()
    found = opened(report, paths=some_paths(report))
    found.page.locator("#paths .steps a[href^='#row=']").first.click()
    assert found.page.inner_text("#count").startswith("1 row of")
    assert found.page.evaluate("document.activeElement.className").startswith("fold")


@pytest.mark.parametrize("width", [320, 700, 1280])
@pytest.mark.parametrize("hostile", [False, True])
def test_only_the_box_of_a_drawing_scrolls_sideways(opened: Open, width: int, hostile: bool) -> None:
    report = a_hostile_report() if hostile else a_report()
    paths = (hostile_paths if hostile else some_paths)(report)
    found = opened(report, paths=paths, viewport={"width": width, "height": 800})
    found.page.evaluate("document.querySelectorAll('#paths details').forEach((fold) => { fold.open = true; })")
    assert found.page.evaluate(NO_SIDEWAYS_SCROLL)
    drawn = found.page.locator("#paths .drawn").first
    assert drawn.get_attribute("tabindex") == "0"
    natural = drawn.evaluate("(box) => [box.querySelector('svg').getBoundingClientRect().width, box.scrollWidth]")
    assert natural[0] <= natural[1] + 1, "never shrunk until unreadable"


@pytest.mark.parametrize("hostile", [False, True])
def test_every_label_fits_into_its_box(opened: Open, hostile: bool) -> None:
    report = a_hostile_report() if hostile else a_report()
    found = opened(report, paths=(hostile_paths if hostile else some_paths)(report))
    outside = found.page.evaluate(
        """() => {
          document.querySelectorAll('#paths details').forEach((fold) => { fold.open = true; });
          return [...document.querySelectorAll('.flow .box')].flatMap((box) => {
            const rect = box.querySelector('rect').getBBox();
            return [...box.querySelectorAll('text')].filter((text) => {
              const at = text.getBBox();
              return at.x + at.width > rect.x + rect.width || at.y < rect.y || at.y + at.height > rect.y + rect.height;
            }).map((text) => text.textContent);
          });
        }"""
    )
    assert outside == []


def test_colours_follow_the_theme(opened: Open) -> None:
    report = a_report()
    fills = []
    for scheme in ("light", "dark"):
        found = opened(report, paths=some_paths(report), color_scheme=scheme)
        fills.append(found.page.locator(".flow .box text").first.evaluate("(text) => getComputedStyle(text).fill"))
    assert fills[0] != fills[1]


def test_paper_shows_every_path_unfolded(opened: Open) -> None:
    report = a_report()
    found = opened(report, paths=some_paths(report))
    routes = found.page.locator("#paths details.route").count()
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found.page.emulate_media(media="print")
    assert found.page.locator("#paths details.route[open]").count() == routes
    box = found.page.locator("#paths .drawn").first.evaluate("(one) => getComputedStyle(one).overflowX")
    assert box == "visible"
    found.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert found.page.locator("#paths details.route[open]").count() == 1


def test_without_script_the_paths_read(opened: Open) -> None:
    report = a_report()
    found = opened(report, paths=some_paths(report), java_script_enabled=False)
    assert "Would have stopped it" in found.page.inner_text("#paths")
