"""Lists as people and spreadsheets give them back: every separator and encoding, and nothing half taken."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]

from demarc.model.errors import DemarcError
from demarc.model.reviews import Choice, Risk
from demarc.reports.review_sheet import as_xlsx
from demarc.reviews.campaign import deciding
from demarc.reviews.forms import as_csv, filled
from tests.reviews.test_campaign import BENCH, NOW, Ledger, an_item

ITEMS = [
    an_item(1, what='=HYPERLINK("http://x")', evidence=("can: exec",)),
    an_item(2, what="access of Zoë", risk=Risk.HIGH),
    an_item(3),
]


def written(rows, name="review", before=()):
    book = Workbook()
    sheet = book.active
    sheet.title = name
    for row in (*before, *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def taken(data, name):
    return [(one.number, one.choice, one.note) for one in filled(data, name)]


def test_a_workbook_comes_back_as_it_was_filled():
    data = as_xlsx(ITEMS, "for sue")
    assert filled(data, "l.xlsx") == []
    book = load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet["A2"].value == 1
    assert [one.sqref for one in sheet.data_validations.dataValidation] != []
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    sheet["B2"], sheet["B3"], sheet["C3"] = "Not mine", "REVOKE ", "left; gone"
    out = io.BytesIO()
    book.save(out)
    found = filled(out.getvalue(), "l.xlsx")
    assert [(one.number, one.choice, one.note) for one in found] == [
        (1, Choice.NOT_MINE, ""),
        (2, Choice.REVOKE, "left; gone"),
    ]
    # What it says that the rows are about is what they are about.
    assert [one.what for one in found] == ['=HYPERLINK("http://x")', "access of Zoë"]


def test_a_title_above_another_sheet_first_and_numbers_as_floats_are_read():
    data = written(
        [
            ["Number", " Decision ", "note", "mine"],
            [2.0, "keep", None, "x"],
            [None, None, None, None],
            [3, None, None, None],
        ],
        before=[["Review q4"], []],
    )
    assert taken(data, "l.xlsx") == [(2, Choice.KEEP, "")]


CSV = as_csv(ITEMS).decode().replace("2,,,", "2,keep,,").replace("3,,,", "3,revoke,too wide,")
SEMICOLONS = "number;decision;note;what\r\n2;keep;;access of Zoë\r\n3;revoke;too wide;access 3\r\n"


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        SEMICOLONS.encode("cp1252"),
        SEMICOLONS.replace(";", "\t").encode("utf-16"),
        ("sep=;\r\n" + SEMICOLONS).encode(),
        ("Review q4;;;\r\n;;;\r\n" + SEMICOLONS).encode(),
        SEMICOLONS.replace("\r\n", "\n").encode(),
    ],
)
def test_csv_is_read_as_spreadsheets_save_it(data):
    assert taken(data, "l.CSV") == [(2, Choice.KEEP, ""), (3, Choice.REVOKE, "too wide")]


@pytest.mark.parametrize(
    ("data", "name", "line", "says"),
    [
        (b"number;decision\n1;keep\n2;maybe\n", "l.csv", 3, "no decision: 'maybe'"),
        (b"number;decision;note\n1;keep;\n2;;look again\n", "l.csv", 3, "a note without a decision"),
        (b'number,decision,note\n1,keep,"two\nlines"\nx,keep,\n', "l.csv", 4, "the row has no number"),
        (written([["number", "decision"], [1, "keep"], [2, "maybe"]]), "l.xlsx", 3, "no decision: 'maybe'"),
        (written([["a", "b"]]), "l.xlsx", None, "no sheet has the columns"),
        (b"PK\x03\x04 nothing", "l.xlsx", None, "not a workbook"),
        (b"", "l.xlsx", None, "not a workbook"),
        (b"", "l.ods", None, "cannot be read"),
        (b"", "l.csv", 1, "are missing"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_line(data, name, line, says):
    with pytest.raises(DemarcError) as caught:
        filled(data, name)
    (problem,) = caught.value.problems
    assert says in problem.what
    assert problem.where is not None
    assert problem.where.line == line


def test_every_row_that_cannot_be_taken_is_named_at_once():
    with pytest.raises(DemarcError) as caught:
        filled(b"number;decision\nx;keep\n2;maybe\n3;keep\n", "l.csv")
    assert [one.where.line for one in caught.value.problems if one.where] == [2, 3]


def test_a_number_beside_another_item_than_its_own_is_refused(tmp_path):
    ledger = Ledger(tmp_path / "l.db", *ITEMS)
    sorted_apart = "number;decision;what\n1;keep;access of Zoë\n2;keep;access of Zoë\n3;keep;'access 3\n"
    with pytest.raises(DemarcError) as caught:
        deciding(ledger.campaign(), filled(sorted_apart.encode(), "l.csv"), "sue", BENCH, now=NOW)
    (problem,) = caught.value.problems
    assert "the row says 'access of Zoë'" in problem.what
    assert problem.where is not None
    assert problem.where.line == 2
