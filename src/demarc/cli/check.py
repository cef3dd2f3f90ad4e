"""``demarc check``: what the checks are, and whether one's own do what they should."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from demarc.catalog.checks import checks
from demarc.cli.answer import run_now
from demarc.cli.options import ANSWER, INPUT, Ask, Own
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


def tried(
    *places: Annotated[Path, Parameter(group=INPUT, name="CHECKS")],
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
) -> int:
    """Test your own checks: every case of their CheckTests, and that each has cases that are violated and that hold.

    Parameters
    ----------
    places
        Files or folders of checks. Default: the folder checks in the register.
    """
    from demarc.cli.posture_seen import loaded  # noqa: PLC0415 - the runtime of CEL is loaded only when needed
    from demarc.posture.user.trial import trials  # noqa: PLC0415
    from demarc.reports.terminal.trials import trials as shown  # noqa: PLC0415

    screen = Screen()
    found = loaded(Own(checks=places), ask, run_now())
    if not found.policies:
        raise DemarcError(
            "no check of your own was given", todo="name a folder of checks, or write them into the folder checks"
        )
    results = trials(found)
    shown(results, screen.out)
    return 1 if any(result.failed for result in results) else 0
