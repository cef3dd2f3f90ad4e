"""A first register, drafted from an assessment: what is known filled in, what is not marked so that a check finds it.

Names in it come from the cluster and may be hostile: they are quoted by ``register.write``, and what a register cannot
hold becomes a pattern. The provider's own duties are not asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from demarc.model.assessment import Assessment, Holder, MatrixRow
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Installer
from demarc.register import MARKER, unsafe
from demarc.register.write import comment, identifier, name_or_glob, scalar

HEADER = "# yaml-language-server: $schema=./register.schema.json"
"""First line of every file: editors that know it check and complete against the schema beside it."""

_ASKED = frozenset({Party.CUSTOMER, Party.SHARED, Party.THIRD_PARTY})
_ADDRESS = re.compile(r"(?:(?P<name>[^<>]*)<)?(?P<address>(?P<local>[^\s@/:<>]+)@[^\s@/:<>]+\.[^\s@/:<>]+)>?")
"""An address, alone or as ``Alice Meyer <alice@example.com>``."""
_PREFIX = re.compile(r"^(?:(?:group|team|user|person):)?(?:default/)?@?(?:[\w.-]+/)?", re.IGNORECASE)
_NAME_LIMIT = 900

_EXAMPLES = """\
# What was done, what is knowingly not done, and what your contract says. All of it is empty in a draft:
# take an example, remove the '#', and change it.

# A review that was done. With review_every in an assignment, the next one falls due after it.
# reviews:
#   - duty: identity.access-review
#     scope: {namespace: payments}
#     by: alice
#     date: 2026-03-31
#     evidence: https://tickets.example.com/SEC-411

# A duty that is knowingly not met for a time. Always with a reason, an end, and somebody else's approval.
# exceptions:
#   - id: legacy-host-network
#     duty: workload.pod-security
#     scope: {namespace: payments, workload: Deployment/legacy-gateway}
#     reason: Needs the host network until its replacement in Q3; the node pool is its own.
#     owner: payments
#     approved_by: alice
#     valid_from: 2026-02-01
#     valid_to: 2026-09-30

# A clause that says who performs a duty. It overrides what the provider publishes.
# contracts:
#   - id: managed-service
#     duty: node.patching
#     party: third_party
#     supplier: example-services
#     document: Managed service agreement of 2026-01-15
#     clause: "4.2"
"""


class _Found(Struct):
    """Somebody whom the cluster names as an owner."""

    id: str
    name: str
    contact: str
    person: bool
    spellings: dict[str, None]
    origins: dict[str, None]


def draft(assessment: Assessment) -> dict[str, str]:
    """Write a first register: file name -> text. Each file stands for itself and loads as it is.

    ``demarc register check`` names every marker that is left, with its line. The schema that the first line of each
    file names (``register.schema.json``) is not among them: it is the same for every draft.
    """
    owners = _Owners(assessment.matrix)
    return {
        "people.yaml": "\n".join(_people(owners, assessment)) + "\n",
        "cluster.yaml": "\n".join(_cluster(assessment, owners)) + "\n",
        "namespaces.yaml": "\n".join(_namespaces(assessment, owners)) + "\n",
        "suppliers.yaml": "\n".join(_suppliers(assessment)) + "\n",
        "records.yaml": f"{HEADER}\n{_EXAMPLES}",
    }


class _Owners:
    """Owners that labels and files name, under one id each."""

    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        self.found: dict[str, _Found] = {}
        self._ids: set[str] = set()
        for row in rows:
            for holder in (row.owner, *row.owners_in_conflict):
                if holder is not None and not holder.registered:
                    self._add(holder)

    def of(self, row: MatrixRow) -> tuple[str, ...]:
        """Ids of the owners that are named for a row."""
        holders = [holder for holder in (row.owner, *row.owners_in_conflict) if holder and not holder.registered]
        return tuple(self.found[_key(holder.id)].id for holder in holders)

    def _add(self, holder: Holder) -> None:
        key = _key(holder.id)
        if key not in self.found:
            address = _ADDRESS.fullmatch(holder.id.strip())
            person = bool(address) or holder.id.lower().startswith(("user:", "person:"))
            bare = address["local"] if address else _PREFIX.sub("", holder.id.strip())
            name = (address["name"] or "").strip() if address else ""
            contact = address["address"] if address else holder.contact
            self.found[key] = _Found(self._free(identifier(bare)), name or bare, contact, person, {}, {})
        known = self.found[key]
        known.spellings[holder.id.strip()] = None
        known.origins[holder.basis] = None
        known.contact = known.contact or holder.contact

    def _free(self, wanted: str) -> str:
        taken, number = wanted, 1
        while taken.casefold() in self._ids:
            number += 1
            taken = f"{wanted}-{number}"
        self._ids.add(taken.casefold())
        return taken


def _key(name: str) -> str:
    """Spellings that mean the same: ``group:default/payments`` and ``payments``."""
    text = name.strip().lower()
    address = _ADDRESS.fullmatch(text)
    return address["address"] if address else _PREFIX.sub("", text)


def _people(owners: _Owners, assessment: Assessment) -> Iterator[str]:
    drafted = f"{comment(assessment.cluster.name, 60)} as of {comment(assessment.at[:10])}"
    yield from (
        HEADER,
        f"# Who can hold duties. Drafted from the cluster {drafted}.",
        f"# {MARKER} marks what the cluster does not say; 'demarc register check' lists every one that is left.",
        "#",
        "# Times: valid_from is the first moment at which an entry holds, valid_to the first at which it does not.",
        "# A hand-over on 1 July: the old entry says valid_to: 2026-07-01, the new one valid_from: 2026-07-01.",
        "",
    )
    people = [one for one in owners.found.values() if one.person]
    teams = [one for one in owners.found.values() if not one.person]
    yield "# A contact is best the mail address that your directory knows: leavers are found by it."
    yield "people:"
    for one in people:
        yield from _origin(one)
        yield f"  - id: {scalar(one.id)}"
        yield from _contact(one)
    if not people:
        yield "#  - id: alice"
        yield "#    name: Alice Meyer"
        yield "#    contact: alice@example.com"
    yield ""
    yield "# A team holds a duty while somebody is in it. aliases: how labels, Backstage or CODEOWNERS write the team."
    yield "teams:"
    for one in teams:
        yield from _origin(one)
        yield f"  - id: {scalar(one.id)}"
        yield from _contact(one)
        aliases = [text for text in one.spellings if text and text != one.id and _holds(text)]
        if aliases:
            yield f"    aliases: [{', '.join(scalar(text) for text in aliases)}]"
        yield f"    members: [{MARKER}]"
    if not teams:
        yield "#  - id: platform"
        yield '#    contact: "#platform-oncall"'
        yield "#    members:"
        yield "#      - person: alice"
        yield "#        lead: true"


def _origin(one: _Found) -> Iterator[str]:
    for origin in list(one.origins)[:3]:
        yield f"  # found as {comment(origin)}"
    if len(one.origins) > 3:
        yield f"  # and {len(one.origins) - 3} more"
    if one.person:
        yield "  # if this is a list and not a person, move it under teams"


def _contact(one: _Found) -> Iterator[str]:
    yield f"    name: {scalar(one.name)}" if _holds(one.name) else f"    name: {scalar(one.id)}"
    yield f"    contact: {scalar(one.contact) if _holds(one.contact) else MARKER}"


def _holds(text: str) -> bool:
    """Whether a register can hold the text as it is."""
    kept = text.strip() and text == text.strip() and not unsafe(text) and "\n" not in text
    return bool(kept) and len(text) <= _NAME_LIMIT and text.upper() != MARKER


def _cluster(assessment: Assessment, owners: _Owners) -> Iterator[str]:
    """Duties of the cluster as a whole, of its pools, components, pipelines and of people and groups."""
    rows = [row for row in assessment.matrix if row.party in _ASKED]
    yield from (
        HEADER,
        "# Duties of the cluster as a whole. Only what is yours, or partly yours, is asked: the provider's is not.",
        "# To every entry you may add approver, reviewer and rotator (somebody other than the owner) and",
        "# review_every: 90d. With several clusters, add scope: {cluster: NAME}.",
        "assignments:",
    )
    questions = {entry.duty.id: entry.duty for entry in assessment.duties}
    order = {duty: number for number, duty in enumerate(questions)}
    by_layer: dict[str, list[MatrixRow]] = defaultdict(list)
    for row in rows:
        if row.scope.kind is Unit.CLUSTER and row.duty in questions:
            by_layer[questions[row.duty].layer.value].append(row)
    for layer, found in by_layer.items():
        yield ""
        yield f"  # {layer}"
        yield "  - duty:"
        for duty in sorted({row.duty for row in found}, key=order.__getitem__):
            yield f"      - {scalar(duty)}  # {comment(questions[duty].question)}"
        yield from _owner(owners, found)
    installers = {one.id: one for one in assessment.components}
    for unit, word in ((Unit.POOL, "pool"), (Unit.COMPONENT, "component"), (Unit.PIPELINE, "pipeline")):
        for name, found in _by_name(rows, unit).items():
            component = installers.get(name) if unit is Unit.COMPONENT else None
            about = f" ({component.title}, installed by {component.installer.value})" if component else ""
            yield ""
            yield f"  # {word} {comment(name + about)}"
            yield from _scoped(word, name, found, order)
            yield from _owner(owners, found)
    yield from _identities(rows, order)
    if not rows:
        yield "  []  # nothing is asked of you, by this assessment"


def _by_name(rows: Iterable[MatrixRow], unit: Unit) -> dict[str, list[MatrixRow]]:
    found: dict[str, list[MatrixRow]] = defaultdict(list)
    for row in rows:
        if row.scope.kind is unit and row.scope.name:
            found[row.scope.name].append(row)
    return found


def _scoped(key: str, name: str, rows: Iterable[MatrixRow], order: dict[str, int]) -> Iterator[str]:
    duties = sorted({row.duty for row in rows}, key=lambda duty: (order.get(duty, len(order)), duty))
    yield f"  - duty: [{', '.join(scalar(duty) for duty in duties)}]"
    yield f"    scope: {{{key}: {scalar(name_or_glob(name))}}}"


def _owner(owners: _Owners, rows: Iterable[MatrixRow]) -> Iterator[str]:
    named = list(dict.fromkeys(owner for row in rows for owner in owners.of(row)))
    if len(named) == 1:
        yield f"    owner: {scalar(named[0])}"
        return
    if named:
        yield f"    # named by labels or files, and not the same: {comment(', '.join(named))}"
    yield f"    owner: {MARKER}"


def _identities(rows: Iterable[MatrixRow], order: dict[str, int]) -> Iterator[str]:
    """Identities outside namespaces, one entry a sort: users, groups, nodes."""
    sorts: dict[str, list[MatrixRow]] = defaultdict(list)
    for row in rows:
        if row.scope.kind is Unit.IDENTITY and not _namespace(row):
            sorts[row.scope.name.partition("/")[0]].append(row)
    for sort, found in sorts.items():
        yield ""
        yield f"  # identities outside namespaces: {comment(sort)} ({len({row.scope.name for row in found})})"
        duties = sorted({row.duty for row in found}, key=lambda duty: (order.get(duty, len(order)), duty))
        yield f"  - duty: [{', '.join(scalar(duty) for duty in duties)}]"
        yield f"    scope: {{identity: {scalar(name_or_glob(sort) + '/*')}}}"
        yield f"    owner: {MARKER}"


def _namespace(row: MatrixRow) -> str:
    """The namespace that a row lies in; empty for what lies in none. Kinds start with a capital, namespaces cannot."""
    first, slash, _ = row.scope.name.partition("/")
    if row.scope.kind is Unit.NAMESPACE:
        return row.scope.name
    inside = row.scope.kind in (Unit.WORKLOAD, Unit.IDENTITY) and slash and not first[:1].isupper()
    return first if inside else ""


def _namespaces(assessment: Assessment, owners: _Owners) -> Iterator[str]:
    """One entry a namespace for everything in it, and one for each workload that names an owner of its own."""
    yield from (
        HEADER,
        "# Everything in a namespace: its RBAC, secrets, network rules, and the duties of its workloads.",
        "# An entry for a workload, or for one duty, takes precedence over the one for its namespace.",
        "assignments:",
    )
    rows: dict[str, list[MatrixRow]] = defaultdict(list)
    for row in assessment.matrix:
        name = _namespace(row)
        if name and row.party in _ASKED:
            rows[name].append(row)
    for name, found in sorted(rows.items()):
        own = [row for row in found if row.scope.kind is Unit.NAMESPACE]
        yield ""
        yield f"  # namespace {comment(name)}: {len({row.duty for row in found})} duties, {len(found)} rows"
        yield '  - duty: "*"'
        yield f"    scope: {{namespace: {scalar(name_or_glob(name))}}}"
        named = [row for row in own if owners.of(row)] or found
        yield from _owner(owners, named)
        yield from _workloads(name, named, found, owners)
    if not rows:
        yield "  []  # no namespace asks for an owner, by this assessment"


def _workloads(namespace: str, named: Iterable[MatrixRow], rows: Iterable[MatrixRow], owners: _Owners) -> Iterator[str]:
    """Workloads whose own labels name one owner, other than that of their namespace."""
    of_namespace = {owner for row in named for owner in owners.of(row)}
    settled = next(iter(of_namespace)) if len(of_namespace) == 1 else None
    for name, found in _by_name(rows, Unit.WORKLOAD).items():
        own = {owner for row in found for owner in owners.of(row)}
        if len(own) == 1 and (owner := next(iter(own))) != settled:
            workload = name.partition("/")[2]
            yield f"  # workload {comment(name)} names an owner of its own"
            yield '  - duty: "*"'
            scope = f"namespace: {scalar(name_or_glob(namespace))}, workload: {scalar(name_or_glob(workload))}"
            yield f"    scope: {{{scope}}}"
            yield f"    owner: {scalar(owner)}"


def _suppliers(assessment: Assessment) -> Iterator[str]:
    """Makers of what was installed by others than the provider."""
    made: dict[str, dict[str, None]] = defaultdict(dict)
    for component in assessment.components:
        if component.supplier and component.installer is not Installer.PROVIDER and _holds(component.supplier):
            made[component.supplier][component.name] = None
    yield from (
        HEADER,
        "# Third parties that make or run something in the cluster: they build the fix, you roll it out.",
        "suppliers:",
    )
    used: set[str] = set()
    for supplier, components in sorted(made.items()):
        known = identifier(supplier.lower().replace(" ", "-"))
        while known in used:
            known += "-2"
        used.add(known)
        yield f"  - id: {scalar(known)}"
        yield f"    name: {scalar(supplier)}"
        yield f"    components: [{', '.join(scalar(name_or_glob(name)) for name in components)}]"
        yield f"    contact: {MARKER}"
    if not made:
        yield "#  - id: example-services"
        yield "#    name: Example Services Ltd"
        yield "#    contact: security@example.com"
