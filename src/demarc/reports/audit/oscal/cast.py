"""Who appears in the documents: components of the system (the customer's, the provider, third parties) and holders."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.assessment import Assessment, Holder, MatrixRow
from demarc.model.boundary import Party
from demarc.reports.audit.oscal.shares import TAKEN
from demarc.reports.audit.oscal.values import VERSION, Value, filled, line, props, text, uid
from demarc.reports.audit.settled import UNSETTLED
from demarc.reports.words import PROVIDERS

OWNER, APPROVER, REVIEWER, ROTATOR = "control-owner", "control-approver", "control-reviewer", "credential-rotator"
PROVIDER, SUPPLIER, CUSTOMER, TOOL = "provider", "supplier", "customer", "tool"
ROLES = {
    OWNER: "Holds a duty, as of the date",
    APPROVER: "Approves what the owner changes",
    REVIEWER: "Reviews a duty",
    ROTATOR: "Replaces credentials",
    PROVIDER: "Provider of the managed cluster",
    SUPPLIER: "Third party that makes or runs something in the cluster",
    CUSTOMER: "Customer: whoever runs workloads on the cluster",
    TOOL: "Program that made these documents",
}
SELF_MANAGED = "self_managed"


class Cast:
    """Components, parties and roles, with the uuid of each."""

    def __init__(self, assessment: Assessment) -> None:
        """Look through the matrix for everybody who is named in a settled row."""
        cluster = assessment.cluster
        self.cluster = cluster
        self.system = f"{cluster.provider}/{cluster.account}/{cluster.region}/{cluster.name}"
        rows = [row for row in assessment.matrix if row.status not in UNSETTLED]
        firms = sorted({row.party_name for row in rows if row.party in (Party.PROVIDER, Party.SHARED)} - {""})
        self.provider = firms[0] if firms else PROVIDERS.get(cluster.provider, cluster.provider)
        self.has_provider = cluster.provider != SELF_MANAGED
        self.suppliers = sorted({_supplier(row) for row in rows if row.party is Party.THIRD_PARTY})
        self._holders = {one.id: one for row in rows if row.status in TAKEN for one in _holders(row)}

    def component(self, party: Party, row: MatrixRow | None = None) -> str:
        """The uuid of the component that stands for a party."""
        if party is Party.THIRD_PARTY and row is not None:
            return uid("component", self.system, SUPPLIER, _supplier(row))
        return uid("component", self.system, PROVIDER if party is Party.PROVIDER else CUSTOMER)

    def responsible(self, rows: Iterable[MatrixRow]) -> list[Value]:
        """The roles of rows, with who has them."""
        by_role: dict[str, dict[str, None]] = {}
        for row in rows:
            if row.status not in TAKEN:
                continue  # a former owner, or two at once, answers for nothing
            for role, one in (
                (OWNER, row.owner),
                (APPROVER, row.approver),
                (REVIEWER, row.reviewer),
                (ROTATOR, row.rotator),
            ):
                if one is not None:
                    by_role.setdefault(role, {})[self._party(one)] = None
        return [{"role-id": role, "party-uuids": list(named)} for role, named in by_role.items()]

    def components(self) -> list[Value]:
        """Components of the system."""
        cluster, name = self.cluster, line(self.cluster.name)
        found = [
            {
                "uuid": self.component(Party.CUSTOMER),
                "type": "this-system",
                "title": f"{name}: the customer's part",
                "description": text("What the customer runs and configures on the cluster."),
                "status": {"state": "operational"},
                "responsible-roles": [self._as(CUSTOMER, "customer")],
            }
        ]
        if self.has_provider:
            service = PROVIDERS.get(cluster.provider, cluster.provider)
            found.append(
                {
                    "uuid": self.component(Party.PROVIDER),
                    "type": "service",
                    "title": line(f"{service}, by {self.provider}"),
                    "description": text(
                        "The provider's part of the managed cluster, as its public pages and the customer's contract "
                        "say it. No authorization of the provider was looked at, and none is claimed."
                    ),
                    "props": [{"name": "implementation-point", "value": "external"}],
                    "status": {"state": "operational"},
                    "responsible-roles": [self._as(PROVIDER, self.provider)],
                }
            )
        found += [
            {
                "uuid": uid("component", self.system, SUPPLIER, name),
                "type": "service",
                "title": line(name),
                "description": text("A third party that the customer relies on."),
                "props": [{"name": "implementation-point", "value": "external"}],
                "status": {"state": "operational"},
                "responsible-roles": [self._as(SUPPLIER, name)],
            }
            for name in self.suppliers
        ]
        return found

    def metadata(self, title: str, at: str, version: str) -> Value:
        """Metadata that all documents share: every role and party that any of them names."""
        named = [(CUSTOMER, "customer", "The customer"), (TOOL, "demarc", "Demarc")]
        if self.has_provider:
            named.append((PROVIDER, self.provider, self.provider))
        named += [(SUPPLIER, name, name) for name in self.suppliers]
        firms = [
            {"uuid": uid("party", self.system, role, key), "type": "organization", "name": line(name)}
            for role, key, name in named
        ]
        people = [
            filled(
                {
                    "uuid": self._party(one),
                    "type": "organization" if one.people else "person",
                    "name": line(one.name),
                    "props": props(id=one.id, contact=one.contact, people=", ".join(one.people)),
                    "remarks": "" if one.registered else "Named outside the register.",
                }
            )
            for _, one in sorted(self._holders.items())
        ]
        return {
            "title": line(title),
            "last-modified": at,
            "version": line(version),
            "oscal-version": VERSION,
            "roles": [{"id": role, "title": says} for role, says in ROLES.items()],
            "parties": [*firms, *people],
            "responsible-parties": [{"role-id": TOOL, "party-uuids": [uid("party", self.system, TOOL, "demarc")]}],
        }

    @property
    def tool(self) -> Value:
        """Where a statement comes from: this program."""
        return {"actors": [{"type": "party", "actor-uuid": uid("party", self.system, TOOL, "demarc")}]}

    def _party(self, one: Holder) -> str:
        return uid("party", self.system, "holder", one.id)

    def _as(self, role: str, key: str) -> Value:
        return {"role-id": role, "party-uuids": [uid("party", self.system, role, key)]}


def _supplier(row: MatrixRow) -> str:
    return row.party_name or "a third party that is not named"


def _holders(row: MatrixRow) -> list[Holder]:
    named = (row.owner, row.approver, row.reviewer, row.rotator)
    return [one for one in named if one is not None]
