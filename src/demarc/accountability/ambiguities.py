"""The ambiguity register: what is unclear here, both readings, who says which, and the concrete way to settle it.

Nothing is settled here. Where a setting decides that was not seen, the way to settle it is to look at the setting;
where the provider's pages conflict or are silent, it is a question to the provider, written out.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from demarc.accountability.matrix import Answer, Line
from demarc.catalog.boundaries import ProviderBoundary
from demarc.catalog.duties import pairs
from demarc.model.assessment import Ambiguity, Reading, Status
from demarc.model.boundary import Party
from demarc.model.inventory import ClusterIdentity
from demarc.model.snapshot import Snapshot

UNSETTLED = "Look for a clause on it in the agreement with the provider; where there is none, ask."


def ambiguities(
    lines: Iterable[Line], boundary: ProviderBoundary, cluster: ClusterIdentity, snapshot: Snapshot
) -> tuple[Ambiguity, ...]:
    """Group what is unclear: one entry per duty, part and reason, with every scope that it leaves open."""
    asked = {(pair.duty, pair.component): pair.question for pair in pairs()}
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        if line.row.status in (Status.AMBIGUOUS, Status.UNKNOWN) and line.question.unseen is None:
            groups.setdefault(_key(line), []).append(line)
    found = [] if cluster.identified else [_provider_unknown(cluster)]
    for members in groups.values():
        first = members[0]
        question = asked.get((first.row.duty, first.row.component), "")
        make = _unseen if first.row.status is Status.UNKNOWN else _unclear
        found.append(make(members, question, boundary, cluster, snapshot))
    return tuple(found)


def settled(
    lines: Iterable[Line], boundary: ProviderBoundary, cluster: ClusterIdentity, snapshot: Snapshot
) -> tuple[Ambiguity, ...]:
    """What the pages leave open and a confirmation settles, grouped alike, each with whose confirmation that is."""
    asked = {(pair.duty, pair.component): pair.question for pair in pairs()}
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        if line.answer.settlement is not None and line.question.unseen is None:
            groups.setdefault(_key(line), []).append(line)
    found = []
    for members in groups.values():
        row = members[0].row
        made = _unclear(members, asked.get((row.duty, row.component), ""), boundary, cluster, snapshot)
        by = row.basis.confirmed if row.basis is not None else ""
        found.append(replace(made, settled=by, letter=""))
    return tuple(found)


def _key(line: Line) -> tuple[object, ...]:
    resolution, basis = line.answer.resolution, line.answer.basis
    component = line.question.component.id if line.question.rival_part and line.question.component else ""
    return (
        line.row.duty,
        line.row.component,
        basis.row if basis else "",
        basis.override if basis else "",
        line.row.status,
        component,
        tuple((item.when.object, item.when.path) for item in resolution.unseen),
    )


def _identity(members: list[Line], suffix: str = "") -> str:
    row = members[0].row
    models = ",".join(row.models)
    return f"{row.duty}/{row.component}#{models}{suffix}"


def _unclear(
    members: list[Line], question: str, boundary: ProviderBoundary, cluster: ClusterIdentity, _snapshot: Snapshot
) -> Ambiguity:
    line = members[0]
    answer = line.answer
    resolution = answer.resolution
    readings = tuple(
        Reading(party=item.party, says=item.says, who=_who(boundary, item.source, answer), source=item.source)
        for item in resolution.readings
    ) or (Reading(party=Party.AMBIGUOUS, says=_note(answer), who="the provider's pages", source=None),)
    if line.question.rival_part:
        kind = "installer-unknown"
    elif answer.terms:
        kind = "contract"
    else:
        spoken = {item.party for item in resolution.readings if item.source}
        kind = "contradiction" if len(spoken) > 1 else "silence"
    component = line.question.component
    return Ambiguity(
        id=_identity(members, f"#{component.id}" if component and line.question.rival_part else ""),
        duty=line.row.duty,
        component=line.row.component,
        kind=kind,
        question=question if not line.question.rival_part else f"Who installed {component.title if component else ''}?",
        readings=readings,
        scopes=tuple(member.row.scope for member in members),
        rows=tuple(member.row.id for member in members),
        settle=resolution.settle or UNSETTLED,
        letter=_letter(question, resolution.ask, boundary, cluster, members) if resolution.ask else "",
    )


def _note(answer: Answer) -> str:
    return answer.basis.note if answer.basis else ""


def _who(boundary: ProviderBoundary, source_id: str | None, answer: Answer) -> str:
    source = boundary.source(source_id)
    if source is not None:
        return f"{source.url}" + (f" ({source.date})" if source.date else "")
    if answer.terms:
        return "the contract"
    return "nobody says it: it rests on silence" if source_id is None else source_id


def _letter(question: str, ask: str, boundary: ProviderBoundary, cluster: ClusterIdentity, members: list[Line]) -> str:
    """The question to the provider, ready to send."""
    where = ", ".join(part for part in (cluster.account, cluster.region) if part)
    models = ", ".join(boundary.models.get(model, model) for model in members[0].row.models)
    version = f", Kubernetes {cluster.version}" if cluster.version else ""
    return (
        f"Subject: {question} ({boundary.title} cluster {cluster.name})\n\n"
        f"Cluster {cluster.name}{f' ({where})' if where else ''}{version}, {models}.\n\n"
        f"{ask}\n\n"
        "Please answer for this cluster as it is configured today, name the document and clause or page that the "
        "answer rests on, and say from when it holds."
    )


def _unseen(
    members: list[Line], question: str, boundary: ProviderBoundary, cluster: ClusterIdentity, snapshot: Snapshot
) -> Ambiguity:
    """A setting decides, and it was not seen."""
    answer = members[0].answer
    resolution = answer.resolution
    base = (
        [Reading(party=resolution.party, says=_note(answer), who="otherwise", source=answer.basis.source)]
        if resolution.party and answer.basis
        else []
    )
    readings = [
        Reading(
            party=item.party,
            says=item.note,
            who=f"if {item.when.object} {item.when.path} {_condition(item.when.op, item.when.value)}",
        )
        for item in resolution.unseen
    ]
    commands = dict.fromkeys(
        boundary.describe.get(item.when.object, item.when.object).replace("CLUSTER", cluster.name)
        for item in resolution.unseen
    )
    denied = [gap for item in resolution.unseen if (gap := snapshot.missing(item.when.object))]
    why = f" ({denied[0].reason.value}: {denied[0].detail})" if denied else ""
    return Ambiguity(
        id=_identity(members, "#" + ",".join(dict.fromkeys(item.when.path for item in resolution.unseen))),
        duty=members[0].row.duty,
        component=members[0].row.component,
        kind="unseen-fact",
        question=question,
        readings=(*readings, *base),
        scopes=tuple(member.row.scope for member in members),
        rows=tuple(member.row.id for member in members),
        settle=f"Give the description as one more input{why}: " + "; ".join(commands),
        letter="",
    )


def _condition(op: str, value: object) -> str:
    words = {
        "eq": "is",
        "ne": "is not",
        "in": "is one of",
        "contains": "contains",
        "exists": "is set",
        "absent": "is not set",
    }
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words[op] if op in ("exists", "absent") else f"{words[op]} {shown}"


def _provider_unknown(cluster: ClusterIdentity) -> Ambiguity:
    return Ambiguity(
        id="provider",
        duty="governance.boundary",
        component="provider_boundary",
        kind="provider-unknown",
        question="Who runs the control plane of this cluster?",
        readings=(
            Reading(party=Party.CUSTOMER, says="Nothing identifies a provider: it is self-managed.", who="this report"),
            Reading(
                party=Party.PROVIDER,
                says="It is a managed cluster whose marks were not part of the input.",
                who="possible as long as neither nodes nor a description were seen",
            ),
        ),
        scopes=(),
        rows=(),
        settle=(
            f"Give the provider's description of {cluster.name} as one more input (aws eks describe-cluster, gcloud "
            "container clusters describe, az aks show, rosa describe cluster), or a dump that holds the nodes."
        ),
        letter="",
    )
