"""People who have left, and what still names them."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.model.access import SubjectRef
from demarc.model.evidence import Evidence, Grade
from demarc.model.graph import Thing
from demarc.model.inventory import DirectoryEntry


def leaver_access(view: View, graph: GraphBuilder) -> None:
    """People whom the directory does not hold active any more, to users and groups that bindings name."""
    people = [entry for entry in view.inventory.directory if entry.person]
    groups = [entry for entry in view.inventory.directory if not entry.person]
    by_alias = {alias: entry for entry in people for alias in _names_of(entry)}
    for subject in sorted(view.rights.subjects):
        if subject.kind == "User":
            entry = next((by_alias[alias] for alias in _spellings(subject.name) if alias in by_alias), None)
            if entry is not None and entry.active is False:
                _left(view, graph, entry, subject, "is named by bindings")
        elif subject.kind == "Group":
            listed = set(_spellings(subject.name))
            for group in groups:
                if listed.isdisjoint(_names_of(group)):
                    continue
                for member in group.members:
                    entry = by_alias.get(member.lower())
                    if entry is not None and entry.active is False:
                        _left(view, graph, entry, subject, "is still a member of the group")


def _names_of(entry: DirectoryEntry) -> Iterator[str]:
    yield entry.id.lower()
    yield from (alias.lower() for alias in entry.aliases)


def _spellings(name: str) -> Iterator[str]:
    """A name as bindings have it: as it is, and without the prefix that the API server puts before OIDC names."""
    lowered = name.lower()
    yield lowered
    prefix, colon, rest = lowered.partition(":")
    if colon and rest and prefix != "system":
        yield rest
    if "#" in lowered:
        yield lowered.rpartition("#")[2]


def _left(view: View, graph: GraphBuilder, entry: DirectoryEntry, subject: SubjectRef, why: str) -> None:
    since = f" since {entry.left.date().isoformat()}" if entry.left else ""
    graph.edge(
        "LEAVER_ACCESS",
        graph.node(Thing.PERSON, entry.id),
        things.identity(graph, subject),
        scope=view.identity(f"{subject.kind}/{subject.name}"),
        says=f"{entry.id} has left{since} and {why}: {subject}",
        evidence=(
            Evidence(says=f"directory: {entry.id} is not active{since}", grade=Grade.ANSWERED, source=entry.source),
        ),
    )


TECHNIQUES = (Technique("LEAVER_ACCESS", leaver_access),)
