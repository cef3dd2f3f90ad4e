"""``demarc check``: what the checks are."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from demarc.catalog.checks import checks
from demarc.cli.options import ANSWER
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError
from demarc.model.posture import CheckFacts


def listed(
    *,
    family: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = (),
    duty: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = (),
) -> None:
    """List the checks.

    Parameters
    ----------
    family
        Only these families.
    duty
        Only checks whose findings show the neglect of these duties.
    """
    from demarc.reports.terminal.findings import checks_listed  # noqa: PLC0415 - loaded only when needed

    found = [
        facts
        for facts in checks().values()
        if (not family or facts.family in family) and (not duty or {facts.duty, *facts.also} & set(duty))
    ]
    checks_listed(found, Screen().out)


def show(check: Annotated[str, Parameter(group=ANSWER, name="CHECK")], /) -> None:
    """Say what a check looks at, when it is violated, why it matters, and how to mend it.

    Parameters
    ----------
    check
        Its id, such as DM-POD-001.
    """
    from demarc.reports.terminal.findings import check_in_full  # noqa: PLC0415 - loaded only when needed

    check_in_full(_facts(check), Screen().out)


def _facts(name: str) -> CheckFacts:
    found = checks().get(name.upper())
    if found is None:
        raise DemarcError(f"there is no check {name!r}", todo="demarc check list shows all of them")
    return found
