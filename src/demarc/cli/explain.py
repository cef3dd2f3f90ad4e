"""``demarc explain``: why this party, why this owner."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from demarc.cli.answer import run_now, whole_answer
from demarc.cli.options import ANSWER, Ask, Look, Sources, Trail
from demarc.cli.roles_seen import Witnesses
from demarc.cli.screen import Screen


def explain(
    duty: Annotated[str, Parameter(group=ANSWER)],
    /,
    *,
    scope: Annotated[str | None, Parameter(group=ANSWER)] = None,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    sources: Sources = Sources(),  # noqa: B008
) -> None:
    """Say why a party answers for a duty, why an owner holds it, what it hangs on, and what evidence says of the roles.

    Parameters
    ----------
    duty
        Id of a duty, such as identity.rbac.
    scope
        One scope: namespace:payments, pool:general, or a name alone. Without it: everywhere.
    """
    from demarc.reports.beside import Beside  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.reasons import explain as show  # noqa: PLC0415
    from demarc.reports.terminal.reasons import explained  # noqa: PLC0415

    screen, run = Screen(), run_now()
    witnesses = Witnesses(sources, trail, ask, run)
    seen = whole_answer(look, ask, screen, run)
    beside = Beside(witnesses.roles(seen, explained(seen.assessment, duty, scope)))
    show(seen.assessment, duty, scope, screen.out, beside)
