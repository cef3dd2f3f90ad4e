"""The system security plan: by requirement and duty, what the provider provides, what is left to do, and who took it.

A responsibility that nothing satisfies is a duty that nobody has taken. A row that is not settled has no by-component:
it stands in the remarks of its statement, with every reading, and among what is to be done. Who holds a duty does not
say how well it is met, so no implementation status is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from demarc.model.assessment import MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.frameworks import Requirement
from demarc.reports.audit.content import Content
from demarc.reports.audit.oscal.cast import Cast
from demarc.reports.audit.oscal.catalog import Controls
from demarc.reports.audit.oscal.shares import Share, shares
from demarc.reports.audit.oscal.values import Value, filled, line, prop, props, text, uid
from demarc.reports.audit.settled import readings, unsettled
from demarc.reports.words import STATUSES, label_of


def plan(content: Content, cast: Cast, controls: Controls, metadata: Value) -> Value:
    """The plan of the cluster for the framework."""
    assessment = content.assessment
    statements = _Statements(content, cast, controls)
    return {
        "system-security-plan": {
            "uuid": uid("ssp", cast.system, content.view.framework, assessment.at),
            "metadata": metadata,
            "import-profile": {"href": "profile.json"},
            "system-characteristics": {
                "system-ids": [{"identifier-type": "http://ietf.org/rfc/rfc4122", "id": uid("system", cast.system)}],
                "system-name": line(assessment.cluster.name),
                "description": text(
                    f"The managed Kubernetes cluster {assessment.cluster.name}, as of {assessment.at} "
                    f"({assessment.at_basis})."
                ),
                "system-information": {
                    "information-types": [
                        {
                            "title": "Not stated",
                            "description": "Which information the cluster handles was not part of the input.",
                        }
                    ]
                },
                "status": {"state": "operational", "remarks": "It was seen in the input."},
                "authorization-boundary": {
                    "description": "The cluster with its node pools, components, workloads, identities and pipelines."
                },
            },
            "system-implementation": {
                "users": [
                    {
                        "uuid": uid("user", cast.system, "owners"),
                        "title": "Owners of duties",
                        "role-ids": ["control-owner"],
                    }
                ],
                "components": cast.components(),
            },
            "control-implementation": {
                "description": text(
                    "For each duty that relates to a requirement: what is provided, what is left to do, and who holds "
                    "it. A relation, never a claim of compliance. Rows that are not settled stand in remarks only."
                ),
                "implemented-requirements": [statements.of(one) for one in content.view.requirements],
            },
        }
    }


def untaken(plan: Value) -> list[str]:
    """The uuids of responsibilities that nothing satisfies: duties that nobody has taken."""
    exported: dict[str, None] = {}
    satisfied: set[str] = set()
    for requirement in plan["system-security-plan"]["control-implementation"]["implemented-requirements"]:
        for statement in requirement.get("statements", ()):
            for part in statement.get("by-components", ()):
                exported |= dict.fromkeys(one["uuid"] for one in part.get("export", {}).get("responsibilities", ()))
                satisfied |= {one["responsibility-uuid"] for one in part.get("satisfied", ())}
    return [one for one in exported if one not in satisfied]


class _Statements:
    """What each requirement's statements say."""

    def __init__(self, content: Content, cast: Cast, controls: Controls) -> None:
        self._cast, self._controls = cast, controls
        self._shares: dict[str, list[Share]] = {}
        for share in shares(content.assessment.matrix):
            self._shares.setdefault(share.duty, []).append(share)
        self._unclear: dict[str, list[MatrixRow]] = {}
        for row in unsettled(content.assessment.matrix):
            self._unclear.setdefault(row.duty, []).append(row)
        self._readings = readings(content.assessment)
        self._findings = Counter(one.answers.row for one in content.posture.findings if one.counts)

    def of(self, one: Requirement) -> Value:
        """One implemented requirement."""
        control = self._controls.id(one)
        found = {
            "uuid": uid("requirement", self._cast.system, control),
            "control-id": control,
            "props": props(stands=one.standing.value),
            "statements": [self._statement(one, duty.id) for duty in one.duties],
            "remarks": "" if one.duties else "No duty relates to this requirement.",
        }
        return filled(found)

    def _statement(self, one: Requirement, duty: str) -> Value:
        key = self._controls.statement(one, duty)
        found, unclear = self._shares.get(duty, []), self._unclear.get(duty, [])
        said = [] if found or unclear else ["The duty does not arise in this cluster."]
        return filled(
            {
                "statement-id": key,
                "uuid": uid("statement", self._cast.system, key),
                "by-components": list(self._parts(key, found)),
                "remarks": text(*said, *self._open(unclear)) if said or unclear else "",
            }
        )

    def _open(self, rows: Iterable[MatrixRow]) -> Iterator[str]:
        """Rows that are not settled, those with the same readings together."""
        groups: dict[tuple[str, ...], list[MatrixRow]] = {}
        for row in rows:
            groups.setdefault((row.status.value, *self._readings[row.id]), []).append(row)
        for (status, *readings_of), group in groups.items():
            yield f"Not settled ({status}), so nothing is claimed: {', '.join(row.id for row in group)}."
            yield from (f"Reading: {one}" for one in readings_of)

    def _parts(self, key: str, found: list[Share]) -> Iterator[Value]:
        """By-components: the provider's, then third parties', then the customer's."""
        theirs = [share for share in found if share.party in (Party.PROVIDER, Party.SHARED)]
        left = [share for share in found if share.party in (Party.SHARED, Party.CUSTOMER)]
        if self._cast.has_provider and (theirs or left):
            yield self._providers(key, theirs, left)
        by_supplier: dict[str, list[Share]] = {}
        for share in found:
            if share.party is Party.THIRD_PARTY:
                by_supplier.setdefault(self._cast.component(share.party, share.first), []).append(share)
        for component, group in by_supplier.items():
            yield self._suppliers(key, component, group)
        if theirs or left:
            yield self._customers(key, theirs, left)

    def _providers(self, key: str, theirs: list[Share], left: list[Share]) -> Value:
        component = self._cast.component(Party.PROVIDER)
        provided = [
            {
                "uuid": uid("provided", self._cast.system, key, *share.key),
                "description": text(f"{share.party_name} performs {_called(share)}. {_note(share)}"),
                "props": _rows(share),
            }
            for share in theirs
        ]
        responsibilities = [
            filled(
                {
                    "uuid": self._responsibility(key, share),
                    "provided-uuid": uid("provided", self._cast.system, key, *share.key)
                    if share.party is Party.SHARED
                    else "",
                    "description": text(f"The customer performs {_called(share)}. {_note(share)}"),
                    "props": _rows(share),
                }
            )
            for share in left
        ]
        return {
            "component-uuid": component,
            "uuid": uid("by-component", self._cast.system, key, component),
            "description": text("What the provider performs, and what it leaves to the customer."),
            "export": filled({"provided": provided, "responsibilities": responsibilities}),
        }

    def _suppliers(self, key: str, component: str, group: list[Share]) -> Value:
        said = [f"{share.party_name or 'A third party'} performs {_called(share)}. {_note(share)}" for share in group]
        return filled(
            {
                "component-uuid": component,
                "uuid": uid("by-component", self._cast.system, key, component),
                "description": text(*said),
                "props": [one for share in group for one in _rows(share)],
                "responsible-roles": self._cast.responsible(row for share in group for row in share.rows),
            }
        )

    def _customers(self, key: str, theirs: list[Share], left: list[Share]) -> Value:
        component = self._cast.component(Party.CUSTOMER)
        taken = [share for share in left if share.taken]
        inherited = [
            {
                "uuid": uid("inherited", self._cast.system, key, *share.key),
                "provided-uuid": uid("provided", self._cast.system, key, *share.key),
                "description": text(f"Inherited from {share.party_name}: {_called(share)}."),
            }
            for share in theirs
            if self._cast.has_provider
        ]
        satisfied = [
            filled(
                {
                    "uuid": uid("satisfied", self._cast.system, key, *share.key),
                    "responsibility-uuid": self._responsibility(key, share),
                    "description": text(self._held(share)),
                    "props": props(status=share.status.value),
                    "responsible-roles": self._cast.responsible(share.rows),
                    "remarks": self._doubt(share),
                }
            )
            for share in taken
            if self._cast.has_provider
        ]
        nobody = [share for share in left if not share.taken]
        said = [f"Held by nobody ({share.status.value}): {_called(share)}." for share in nobody]
        if not self._cast.has_provider:
            said += [self._held(share) for share in taken]
        return filled(
            {
                "component-uuid": component,
                "uuid": uid("by-component", self._cast.system, key, component),
                "description": text("What the customer inherits, and who holds what is left to do.", *said),
                "inherited": inherited,
                "satisfied": satisfied,
                "responsible-roles": self._cast.responsible(row for share in taken for row in share.rows),
            }
        )

    def _responsibility(self, key: str, share: Share) -> str:
        return uid("responsibility", self._cast.system, key, *share.key)

    @staticmethod
    def _held(share: Share) -> str:
        owner = share.first.owner
        return f"{owner.name if owner else 'Nobody'} holds {_called(share)}."

    def _doubt(self, share: Share) -> str:
        """What a reader must know before they take it for met."""
        number = sum(self._findings[row.id] for row in share.rows)
        said = []
        if share.status is Status.OVERDUE:
            said.append("The last review is past due.")
        if number:
            said.append(f"It is held, and {number:,} findings say that it is not met: see the assessment results.")
        return text(*said) if said else ""


def _called(share: Share) -> str:
    return f"{share.duty} on {share.part} ({share.where})"


def _note(share: Share) -> str:
    basis = share.first.basis
    if basis is None:
        return ""
    return " ".join(filter(None, (basis.override, basis.note, f"By contract: {basis.clause}." if basis.clause else "")))


def _rows(share: Share) -> list[Value]:
    """Which rows of the matrix it stands for."""
    status = prop("status", label_of(STATUSES, share.status.value))
    return [status, *(prop("matrix-row", row.id) for row in share.rows)]
