"""The matrix as compact data for the page's script.

Groups instead of rows, every string once, scopes as runs of positions: 50,000 rows come to some megabytes at most.
All strings are made safe to show here; ``embedded`` makes the JSON safe inside a script element.
"""

from __future__ import annotations

from typing import Any

import msgspec

from demarc.model.assessment import Assessment, Holder, MatrixRow, RowBasis, Status
from demarc.model.duties import Unit
from demarc.model.roles import RoleEvidence
from demarc.reports.beside import Beside
from demarc.reports.folds import Details, Folded, Group, fold
from demarc.reports.html.links import web_address
from demarc.reports.text import safe_text
from demarc.reports.words import (
    BASES,
    CONFIDENCES,
    GRADES,
    LAYERS,
    PARTIES,
    PLANES,
    STATUSES,
    VERDICTS,
    Word,
    party_key,
)


def embedded(value: Any) -> str:
    """JSON that can stand inside a script element: ``<``, ``>`` and ``&`` are written as escapes."""
    text = msgspec.json.encode(value).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def payload(assessment: Assessment, beside: Beside | None = None) -> dict[str, Any]:
    """What the script needs, by short keys; ``matrix.js`` reads them by the names given here."""
    folded = fold(assessment.matrix, beside)
    scopes = _Scopes(assessment.matrix)
    holders = _Holders()
    return {
        "words": {
            "parties": _words(PARTIES),
            "statuses": _words(STATUSES),
            "layers": _words(LAYERS),
            "bases": _words(BASES),
            "confidences": CONFIDENCES,
            "verdicts": _words(VERDICTS),
            "grades": {str(grade): word.label for grade, word in GRADES.items()},
        },
        "duties": [
            [
                safe_text(entry.duty.id),
                entry.duty.layer.value,
                safe_text(entry.duty.question),
                " · ".join(filter(None, (entry.duty.stage.value, PLANES[entry.duty.plane]))),
                [safe_text(f"{ref.framework} {ref.version}: {', '.join(ref.ids)}") for ref in entry.frameworks],
            ]
            for entry in assessment.duties
        ],
        "sources": {
            source.id: [safe_text(source.url), web_address(source.url), safe_text(source.date or "")]
            for source in assessment.sources
        },
        "bases": [_basis(basis) for basis in folded.bases],
        "groups": _groups(assessment, folded, scopes),
        "details": [_details(details, holders) for details in folded.details],
        "holders": holders.values,
        "scopes": scopes.names,
        "evidence": None if beside is None else [_said(item) for item in beside.said],
        "namespaces": {safe_text(item.id): safe_text(item.namespace) for item in assessment.components},
    }


def _words(words: dict[str, Word]) -> dict[str, list[str]]:
    return {key: [word.label, word.letter, word.means] for key, word in words.items()}


class _Scopes:
    """Names of scopes by kind, sorted, and the position of each."""

    def __init__(self, rows: tuple[MatrixRow, ...]) -> None:
        found: dict[Unit, set[str]] = {}
        for row in rows:
            found.setdefault(row.scope.kind, set()).add(row.scope.name)
        ordered = {unit: sorted(names) for unit, names in found.items()}
        self.names = {unit.value: [safe_text(name) for name in names] for unit, names in ordered.items()}
        self.positions = {unit: {name: at for at, name in enumerate(names)} for unit, names in ordered.items()}

    def runs(self, rows: list[MatrixRow]) -> list[int]:
        """Positions of the rows' scopes as ``[start, length, start, length, ...]``, in ascending order."""
        at = self.positions[rows[0].scope.kind]
        runs: list[int] = []
        for position in sorted(at[row.scope.name] for row in rows):
            if runs and runs[-2] + runs[-1] == position:
                runs[-1] += 1
            else:
                runs += (position, 1)
        return runs


class _Holders:
    """Holders without the place where each is written, which differs from row to row."""

    def __init__(self) -> None:
        self.values: list[list[Any]] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def add(self, holder: Holder | None) -> list[Any] | None:
        """``[position, basis]`` of a holder."""
        if holder is None:
            return None
        key = (holder.id, holder.name, holder.contact, holder.people, holder.registered)
        position = self._known.setdefault(key, len(self.values))
        if position == len(self.values):
            names = [safe_text(text) for text in (holder.id, holder.name, holder.contact)]
            self.values.append([*names, [safe_text(name) for name in holder.people], holder.registered])
        return [position, safe_text(holder.basis)]


def _said(item: RoleEvidence) -> list[Any]:
    return [
        item.verdict.value,
        safe_text(item.name) + (" (owner)" if item.by_owner else ""),
        safe_text(item.why),
        safe_text(item.todo),
        [
            [safe_text(one.says), safe_text(one.source), one.grade.value, safe_text(one.at[:10])]
            for one in item.witnesses
        ],
        item.more,
    ]


def _basis(basis: RowBasis) -> list[Any]:
    return [
        basis.kind.value,
        basis.confidence.value,
        safe_text(basis.row),
        [name for name in (basis.source, *basis.other_sources) if name],
        safe_text(basis.note),
        safe_text(basis.clause),
        safe_text(basis.override),
        [safe_text(fact) for fact in basis.hangs_on],
        safe_text(basis.replaced),
        safe_text(basis.confirmed),
    ]


def _details(details: Details, holders: _Holders) -> list[Any]:
    return [
        holders.add(details.owner),
        [holders.add(holder) for holder in details.owners_in_conflict],
        holders.add(details.approver),
        holders.add(details.reviewer),
        holders.add(details.rotator),
        details.review_every,
        safe_text(details.last_review or ""),
        safe_text(details.last_reviewed_by),
        safe_text(details.next_review or ""),
        [safe_text(name) for name in details.exceptions],
        [safe_text(name) for name in details.expired_exceptions],
        [[safe_text(item.role), safe_text(item.says)] for item in details.separation],
        [safe_text(remark) for remark in details.remarks],
        list(details.evidence),
    ]


def _groups(assessment: Assessment, folded: Folded, scopes: _Scopes) -> list[list[Any]]:
    positions = {entry.duty.id: at for at, entry in enumerate(assessment.duties)}
    layers = list(LAYERS)
    order = [layers.index(entry.duty.layer) for entry in assessment.duties]

    def place(group: Group) -> tuple[int, int]:
        at = positions[group.answer.duty]
        return order[at], at

    return [_group(group, positions, scopes) for group in sorted(folded.groups, key=place)]


def _group(group: Group, positions: dict[str, int], scopes: _Scopes) -> list[Any]:
    answer = group.answer
    return [
        positions[answer.duty],
        safe_text(answer.component),
        answer.unit.value,
        [safe_text(model) for model in answer.models],
        party_key(answer.party, answer.status),
        PARTIES[answer.party].label if answer.status is Status.UNKNOWN and answer.party else "",
        safe_text(answer.party_name),
        answer.basis,
        answer.status.value,
        answer.marks,
        [[detail, scopes.runs(rows), _suffixes(rows)] for detail, rows in group.variants.items()],
    ]


def _suffixes(rows: list[MatrixRow]) -> str | list[str]:
    """What row ids have after ``duty/part@scope``: one string where all agree, else the ids by position of scope."""
    prefixes = [f"{row.duty}/{row.component}@{row.scope}" for row in rows]
    if all(row.id.startswith(prefix) for row, prefix in zip(rows, prefixes, strict=True)):
        suffixes = {row.id[len(prefix) :] for row, prefix in zip(rows, prefixes, strict=True)}
        if len(suffixes) == 1:
            return safe_text(suffixes.pop())
    return [safe_text(row.id) for row in sorted(rows, key=lambda row: row.scope.name)]
