"""``demarc ambiguities``: what is unclear, both readings, and how to settle it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from demarc.cli.answer import answer, run_now
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen


def ambiguities(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    letters: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
) -> None:
    """Show the ambiguity register: each question, its readings and who says which, and how to settle it.

    Parameters
    ----------
    inputs
        As for assess.
    letters
        Print the questions to the provider as letters, ready to send, and nothing else.
    """
    from demarc.reports.terminal.unclear import ambiguities as show  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.unclear import letters as write_out  # noqa: PLC0415

    screen = Screen()
    assessment = answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run_now())
    (write_out if letters else show)(assessment, screen.out)
