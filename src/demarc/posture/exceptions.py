"""Exceptions of the register, laid over findings: what covers one as of the date, and what would but does not count.

An exception is for duties in a scope. It counts while it is in force and somebody other than its owner approved it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from demarc.accountability.people import People
from demarc.accountability.selectors import duty_rank, scope_rank
from demarc.model.inventory import Inventory, Place, Scope
from demarc.model.posture import CheckFacts, ExceptionState
from demarc.model.register import ExceptionEntry, Register
from demarc.model.time import iso
from demarc.posture.ground import namespace_of


class Exceptions:
    """Exceptions as of a moment, to be asked about findings."""

    def __init__(self, register: Register, inventory: Inventory, at: datetime, people: People) -> None:
        self._entries = register.exceptions
        self._at = at
        self._people = people
        self._cluster = inventory.cluster.name
        self._places = {place.scope: place for place in inventory.places}
        self._known: dict[tuple[str, Scope, str], tuple[ExceptionState, ...]] = {}

    def of(self, facts: CheckFacts, duty: str, scope: Scope) -> tuple[ExceptionState, ...]:
        """Every exception for a finding; those that count come first."""
        if not self._entries:
            return ()
        key = (duty, scope, facts.duty)
        if key not in self._known:
            place = self._places.get(scope) or Place(scope=scope, namespace=namespace_of(scope))
            duties = (duty, facts.duty)
            found = [self._state(entry) for entry in self._entries if self._covers(entry, duties, place)]
            self._known[key] = tuple(sorted(filter(None, found), key=lambda state: (not state.counts, state.id)))
        return self._known[key]

    def _covers(self, entry: ExceptionEntry, duties: Iterable[str], place: Place) -> bool:
        return (
            any(duty_rank(entry.duties, duty) is not None for duty in duties)
            and scope_rank(entry.scope, place, self._cluster) is not None
        )

    def _state(self, entry: ExceptionEntry) -> ExceptionState | None:
        """None for one whose time has not begun."""
        until = iso(entry.period.until)[:10] if entry.period.until else ""
        if entry.period.ended(self._at):
            return ExceptionState(id=entry.id, counts=False, says=f"ended on {until}")
        if not entry.period.contains(self._at):
            return None
        if self._people.same(entry.owner, entry.approved_by):
            return ExceptionState(id=entry.id, counts=False, says="approved by its own owner")
        return ExceptionState(
            id=entry.id, counts=True, says=f"approved by {entry.approved_by}, ends on {until}: {entry.reason}"
        )
