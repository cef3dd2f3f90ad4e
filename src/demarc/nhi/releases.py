"""Releases of Helm with credentials that should not stand there: those in ConfigMaps, and what only old revisions hold.

Copies of what a Secret holds now are told at that Secret.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.lifecycle.releases import Revision, numbers
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Literal, Secret
from demarc.model.nhi import Dated, Nhi, NhiKind
from demarc.nhi.ground import NhiGround
from demarc.nhi.kinds import HELM, is_public, secret_parts
from demarc.nhi.states import Seen, judge


def releases(on: NhiGround) -> Iterator[Nhi]:
    """Releases with values that no Secret holds any more, and those that lie in ConfigMaps: one entry for each."""
    by_release: dict[tuple[str, str, str], list[Revision]] = {}
    for one in on.releases.revisions:
        by_release.setdefault((one.namespace, one.release, one.store), []).append(one)
    secrets = [one for one in on.ground.snapshot.all("Secret", Secret) if one.type != HELM]
    known = {value for secret in secrets for value in secret_parts(secret).values()}
    if on.ground.view.missing("secrets"):
        known = set()  # some were not seen: then nobody can say that none holds it
    for (namespace, name, store), held in sorted(by_release.items()):
        lost = {one: {lit for lit in one.found if not _is_known(lit, known)} for one in held}
        values = {literal.fingerprint for gone in lost.values() for literal in gone}
        open_ = store == "ConfigMap" and any(one.found for one in held)
        if (known and values) or open_:
            keeping = [one for one in held if known and lost[one]]
            yield _entry(on, (namespace, name, store), held, (keeping, len(values)))


def _is_known(literal: Literal, known: set[str]) -> bool:
    return literal.fingerprint in known or is_public(literal.name)


def _entry(on: NhiGround, at: tuple[str, str, str], held: list[Revision], lost: tuple[list[Revision], int]) -> Nhi:
    namespace, name, store = at
    keeping, count = lost
    scope: Scope = on.ground.namespace(namespace)
    answers = on.answers("secret.storage", scope)
    said = []
    if keeping:
        what = "a value that no Secret holds" if count == 1 else f"{count} values that no Secret holds"
        said.append(f"{numbers(keeping)} of the release, with {what} any more: revoked, or never kept in one")
    if store == "ConfigMap":
        said.append("ConfigMaps, which more people may read than Secrets")
    seen = Seen(
        kind=NhiKind.LITERAL,
        changed=Dated(says="as old as its revisions"),
        last_used=Dated(says="not recorded"),
        misplaced=tuple(said),
        kept=True,
    )
    looks = sorted({literal.shape for one in held for literal in one.found})
    return Nhi(
        id=f"{namespace}/HelmRelease/{name}" + ("" if store == "Secret" else f"/{store}"),
        kind=NhiKind.LITERAL,
        namespace=namespace,
        name=name,
        scope=scope,
        answers=answers,
        issuer=f"Helm; looks like: {', '.join(looks)}",
        source_of_truth="helm uninstall, or fewer revisions: helm upgrade --history-max",
        created=Dated(says="not told apart from its revisions"),
        changed=seen.changed,
        last_used=seen.last_used,
        misplaced=tuple(said),
        states=judge(seen, answers, on.policy.of(NhiKind.LITERAL, namespace), on.ground.at),
    )
