"""``demarc matrix``: rows of the control matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from demarc.cli.answer import run_now, whole_answer
from demarc.cli.options import INPUT, Ask, Look, Narrow, Sources, Trail, words
from demarc.cli.roles_seen import Witnesses
from demarc.cli.screen import Screen
from demarc.reports.filters import Filters, select


def matrix(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    narrow: Narrow = Narrow(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    sources: Sources = Sources(),  # noqa: B008
) -> None:
    """Show rows of the control matrix, with what evidence says of their approver, reviewer and rotator.

    Rows that say the same of many scopes are one line with a count.

    Parameters
    ----------
    inputs
        As for assess.
    """
    from demarc.reports.beside import Beside  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.matrix import matrix as show  # noqa: PLC0415 - loaded only when needed

    screen, run, filters = Screen(), run_now(), filters_of(narrow)
    witnesses = Witnesses(sources, trail, ask, run)
    seen = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    beside = Beside(witnesses.roles(seen, select(seen.assessment, filters)))
    show(seen.assessment, screen.out, filters, beside)


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
