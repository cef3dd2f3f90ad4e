"""The page of a reviewer in a real browser: it asks nobody for anything, and what it saves can be taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from demarc.model.reviews import Campaign, Choice, Risk
from demarc.reports.review import as_html
from demarc.reviews.forms import filled
from tests.reports.conftest import Opened
from tests.reviews.test_campaign import an_item

HOSTILE = "</script><script>alert(1)</script>\u202e"
ITEMS = [
    an_item(1, what="=cmd|x", group="people", risk=Risk.HIGH),
    an_item(2, what='access of "Zoë"', group="people", risk=Risk.HIGH),
    an_item(3, what=HOSTILE, evidence=(HOSTILE,), group="people", risk=Risk.HIGH),
    an_item(4, group="pods", risk=Risk.LOW),
]
CAMPAIGN = Campaign(
    id="q4", title=HOSTILE, opened_at="", due="2026-12-01T00:00:00.000000Z", items=tuple(ITEMS), decisions={}
)


@pytest.mark.browser
def test_what_is_filled_in_on_the_page_can_be_taken(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(as_html(ITEMS, CAMPAIGN, "sue"))
    opened = Opened(browser.new_page(accept_downloads=True), path.as_uri())
    page = opened.go()
    page.check("[data-number='1'] input[value=revoke]")
    page.click("#save")
    # A note is needed first: nothing is saved.
    assert page.evaluate("document.activeElement.className") == "note"
    page.fill("[data-number='1'] .note", '=gone, "really"')
    page.on("dialog", lambda dialog: dialog.accept())
    page.click(".rest")
    assert page.inner_text("#state") == "3 of 4 decided"
    page.uncheck(".risk[value=high]")
    assert page.locator(".item:visible").count() == 1
    with page.expect_download() as found:
        page.click("#save")
    saved = Path(found.value.path()).read_bytes()
    assert found.value.suggested_filename == "q4-sue.csv"
    taken = filled(saved, "q4-sue.csv")
    assert [(one.number, one.choice) for one in taken] == [(1, Choice.REVOKE), (2, Choice.KEEP), (3, Choice.KEEP)]
    assert taken[0].note.lstrip("'") == '=gone, "really"'
    assert [one.what.lstrip("'") for one in taken][:2] == ["=cmd|x", 'access of "Zoë"']
    assert [one for one in opened.requests if not one.startswith(("file:", "blob:"))] == []
    assert opened.complaints == []
    page.close()


def test_the_same_list_gives_the_same_page_and_names_do_no_harm():
    page = as_html(ITEMS, CAMPAIGN, "sue")
    assert page == as_html(ITEMS, CAMPAIGN, "sue")
    assert b"<script>alert(1)" not in page
    assert "\u202e".encode() not in page
