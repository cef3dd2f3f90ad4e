"""Turns what was seen of a role into one verdict. Small rules, the same for all three roles.

One witness that speaks against whoever is named outweighs any number that speak for them: a single change that nobody
approved is what an auditor asks about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from demarc.evidence.accounts import Accounts
from demarc.model.assessment import Holder, MatrixRow
from demarc.model.roles import Role, RoleEvidence, Verdict, Witness
from demarc.model.time import iso

MOST = 12
"""Witnesses that a role shows."""
MEND = {
    Role.APPROVER: "have whoever is named look at it now, and let nobody merge or change it alone",
    Role.REVIEWER: "have whoever is named review it, or name who does",
    Role.ROTATOR: "have whoever is named rotate it, or name who does",
}
"""What to do where evidence says otherwise."""
SO, OTHERWISE, MISSING = Verdict.SAYS_SO, Verdict.SAYS_OTHERWISE, Verdict.MISSING


class Named(Struct, frozen=True, kw_only=True):
    """Whom the register names for a role of a row."""

    id: str = ""
    name: str = ""
    by_owner: bool = False
    since: datetime | None = None
    """First moment at which the register names them; what was done before was others' to do."""
    anyone: bool = False
    """Whether it is enough that somebody did it who is not the author."""


def named(
    role: Role, row: MatrixRow, own: frozenset[str], tenures: Mapping[str, datetime | None] = MappingProxyType({})
) -> Named | None:
    """Who holds a role; the owner for duties that are the role itself. None where the row has no such role.

    ``tenures`` says since when what is written in a place of the register holds.
    """
    holder: Holder | None = getattr(row, role.value)
    if holder is not None:
        return Named(id=holder.id, name=holder.name, since=tenures.get(holder.basis))
    if row.duty not in own:
        return None
    if row.owner is None or row.owners_in_conflict:
        return Named()
    return Named(id=row.owner.id, name=row.owner.name, by_owner=True, since=tenures.get(row.owner.basis))


class Doer(Struct, frozen=True, kw_only=True):
    """Who did something, against whom the register names."""

    verdict: Verdict
    who: str
    says: str
    """Continues ``approved by ...``; empty where nothing is to be added."""
    todo: str = ""


def doer(account: str, holder: Named, accounts: Accounts, at: datetime) -> Doer:
    """Whether whoever did it is whom the register names."""
    person = accounts.person(account)
    if person is None:
        says = f"the register gives the account {account} to nobody"
        return Doer(verdict=MISSING, who=account, says=says, todo=f"write {account} under accounts of the person")
    if holder.anyone:
        return Doer(verdict=SO, who=person.name, says="")
    if not holder.id:
        return Doer(verdict=MISSING, who=person.name, says="the register names nobody to compare with")
    if not accounts.known(holder.id):
        return Doer(verdict=MISSING, who=person.name, says=f"the register knows nobody called {holder.id}")
    if accounts.among(person, holder.id, at):
        return Doer(verdict=SO, who=person.name, says="")
    return Doer(verdict=OTHERWISE, who=person.name, says=f"not {holder.name}")


def judged(
    row: MatrixRow, role: Role, holder: Named, witnesses: Sequence[Witness], *, nothing: str, todo: str
) -> RoleEvidence:
    """One verdict out of all witnesses. ``nothing`` says what is missing where there is none, ``todo`` what to give."""
    article = "an" if role is Role.APPROVER else "a"
    against = [one for one in witnesses if one.verdict is OTHERWISE]
    speaking = [one for one in witnesses if one.verdict is SO]
    if against:
        verdict, why, todo = OTHERWISE, _counted(against, len(witnesses)), MEND[role]
    elif not holder.id and not holder.anyone:
        verdict, why, todo = (
            MISSING,
            f"the register names no {role.value}",
            f"name {article} {role.value} in the register",
        )
    elif speaking:
        verdict, why = SO, _newest(speaking).says
    else:
        verdict, why = MISSING, _newest(witnesses).says if witnesses else nothing
        todo = next((one.todo for one in sorted(witnesses, key=lambda one: one.at, reverse=True) if one.todo), todo)
    ordered = sorted(witnesses, key=lambda one: one.at, reverse=True) if witnesses else []
    ordered.sort(key=lambda one: one.verdict is not verdict)
    return RoleEvidence(
        row=row.id,
        duty=row.duty,
        scope=row.scope,
        role=role,
        named=holder.id,
        name=holder.name,
        by_owner=holder.by_owner,
        verdict=verdict,
        why=why,
        witnesses=tuple(ordered[:MOST]),
        more=max(0, len(ordered) - MOST),
        todo="" if verdict is SO else todo,
    )


def when(at: datetime | None) -> str:
    """A time as witnesses write it; empty for none."""
    return iso(at) if at is not None else ""


def _newest(witnesses: Sequence[Witness]) -> Witness:
    return max(witnesses, key=lambda one: one.at)


def _counted(against: Sequence[Witness], whole: int) -> str:
    first = _newest(against).says
    return first if whole == 1 else f"{len(against)} of {whole}: {first}"
