"""What changed between the register that the ledger holds and the one that is there now: one draft for each change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec import Struct

from demarc.ledger.elements import REVIEW, Element, element_of
from demarc.model.ledger import Act, Draft, Entry

Key = Callable[[Element], Hashable]


class Changes(Struct, frozen=True, kw_only=True):
    """The changes, sorted by what they do."""

    stated: tuple[Element, ...]
    replaced: tuple[tuple[Entry, Element], ...]
    withdrawn: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.stated) + len(self.replaced) + len(self.withdrawn)

    def drafts(self, actor: str) -> list[Draft]:
        """An entry for each: what ends first, so that nothing stands twice in between."""
        ended = [
            Draft(actor=actor, kind=one.kind, subject=one.subject, act=Act.WITHDRAWS, supersedes=one.seq)
            for one in self.withdrawn
        ]
        anew = [_draft(element, actor, Act.REPLACES, old.seq) for old, element in self.replaced]
        return [*ended, *anew, *(_draft(element, actor, Act.STATES, None) for element in self.stated)]


def changes(standing: Iterable[Entry], wanted: Sequence[Element]) -> Changes:
    """Compare. What is equal is left alone; what is about the same thing replaces it; the rest comes or goes."""
    old = [(entry, element_of(entry)) for entry in standing]
    rest_old, rest_new, _ = _paired(old, wanted, lambda element: element.content)
    rest_old, rest_new, same_start = _paired(rest_old, rest_new, lambda one: (one.kind, one.subject, one.valid_from))
    # A later review of the same thing is another review; a later start of the same assignment is the same, corrected.
    reviews_old = [item for item in rest_old if item[0].kind == REVIEW]
    reviews_new = [one for one in rest_new if one.kind == REVIEW]
    others_old, others_new, same_thing = _paired(
        [item for item in rest_old if item[0].kind != REVIEW],
        [one for one in rest_new if one.kind != REVIEW],
        lambda one: (one.kind, one.subject),
    )
    return Changes(
        stated=(*others_new, *reviews_new),
        replaced=(*same_start, *same_thing),
        withdrawn=tuple(entry for entry, _ in (*others_old, *reviews_old)),
    )


Known = tuple[Entry, Element]


def _paired(
    old: Sequence[Known], new: Sequence[Element], key: Key
) -> tuple[list[Known], list[Element], list[tuple[Entry, Element]]]:
    """Pair old and new by a key, each once, in their order. Gives what is left of either, and the pairs."""
    waiting: dict[Hashable, list[Known]] = defaultdict(list)
    for item in old:
        waiting[key(item[1])].append(item)
    left_new: list[Element] = []
    pairs: list[tuple[Entry, Element]] = []
    taken: set[int] = set()
    for element in new:
        found = waiting.get(key(element))
        if found:
            entry = found.pop(0)[0]
            taken.add(entry.seq)
            pairs.append((entry, element))
        else:
            left_new.append(element)
    return [item for item in old if item[0].seq not in taken], left_new, pairs


def _draft(element: Element, actor: str, act: Act, supersedes: int | None) -> Draft:
    return Draft(
        actor=actor,
        kind=element.kind,
        subject=element.subject,
        act=act,
        supersedes=supersedes,
        valid_from=element.valid_from,
        valid_to=element.valid_to,
        body={**element.body, "where": element.where},
    )
