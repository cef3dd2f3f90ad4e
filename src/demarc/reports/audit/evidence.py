"""Evidence by row: the sources and observations behind each row of the matrix, each with where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demarc.model.assessment import Assessment, MatrixRow, Status
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence
from demarc.reports.audit.content import Content
from demarc.reports.audit.settled import UNSETTLED, readings
from demarc.reports.words import VERDICTS

EVIDENCE_COLUMNS = ("row", "status", "shows", "says", "grade", "source", "source_date", "sha256")
Row = tuple[str, ...]


def evidence_rows(content: Content) -> Iterator[Row]:
    """Every row of the matrix has at least one line: a row that rests on nothing says so."""
    places = _Places(content.assessment)
    unclear = readings(content.assessment)
    for row in content.assessment.matrix:
        open_ = (("reading", said, "", "", "", "") for said in unclear.get(row.id, ()))
        lines = [*open_, *_basis(row, places), *_holders(row), *_roles(row, content), *places.of(row)]
        for shows, says, grade, source, date, sha256 in lines or [("basis", "nothing was read", "", "", "", "")]:
            yield row.id, row.status.value, shows, says, grade, source, date, sha256


class _Places:
    """Evidence of what a scope is, by scope."""

    def __init__(self, assessment: Assessment) -> None:
        self.pages = {source.id: (source.url, source.date or "no date on it") for source in assessment.sources}
        self._inputs = {source.id: (source.origin, source.sha256) for source in assessment.inputs}
        self._components = {one.id: one.evidence for one in assessment.components}
        self._pools = {one.name: one.evidence for one in assessment.pools}
        self._cluster = assessment.cluster.evidence

    def of(self, row: MatrixRow) -> Iterator[Row]:
        """What shows that the scope is what it is taken for: its provider, model or installer."""
        kind, name = row.scope.kind, row.scope.name
        if kind is Unit.COMPONENT:
            yield from self._observed("installer", self._components.get(name, ()))
        elif kind is Unit.POOL:
            yield from self._observed("model", self._pools.get(name, ()))
        elif kind is Unit.CLUSTER:
            yield from self._observed("provider", self._cluster)

    def _observed(self, shows: str, evidence: Iterable[Evidence]) -> Iterator[Row]:
        for one in evidence:
            origin, sha256 = self._inputs.get(one.source, ("", ""))
            yield shows, one.says, one.grade.name.lower(), origin, "", sha256


def _basis(row: MatrixRow, places: _Places) -> Iterator[Row]:
    basis = row.basis
    if basis is None:
        return
    url, date = places.pages.get(basis.source or "", ("", ""))
    open_ = ", not settled" if row.status in UNSETTLED else ""
    yield f"boundary ({basis.kind.value}){open_}", basis.note, f"{basis.confidence.value} confidence", url, date, ""
    for other in basis.other_sources:
        url, date = places.pages.get(other, (other, ""))
        yield "boundary, also", basis.row, "", url, date, ""
    agreed = ("settled", basis.confirmed) if basis.confirmed else ("contract", basis.clause)
    for shows, says in (agreed, ("moved by", basis.override), ("instead of", basis.replaced)):
        if says:
            yield shows, says, "", "", "", ""
    for fact in basis.hangs_on:
        yield "hangs on, not seen", fact, "", "", "", ""


def _roles(row: MatrixRow, content: Content) -> Iterator[Row]:
    """What others than the register say of the roles, piece by piece; what is missing says why."""
    for role, item in content.beside.of(row).items() if content.beside is not None else ():
        shows = f"the {role.value}, evidence {VERDICTS[item.verdict].label}"
        for one in item.witnesses:
            yield shows, one.says, one.grade.name.lower(), one.source, one.at[:10], ""
        if item.more:
            yield shows, f"and {item.more:,} more", "", "", "", ""
        if not item.witnesses:
            yield shows, item.why, "", "", "", ""


def _holders(row: MatrixRow) -> Iterator[Row]:
    prefix = "were it the customer's: " if row.status in UNSETTLED else ""
    roles = (
        ("former owner" if row.status is Status.LAPSED else "owner", row.owner),
        *(("owner in conflict", one) for one in row.owners_in_conflict),
        ("approver", row.approver),
        ("reviewer", row.reviewer),
        ("rotator", row.rotator),
    )
    for role, one in roles:
        if one is not None:
            people = f" ({', '.join(one.people)})" if one.people else ""
            named = "" if one.registered else ", named outside the register"
            yield f"{prefix}{role}", f"{one.name}{people}{named}", "", one.basis, "", ""
    if row.last_review:
        yield "last review", f"{row.last_review} by {row.last_reviewed_by}", "", "", "", ""
