"""Everything that evidence of roles is taken from, with its indexes. Values only; nothing is judged here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

from demarc.access.delivery import Delivery
from demarc.accountability.selectors import duty_rank
from demarc.evidence.accounts import Accounts
from demarc.evidence.bypass import Bypass, bypasses
from demarc.evidence.changes import Change, changes
from demarc.evidence.delivered import Delivered
from demarc.evidence.deployers import Deployers
from demarc.evidence.histories import Histories
from demarc.evidence.keys import Keys
from demarc.evidence.tickets import Ticket
from demarc.inventory.records import dig, words
from demarc.model.assessment import Assessment
from demarc.model.cloud_calls import CloudTrail
from demarc.model.duties import Unit
from demarc.model.history import History
from demarc.model.inventory import Inventory, Place, Scope
from demarc.model.ledger import Entry
from demarc.model.register import Register, Review
from demarc.model.snapshot import Snapshot
from demarc.model.trail import TrailFacts


class Ground:
    """What was given. Every index is made when it is first asked for."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        inventory: Inventory,
        register: Register,
        assessment: Assessment,
        at: datetime,
        since: datetime,
        trail: TrailFacts | None = None,
        tickets: tuple[Ticket, ...] = (),
        rotations: tuple[Entry, ...] | None = None,
        histories: tuple[History, ...] = (),
        cloud: CloudTrail | None = None,
    ) -> None:
        """Take what was seen; ``since`` and ``at`` bound what counts.

        ``rotations`` are of a ledger, None without one; ``histories`` of clones; ``cloud`` is the cloud's own trail.
        """
        self.snapshot, self.inventory, self.register, self.assessment = snapshot, inventory, register, assessment
        self.at, self.since = at, since
        self.trail, self.tickets, self.rotations = trail, tickets, rotations
        self.accounts = Accounts(register, inventory.directory)
        self._reviews: dict[str, tuple[Review, ...]] = {}
        self._tickets: dict[str, dict[str, list[Ticket]]] = {}
        self.delivered = Delivered(snapshot)
        self._given_histories = histories
        self.cloud, self.keys = cloud, Keys(cloud)

    def counts(self, at: datetime, since: datetime | None = None) -> bool:
        """Whether something happened within the time that is looked at, and not before ``since``."""
        return self.since <= at <= self.at and (since is None or since <= at)

    @cached_property
    def tenures(self) -> dict[str, datetime | None]:
        """Since when assignments hold, by where they are written."""
        return {str(entry.where): entry.period.since for entry in self.register.assignments}

    def reviews_of(self, duty: str) -> tuple[Review, ...]:
        """Reviews of a duty that were done by then, newest first."""
        if duty not in self._reviews:
            found = [item for item in self.register.reviews if item.on <= self.at and fits(item.duties, duty)]
            self._reviews[duty] = tuple(sorted(found, key=lambda item: item.on, reverse=True))
        return self._reviews[duty]

    def tickets_of(self, duty: str, scope: Scope) -> Iterator[Ticket]:
        """Tickets that name a duty, and a scope or the namespace in which it lies."""
        if duty not in self._tickets:
            self._tickets[duty] = _by_scope(item for item in self.tickets if item.duties and fits(item.duties, duty))
        index, namespace = self._tickets[duty], self.namespace(scope)
        names = dict.fromkeys((str(scope), f"namespace:{namespace}", scope.kind.value, _ANY))
        seen = {id(item): item for name in names for item in index.get(name, ())}
        yield from (item for item in seen.values() if item.touches(scope, namespace))

    @cached_property
    def bare_tickets(self) -> tuple[Ticket, ...]:
        """Tickets that name no duty."""
        return tuple(item for item in self.tickets if not item.duties)

    @cached_property
    def changes_of(self) -> dict[str, tuple[Change, ...]]:
        """Changes by their repository."""
        found: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            found[change.repository].append(change)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Changes that were merged within that time, newest first."""
        return tuple(change for change in changes(self.snapshot) if self.counts(change.merged_at))

    @cached_property
    def commits(self) -> frozenset[str]:
        """Hashes that changes which were given ended in, at any time."""
        return frozenset(commit for change in changes(self.snapshot) for commit in change.commits)

    @cached_property
    def files(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Files by the commits of their change, for changes whose files were given."""
        by_commit: dict[str, list[str]] = defaultdict(list)
        for record in self.snapshot.of("github.pullRequestFile"):
            commit = words(record.body, "contents_url").rpartition("ref=")[2]
            by_commit[commit] += [record.name, words(record.body, "previous_filename")]
        for record in self.snapshot.of("gitlab.mergeRequest"):
            changed = dig(record.body, "changes")
            for item in changed if isinstance(changed, list) else ():
                by_commit[words(record.body, "sha")] += [words(item, "new_path"), words(item, "old_path")]
        found = {}
        for change in self.changes:
            names = [name for commit in change.commits for name in by_commit.get(commit, ()) if name]
            if names:
                found[change.commits] = tuple(dict.fromkeys(names))
        return {commits: names for commits, names in self.histories.files.items() if names} | found

    @cached_property
    def histories(self) -> Histories:
        """Histories of clones, tied to changes and to what is delivered."""
        return Histories(self._given_histories, Delivery(self.snapshot), self.delivered, self.changes_of)

    @cached_property
    def listed(self) -> dict[str, int]:
        """Pull and merge requests that were given of each repository, merged or not."""
        delivery = Delivery(self.snapshot)
        found: dict[str, int] = defaultdict(int)
        for kind, system in (("github.pullRequest", "github"), ("gitlab.mergeRequest", "gitlab")):
            for record in self.snapshot.of(kind):
                found[delivery.full(record.parent, system)] += 1
        return found

    def team_called(self, name: str) -> str | None:
        """Id of the team that a repository host calls ``org/team``; None where the register does not say."""
        words = {name.lower(), f"@{name.lower()}", name.rpartition("/")[2].lower()}
        found = {team.id for team in self.register.teams if words & {team.id.lower(), *map(str.lower, team.aliases)}}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def bypasses(self) -> dict[str, tuple[Bypass, ...]]:
        """Changes past the pipeline by namespace."""
        deployers = Deployers(Delivery(self.snapshot), self.delivered, self.register, self.at)
        return bypasses(self.snapshot, self.delivered, deployers, self.trail)

    def place(self, scope: Scope) -> Place:
        """A scope as selectors see it."""
        return self._places.get(scope) or Place(scope=scope)

    def namespace(self, scope: Scope) -> str:
        """Namespace that a scope lies in; empty for none."""
        return scope.name if scope.kind is Unit.NAMESPACE else self.place(scope).namespace

    @cached_property
    def _places(self) -> dict[Scope, Place]:
        return {place.scope: place for place in self.inventory.places}


_ANY = "*"


def _by_scope(tickets: Iterable[Ticket]) -> dict[str, list[Ticket]]:
    """Tickets by each scope that they name; those with a pattern, or with none, under ``*``."""
    found: dict[str, list[Ticket]] = defaultdict(list)
    for item in tickets:
        for name in item.scopes or (_ANY,):
            found[_ANY if any(sign in name for sign in "*?[") else name].append(item)
    return found


def fits(patterns: tuple[str, ...], duty: str) -> bool:
    """Whether patterns such as ``identity.*`` name a duty."""
    return duty_rank(patterns, duty) is not None
