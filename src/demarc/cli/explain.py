"""``demarc explain``: why this party, why this owner."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from demarc.cli.answer import answer, run_now
from demarc.cli.options import ANSWER, Ask, Look
from demarc.cli.screen import Screen


def explain(
    duty: Annotated[str, Parameter(group=ANSWER)],
    /,
    *,
    scope: Annotated[str | None, Parameter(group=ANSWER)] = None,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
) -> None:
    """Say why a party answers for a duty, and why an owner holds it, with the evidence and what it hangs on.

    Parameters
    ----------
    duty
        Id of a duty, such as identity.rbac.
    scope
        One scope: namespace:payments, pool:general, or a name alone. Without it: everywhere.
    """
    from demarc.reports.terminal.reasons import explain as show  # noqa: PLC0415 - loaded only when needed

    screen = Screen()
    show(answer(look, ask, screen, run_now()), duty, scope, screen.out)
