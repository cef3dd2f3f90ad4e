"""Carries a finding through its duty to a party and a control owner, by the control matrix as of the date.

What the provider installed or runs is answered where the matrix answers it: on the component, on the part that the
provider operates. It evaluates no check.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from demarc.accountability.walked import Answerable
from demarc.catalog.boundaries import ProviderBoundary, boundary
from demarc.catalog.duties import duties, pairs
from demarc.model.assessment import MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.posture import Answers, CheckFacts, Found, Whose
from demarc.posture.ground import Ground, namespace_of

ON_COMPONENTS = {
    "workload.pod-security": "addon.privileges",
    "identity.rbac": "addon.privileges",
    "identity.service-accounts": "addon.privileges",
    "secret.access": "addon.privileges",
    "workload.vulnerabilities": "addon.fix",
    "supply.image-vulnerabilities": "addon.fix",
    "supply.image-provenance": "addon.rollout",
}
"""Duty of a workload -> the same duty of a component that the provider installed; ``addon.configuration`` else."""

_WHOSE = {
    Party.PROVIDER: Whose.PROVIDER,
    Party.CUSTOMER: Whose.YOURS,
    Party.SHARED: Whose.SHARED,
    Party.THIRD_PARTY: Whose.THIRD_PARTY,
    Party.AMBIGUOUS: Whose.AMBIGUOUS,
}


class Owners:
    """Answers who holds a duty where a finding stands."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._boundary = boundary(ground.provider)
        self._known: dict[tuple[str, str, Scope, str, str], Answers] = {}
        self._made: dict[tuple[str, str, str], Answers] = {}

    def of(self, facts: CheckFacts, found: Found) -> Answers:
        """Who answers for a finding."""
        duty = found.duty or facts.duty
        component = found.component if self._ground.may_be_providers(found.component) else ""
        return self._answers(facts, duty, found.asked or found.scope, found.part, component)

    def for_duty(self, duty: str, scope: Scope, *, component: str = "") -> Answers:
        """Who answers for a duty in a scope, whatever was found or not found there."""
        about = component if self._ground.may_be_providers(component) else ""
        return self._asked(None, duty, scope, "", about)

    def of_check(self, facts: CheckFacts) -> Answers:
        """Who answers for the check's duty in the cluster as a whole."""
        return self._answers(facts, facts.duty, self._ground.cluster, "", "")

    def _answers(self, facts: CheckFacts, duty: str, scope: Scope, part: str, component: str) -> Answers:
        key = (facts.id, duty, scope, part, component)
        if key not in self._known:
            self._known[key] = self._asked(facts, duty, scope, part, component)
        return self._known[key]

    def _asked(self, facts: CheckFacts | None, duty: str, scope: Scope, part: str, component: str) -> Answers:
        if component:
            if duties()[duty].per is not Unit.COMPONENT:
                duty = ON_COMPONENTS.get(duty, "addon.configuration")
            scope = Scope(kind=Unit.COMPONENT, name=component)
        found = self._found(duty, scope, part)
        # Very many scopes are answered by the same row of their namespace or cluster: they share the answer.
        key = (facts.id if facts else "", duty, found.row.id if found.row else "")
        if key not in self._made:
            self._made[key] = self._answers_of(facts, found)
        return self._made[key]

    def _found(self, duty: str, scope: Scope, part: str) -> Answerable:
        """The row for a duty where it is asked; where there is none, one of those around it that is a tenant's."""
        walked = self._ground.walked
        if part:
            return walked.answerable(duty, scope, part)
        providers = _of_the_provider_alone().get(duty, frozenset())
        for wider in self._outwards(scope):
            found = walked.answerable(duty, wider, beside=providers)
            if found.row is not None:
                return found
        return walked.answerable(duty, scope)

    def _outwards(self, scope: Scope) -> Iterator[Scope]:
        yield scope
        yield self._ground.namespace(namespace_of(scope))
        yield self._ground.cluster

    def _answers_of(self, facts: CheckFacts | None, found: Answerable) -> Answers:
        row = found.row
        whose = _whose(row)
        return Answers(
            duty=found.duty,
            row=row.id if row else "",
            whose=whose,
            party=row.party if row else None,
            party_name=row.party_name if row else "",
            owner=row.owner.name if row and row.owner else "",
            owner_id=row.owner.id if row and row.owner else "",
            contact=row.owner.contact if row and row.owner else "",
            status=row.status if row else None,
            ask=_ask(self._boundary, facts, row, whose) if facts is not None else "",
        )


@cache
def _of_the_provider_alone() -> dict[str, frozenset[str]]:
    """Duty -> parts on which it bites at the provider: its own staff, images, credentials.

    Of a duty that is asked per namespace, workload or identity, the part that exists once for the cluster is that one:
    nothing that is found in a tenant's objects speaks of it.
    """
    finer = {pair.duty for pair in pairs() if pair.per is not Unit.CLUSTER}
    found: dict[str, set[str]] = {}
    for pair in pairs():
        if pair.duty in finer and pair.per is Unit.CLUSTER:
            found.setdefault(pair.duty, set()).add(pair.component)
    return {duty: frozenset(parts) for duty, parts in found.items()}


def _whose(row: MatrixRow | None) -> Whose:
    if row is None or row.party is None or row.status is Status.UNKNOWN:
        return Whose.UNKNOWN
    return _WHOSE[row.party]


def _ask(table: ProviderBoundary, facts: CheckFacts, row: MatrixRow | None, whose: Whose) -> str:
    """What to ask whom: only for what somebody else must act on."""
    if row is None or whose in (Whose.YOURS, Whose.UNKNOWN):
        return ""
    title = facts.title[0].lower() + facts.title[1:] if facts.title[:2].istitle() else facts.title
    if whose is Whose.THIRD_PARTY:
        return f"Ask {row.party_name or 'the supplier'}: {title}: is it needed, and when is it mended?"
    where = table.channels.support
    if whose is Whose.PROVIDER:
        return f"Ask {table.firm} ({where}): {title}: is it needed, and what limits it?"
    return f"Ask {table.firm} ({where}) who performs {row.duty} here; until then nobody can be said to."
