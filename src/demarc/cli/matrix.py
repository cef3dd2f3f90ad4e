"""``demarc matrix``: rows of the control matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from demarc.cli.answer import answer, run_now
from demarc.cli.options import INPUT, Ask, Look, Narrow, words
from demarc.cli.screen import Screen
from demarc.reports.filters import Filters


def matrix(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    narrow: Narrow = Narrow(),  # noqa: B008
) -> None:
    """Show rows of the control matrix. Rows that say the same of many scopes are one line with a count.

    Parameters
    ----------
    inputs
        As for assess.
    """
    from demarc.reports.terminal.matrix import matrix as show  # noqa: PLC0415 - loaded only when needed

    screen = Screen()
    assessment = answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run_now())
    show(assessment, screen.out, filters_of(narrow))


def filters_of(narrow: Narrow) -> Filters:
    """What was typed to narrow rows."""
    return Filters(
        duty=words(narrow.duty),
        scope=narrow.scope,
        party=words(narrow.party),
        status=words(narrow.status),
        owner=narrow.owner,
        layer=words(narrow.layer),
    )
