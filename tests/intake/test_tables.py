"""Rows of CSV with long fields; the limit of others stays theirs."""

from __future__ import annotations

import csv

import pytest

from demarc.intake.tables import LONGEST, rows


def test_a_long_field_is_a_field():
    long = "a" * (csv.field_size_limit() + 1)
    assert list(rows(["name,body\n", f"x,{long}\n"])) == [{"name": "x", "body": long}]


def test_whoever_else_reads_csv_keeps_their_limit():
    before = csv.field_size_limit()
    found = rows(["name\n", "a\n", "b\n"])
    next(found)
    assert csv.field_size_limit() == before
    with pytest.raises(csv.Error):
        list(rows(["name\n", "a" * (LONGEST + 1) + "\n"]))
    assert csv.field_size_limit() == before


def test_what_has_no_rows_has_none():
    assert list(rows([])) == []
    assert list(rows(["name\n"])) == []
