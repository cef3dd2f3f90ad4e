"""Writes edges that start from rights: the node of the binding, or of a subject that has rights by several bindings."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.bindings import Bound
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.offers import Offered, where
from demarc.access.techniques.rights import Claim, Held, Names, Power, evidence
from demarc.access.techniques.view import View
from demarc.model.evidence import Evidence
from demarc.model.graph import Thing
from demarc.model.inventory import Scope


def of_binding(graph: GraphBuilder, bound: Bound) -> int:
    """The node of a binding: what it gives."""
    return graph.node(Thing.GRANT, bound.key)


def removable(bound: Bound) -> tuple[str, ...]:
    """What a reader can remove to take a binding's rights away."""
    return () if isinstance(bound, Offered) else (bound.key,)


class Writer:
    """Writes edges of one technique that start from claims."""

    def __init__(self, view: View, graph: GraphBuilder, technique: str) -> None:
        self.view, self.graph, self.technique = view, graph, technique
        self._written: set[int] = set()

    def edge(
        self,
        claim: Claim,
        target: int,
        says: str,
        *,
        place: str | None = None,
        scope: Scope | None = None,
        unknown: str = "",
        more: tuple[Evidence, ...] = (),
        needs: tuple[int, ...] = (),
    ) -> None:
        """Write an edge. ``says`` is what is allowed: ``creating pods in payments``.

        The duty is asked in ``scope``, else where the claim holds (``place`` narrows it).
        """
        source, needed = self._source(claim)
        who = claim.bound.key if claim.subject is None else f"{claim.subject} has rights that together allow"
        self.graph.edge(
            self.technique,
            source,
            target,
            scope=scope or self.view.scope(claim.namespace if place is None else place),
            says=f"{who} allows {says}" if claim.subject is None else f"{who} {says}",
            evidence=(*claim.evidence, *more),
            grants=removable(claim.bound) if claim.subject is None else (),
            needs=(*needed, *needs),
            unknown=unknown,
        )

    def _source(self, claim: Claim) -> tuple[int, tuple[int, ...]]:
        if claim.subject is None:
            return of_binding(self.graph, claim.bound), ()
        first = self._part(claim, 0, claim.firsts, claim.names[0])
        rest = [self._part(claim, number + 1, bounds, None) for number, bounds in enumerate(claim.others)]
        return first, tuple(dict.fromkeys(one for one in rest if one != first))

    def _part(self, claim: Claim, number: int, bounds: tuple[Bound, ...], names: Names) -> int:
        """One right of a subject: each binding that gives it leads there from the subject alone."""
        right, subject = claim.rights[number], claim.subject
        limited = f" {', '.join(names)}" if names else ""
        part = self.graph.node(Thing.GRANT, f"{subject}: {right.text}{limited} {where(claim.namespace)}")
        if part in self._written or subject is None:
            return part
        self._written.add(part)
        for bound in bounds:
            self.graph.edge(
                "GRANTED",
                things.identity(self.graph, subject),
                part,
                scope=self.view.scope(bound.namespace),
                says=f"{bound.key} allows {subject} to {right.text}{limited}",
                evidence=(evidence(Held(bound, self.view.rights.power(bound.rules, right) or _NOTHING)),),
                grants=removable(bound),
            )
        return part

    def places(self, claim: Claim, operation: str, resource: str) -> Iterator[tuple[str, str]]:
        """Where a claim to write a resource holds, with what may stop it: one place where all are alike.

        ``resource`` is written as ``deployments.apps``.
        """
        name, _, group = resource.partition(".")
        stop = self.view.guards.may_stop
        if claim.namespace:
            yield claim.namespace, stop(operation, group, name, claim.namespace)
            return
        found = {namespace: stop(operation, group, name, namespace) for namespace in sorted(self.view.namespaces)}
        if len(set(found.values())) <= 1:
            yield "", next(iter(found.values()), "")
        else:
            yield from found.items()


_NOTHING = Power(None, "")
