"""Who is who in an incident: the provider's firm, the operator, from whose place the verdict is given.

Parties are relative to a place. A firm that runs a cluster is the customer of its cloud and the provider of whoever
rents a service on it; so every question is asked of a ``Ground``. Knows no duty.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from demarc.catalog.boundaries import boundary, providers
from demarc.incidents.fields import day
from demarc.model.boundary import Party
from demarc.model.incidents import Day, FixDelivery, Incident, IncidentStep, InstalledBy, ManagedBy, Participant

TERM_DAYS = 14
"""Days to roll a fix out where no agreed term is on record."""

_OPERATOR = re.compile(
    r"^(the |any |own |our |same )*(operators?|company|ourselves|we|self|in-house|internal|own|([a-z]+ )?teams?)$",
    re.IGNORECASE,
)
_CUSTOMER = re.compile(r"^(the |any |own |our )*(customers?|tenants?|users?)$", re.IGNORECASE)
_NOT_ON_RECORD = re.compile(r"^(unknown|not (known|named|on record)|n/a|\?)$", re.IGNORECASE)
_SPLIT = re.compile(r"[^a-z0-9]+")


class Ground:
    """The parties of one incident, from one place."""

    def __init__(self, incident: Incident) -> None:
        facts = incident.cluster.facts
        self.incident = incident
        self.is_service_user = facts.get("viewpoint") == "service_user"
        self.provider = incident.cluster.provider
        self.firm = str(facts.get("provider_company") or _firm(self.provider))
        self.operator = str(facts.get("operator") or "")
        term = facts.get("patch_term_days")
        self.has_term = term is not None
        self.term = timedelta(days=int(term) if term is not None else TERM_DAYS)
        self._node_upgrades = facts.get("node_upgrades")
        self._auto_upgrade = facts.get("agent_auto_upgrade")
        self.since, self.until = incident.since, incident.until
        self.notice = day(str(facts.get("supplier_notice") or ""))
        """When a supplier told that credentials were exposed, where that is on record."""

    def during(self, step: IncidentStep) -> Ground:
        """The same for the time of one step, where that is on record by itself."""
        if step.at is None:
            return self
        told = Ground(self.incident)
        told.since = _day(step.at)
        told.until = _day(step.until or step.at)
        return told

    @property
    def layers(self) -> tuple[str, ...]:
        """Who stands on whom, from the bottom up, where that is on record."""
        found = self.incident.cluster.facts.get("layers")
        return tuple(str(layer) for layer in found) if isinstance(found, list) else ()

    @property
    def has_provider(self) -> bool:
        """False where the operator runs the cluster by itself, or the provider plays no part."""
        return self.provider not in {"self-managed", "other:any"}

    def holder(self, installed_by: InstalledBy) -> Party:
        """Whoever put a thing there. An intruder is nobody: ask who let the thing in."""
        return _HOLDERS[installed_by]

    @property
    def operator_is(self) -> Party:
        """Whoever runs the cluster, seen from the place of the verdict."""
        return Party.PROVIDER if self.is_service_user else Party.CUSTOMER

    def maker(self, component: Participant) -> Party:
        """Who makes a thing: the provider's firm, the customer for its own code, else a supplier, named or not."""
        said = component.supplier.strip()
        if _CUSTOMER.match(said) or (not said and component.installed_by is InstalledBy.CUSTOMER):
            return Party.CUSTOMER
        if _OPERATOR.match(said) or (self.operator and _same(said, self.operator)):
            return self.operator_is
        if any(_same(said, firm) for firm in _JOINT.split(self.firm)):
            return Party.PROVIDER
        nameless = not said or _NOT_ON_RECORD.match(said)
        return Party.PROVIDER if nameless and component.installed_by is InstalledBy.PROVIDER else Party.THIRD_PARTY

    def is_own(self, component: Participant) -> bool:
        """The customer's own code."""
        return self.maker(component) is Party.CUSTOMER

    def roller(self, component: Participant) -> Party:
        """Who has to roll a fix out: where it lands decides."""
        defect = component.defect
        delivery = defect.fix_delivery if defect is not None else FixDelivery.NONE
        if delivery is FixDelivery.SERVICE_SIDE:
            return Party.PROVIDER
        if delivery is FixDelivery.NODE_IMAGE:
            return self._node_roller(component)
        if delivery is FixDelivery.ADDON_RELEASE and component.installed_by is InstalledBy.PROVIDER:
            return Party.CUSTOMER if self._auto_upgrade is False else Party.PROVIDER
        if delivery is FixDelivery.NONE:
            return self.maker(component)
        return self.holder(component.installed_by)

    def term_for(self, roller: Party) -> timedelta:
        """How long a rollout may take. What only the provider can replace has no term."""
        return self.term if roller in {Party.CUSTOMER, Party.AMBIGUOUS} else timedelta()

    def _node_roller(self, component: Participant) -> Party:
        """Whoever replaces nodes: as on record, else as the boundary has it for the deployment model."""
        if self._node_upgrades in {"customer", "provider"}:
            return Party.CUSTOMER if self._node_upgrades == "customer" else Party.PROVIDER
        if component.installed_by in {InstalledBy.CUSTOMER, InstalledBy.THIRD_PARTY}:
            return self.holder(component.installed_by)
        if component.managed_by is ManagedBy.SERVICE_SIDE:
            return Party.PROVIDER
        row = None
        if self.provider in providers():
            row = boundary(self.provider).row(self.incident.cluster.model or "", "node.patching", "container_runtime")
        if row is None or row.party not in {Party.PROVIDER, Party.CUSTOMER} or row.overrides:
            return Party.AMBIGUOUS
        return row.party


_HOLDERS = {
    InstalledBy.PROVIDER: Party.PROVIDER,
    InstalledBy.CUSTOMER: Party.CUSTOMER,
    InstalledBy.THIRD_PARTY: Party.THIRD_PARTY,
    InstalledBy.UNKNOWN: Party.AMBIGUOUS,
    InstalledBy.INTRUDER: Party.CUSTOMER,
}


def _day(at: datetime) -> Day:
    return Day(first=at.date(), last=at.date(), text=at.date().isoformat())


def _firm(provider: str) -> str:
    if provider in providers():
        return boundary(provider).firm
    return ""


def _same(name: str, firm: str) -> bool:
    """Tell whether two names are of one firm: ``Google Cloud`` and ``Google``, not ``Red Hat`` and ``Hat``."""
    one, other = _words(name), _words(firm)
    if not one or not other:
        return False
    if one[0] == other[0] and one[0] in _ALIASES.values():
        return True
    short, long = sorted((one, other), key=len)
    return long[: len(short)] == short


def _words(name: str) -> list[str]:
    said = [word for word in _SPLIT.split(name.casefold()) if word and word not in _LEGAL]
    return [_ALIASES.get(word, word) for word in said]


_ALIASES = {"amazon": "aws", "azure": "microsoft", "gcp": "google"}
_JOINT = re.compile(r"\s*(?:,|/|\band\b|&)\s*")
"""Between the names of firms that run a service together."""
_LEGAL = {"inc", "llc", "ltd", "gmbh", "ag", "corp", "corporation", "limited", "co", "the"}
