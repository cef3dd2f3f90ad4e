"""The control matrix: for every question, the boundary's answer, the contract's, and who holds it as of the moment.

Answers that are alike are computed once and shared, so that the matrix of a large cluster costs little more than its
rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from demarc.accountability.boundary import Context, Resolution, resolve, supplier_fix, unknown_installer
from demarc.accountability.contracts import cite, overrule, terms_for
from demarc.accountability.holders import Holders, Scoped, Tenure
from demarc.accountability.people import People
from demarc.accountability.questions import Question
from demarc.catalog.boundaries import ProviderBoundary
from demarc.model.assessment import Holder, MatrixRow, RowBasis, Status
from demarc.model.boundary import Basis, BoundaryRow, Confidence, Party, Settlement
from demarc.model.inventory import Component, Installer, Inventory, Pool, Scope
from demarc.model.register import ContractTerm, Register, Supplier

CUSTOMER_SIDE = frozenset({Party.CUSTOMER, Party.SHARED, Party.THIRD_PARTY})
"""Parties under which somebody of the customer must answer: also for choosing and holding a third party."""


class Answer(Struct, frozen=True, kw_only=True, gc=False):
    """The boundary's answer for the pools of a question that agree on it."""

    resolution: Resolution
    terms: tuple[ContractTerm, ...]
    basis: RowBasis | None
    pools: tuple[Pool, ...]
    settlement: Settlement | None = None
    """What settles it, where the pages leave it open."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """A row of the matrix with what it was made from, for those who explain it."""

    row: MatrixRow
    answer: Answer
    question: Question


class Matrix:
    """Makes rows out of questions."""

    def __init__(
        self,
        boundary: ProviderBoundary,
        inventory: Inventory,
        register: Register,
        people: People,
        at: datetime,
        *,
        settled: Mapping[str, Settlement] = MappingProxyType({}),
    ) -> None:
        """Take the provider's boundary, what is there, who is assigned and who they are, and the moment.

        ``settled``: confirmations in force of what the boundary leaves open, by its row.
        """
        self._settled = settled
        self._boundary, self._inventory = boundary, inventory
        self._register, self._people, self._at = register, people, at
        self._cluster = inventory.cluster.name
        self._holders = Holders(register, people, inventory.hints, self._cluster, at)
        self._answers: dict[tuple[object, ...], tuple[Answer, ...]] = {}
        self._scoped: dict[Scope, Scoped] = {}
        self._pool_names: dict[int, tuple[tuple[Pool, ...], tuple[str, ...]]] = {}
        self._alike: dict[tuple[int, int, str, bool], MatrixRow] = {}

    def lines(self, question: Question) -> Iterator[Line]:
        """Answer a question: one line, or one for each group of pools that the boundary answers differently."""
        answers = self._answer(question)
        for answer in answers:
            suffix = "" if len(answers) == 1 else "#" + _split_name(answer, answers)
            if question.unseen is not None:
                suffix += "#unseen"
            yield Line(row=self._row(question, answer, suffix), answer=answer, question=question)

    # ---- the boundary's part ----

    def _answer(self, question: Question) -> tuple[Answer, ...]:
        terms = terms_for(
            self._register.contracts,
            question.duty,
            question.part,
            question.place,
            cluster=self._cluster,
            at=self._at,
        )
        pools = self._names_of(question.pools)
        component = question.component.id if question.component else ""
        key = (question.duty, question.part, pools, component, question.installer, tuple(term.id for term in terms))
        if key not in self._answers:
            self._answers[key] = self._resolve(question, terms)
        return self._answers[key]

    def _names_of(self, pools: tuple[Pool, ...]) -> tuple[str, ...]:
        """Names of pools; very many questions share one tuple of them, which is kept, so that its id stays its own."""
        known = self._pool_names.get(id(pools))
        if known is None:
            known = self._pool_names[id(pools)] = (pools, tuple(pool.name for pool in pools))
        return known[1]

    def _resolve(self, question: Question, terms: tuple[ContractTerm, ...]) -> tuple[Answer, ...]:
        groups: dict[tuple[Party | None, bool], list[tuple[Resolution, Pool]]] = {}
        for pool in question.pools:
            found = self._of_pool(question, pool)
            groups.setdefault((found.party, found.open), []).append((found, pool))
        answers = []
        for members in groups.values():
            published = members[0][0]
            resolution = overrule(published, terms) if terms else published
            settlement = None if terms or question.rival_part else self._settlement(published)
            if settlement is not None:
                resolution = replace(published, party=settlement.party)
            answers.append(
                Answer(
                    resolution=resolution,
                    terms=terms,
                    basis=self._basis(resolution, published, terms, [found for found, _ in members], settlement),
                    pools=tuple(pool for _, pool in members),
                    settlement=settlement,
                )
            )
            if terms:
                # The contract's answer is the same for all pools: one row says it.
                return (replace(answers[0], pools=question.pools),)
        return tuple(answers)

    def _settlement(self, published: Resolution) -> Settlement | None:
        """The confirmation of one of the readings that the pages leave open."""
        if published.party is not Party.AMBIGUOUS or published.row is None:
            return None
        found = self._settled.get(published.row.id)
        return found if found is not None and found.party in {one.party for one in published.readings} else None

    def _of_pool(self, question: Question, pool: Pool) -> Resolution:
        component, installer = question.component, question.installer
        if component is None:
            return resolve(self._boundary, question.duty, question.part, Context(inventory=self._inventory, pool=pool))

        def reading(part: str, who: Installer) -> Resolution:
            if question.duty == "addon.fix" and who is Installer.CUSTOMER:
                return supplier_fix(component)
            taken = _with_installer(component, who)
            context = Context(inventory=self._inventory, pool=pool, component=taken)
            return resolve(self._boundary, question.duty, part, context)

        first = reading(question.part, installer or Installer.UNKNOWN)
        if not question.rival_part:
            return first
        return unknown_installer(first, reading(question.rival_part, Installer.CUSTOMER), component)

    def _basis(
        self,
        resolution: Resolution,
        published: Resolution,
        terms: tuple[ContractTerm, ...],
        members: list[Resolution],
        settlement: Settlement | None,
    ) -> RowBasis | None:
        row = published.row
        if settlement is not None and row is not None:
            return self._confirmed(settlement, published, row)
        if terms:
            said = f"{published.party.value}" if published.party else "nothing"
            return RowBasis(
                kind=Basis.CONTRACT,
                confidence=Confidence.HIGH if resolution.party is not Party.AMBIGUOUS else Confidence.LOW,
                row=", ".join(term.id for term in terms),
                source=None,
                note="The customer's own agreement overrides the published boundary.",
                clause="; ".join(cite(term) for term in terms),
                replaced=f"The published boundary says {said}" + (f": {row.note}" if row else "."),
            )
        if row is None:
            return None
        siblings = {member.row.source for member in members if member.row and member.row.source} - {row.source}
        override = resolution.override
        return RowBasis(
            kind=row.basis,
            confidence=Confidence.LOW if resolution.open else row.confidence,
            row=row.id,
            source=row.source,
            other_sources=tuple(dict.fromkeys((*row.other_sources, *sorted(filter(None, siblings))))),
            note=row.note,
            override=_fact(override.when.object, override.when.path, override.note) if override else "",
            hangs_on=tuple(dict.fromkeys(f"{rival.when.object} {rival.when.path}" for rival in resolution.unseen)),
        )

    def _confirmed(self, settlement: Settlement, published: Resolution, row: BoundaryRow) -> RowBasis:
        says = next(one.says for one in published.readings if one.party is settlement.party)
        by = next((one.name for one in self._register.people if one.id == settlement.by), settlement.by)
        document = ", ".join(part for part in (settlement.document, settlement.clause) if part)
        override = published.override
        return RowBasis(
            kind=Basis.CONFIRMED,
            confidence=Confidence.HIGH,
            row=row.id,
            source=row.source,
            other_sources=row.other_sources,
            note=says,
            clause=document,
            override=_fact(override.when.object, override.when.path, override.note) if override else "",
            replaced=f"The published boundary is ambiguous: {row.note}",
            confirmed=f"confirmed by {by}, {document}, until {settlement.until}",
        )

    # ---- the register's part ----

    def _tenure(self, question: Question) -> Tenure:
        scope = question.place.scope
        if scope not in self._scoped:
            self._scoped[scope] = self._holders.scoped(question.place)
        return self._holders.tenure(question.duty, self._scoped[scope])

    def _row(self, question: Question, answer: Answer, suffix: str) -> MatrixRow:
        """The row: but for its scope, that of every question with the same answer of boundary and register.

        Answers and tenures are kept for as long as the matrix is, so that their ids are their own.
        """
        tenure, scope = self._tenure(question), question.place.scope
        key = (id(answer), id(tenure), question.remark, question.unseen is None)
        if key not in self._alike:
            self._alike[key] = self._made(question, answer, tenure)
        return replace(self._alike[key], id=f"{question.duty}/{question.part}@{scope}{suffix}", scope=scope)

    def _made(self, question: Question, answer: Answer, tenure: Tenure) -> MatrixRow:
        resolution = answer.resolution
        supplier = self._supplier(question.component) if resolution.party is Party.THIRD_PARTY else None
        owner, lapse = tenure.owner, tenure.lapse
        if owner is None and not tenure.rivals and supplier is not None and supplier.owner:
            held = self._people.held(supplier.owner, str(supplier.where))
            owner, lapse = held.holder, held.lapse
        status = _status(question, resolution, tenure, owner, lapse)
        ours = resolution.party is not Party.PROVIDER
        remarks = tuple(
            item
            for item in (question.remark, resolution.why, lapse if ours else "", *(tenure.remarks if ours else ()))
            if item
        )
        return MatrixRow(
            id="",
            duty=question.duty,
            component=question.part,
            scope=question.place.scope,
            models=tuple(sorted({pool.model for pool in answer.pools})),
            party=resolution.party,
            party_name=self._party_name(resolution, supplier, question.component),
            basis=answer.basis,
            status=status,
            owner=owner if ours else None,
            owners_in_conflict=tenure.rivals if ours else (),
            approver=tenure.approver if ours else None,
            reviewer=tenure.reviewer if ours else None,
            rotator=tenure.rotator if ours else None,
            review_every=tenure.review_every if ours else None,
            last_review=tenure.last_review,
            last_reviewed_by=tenure.last_reviewed_by,
            next_review=tenure.next_review if ours else None,
            exceptions=tenure.exceptions,
            expired_exceptions=tenure.expired_exceptions,
            separation=tenure.separation if ours else (),
            remarks=tuple(dict.fromkeys(remarks)),
        )

    def _supplier(self, component: Component | None) -> Supplier | None:
        if component is None:
            return None
        return next(
            (
                supplier
                for supplier in self._register.suppliers
                if supplier.period.contains(self._at)
                and any(
                    fnmatchcase(component.name, name) or fnmatchcase(component.id, name) for name in supplier.components
                )
            ),
            None,
        )

    def _party_name(self, resolution: Resolution, supplier: Supplier | None, component: Component | None) -> str:
        if resolution.party in (Party.PROVIDER, Party.SHARED):
            return self._boundary.firm
        if resolution.party is Party.THIRD_PARTY:
            named = {supplier.id: supplier.name for supplier in self._register.suppliers}
            by_contract = named.get(resolution.supplier, resolution.supplier)
            return (supplier.name if supplier else "") or by_contract or (component.supplier if component else "")
        return ""


def _status(question: Question, resolution: Resolution, tenure: Tenure, owner: Holder | None, lapse: str) -> Status:
    if question.unseen is not None:
        return Status.UNKNOWN
    if resolution.party is None:
        return Status.UNCOVERED
    if resolution.party is Party.AMBIGUOUS:
        return Status.AMBIGUOUS
    if resolution.open:
        return Status.UNKNOWN
    if resolution.party is Party.PROVIDER:
        return Status.PROVIDER
    if tenure.rivals:
        return Status.CONFLICT
    if lapse:
        return Status.LAPSED
    if owner is None:
        return Status.UNOWNED
    return Status.OVERDUE if tenure.overdue else Status.ASSIGNED


def _split_name(answer: Answer, answers: tuple[Answer, ...]) -> str:
    """Name what tells this answer from its siblings: its models, or its pools where models do not."""
    models = tuple(sorted({pool.model for pool in answer.pools}))
    others = [tuple(sorted({pool.model for pool in other.pools})) for other in answers if other is not answer]
    if set(models).isdisjoint(model for other in others for model in other):
        return ",".join(models)
    return ",".join(sorted(pool.name for pool in answer.pools))


def _with_installer(component: Component, installer: Installer) -> Component:
    return component if component.installer is installer else replace(component, installer=installer)


def _fact(kind: str, path: str, note: str) -> str:
    return f"{kind} {path}: {note}"
