"""Where a case begins: what somebody knows, or the strongest lead.

An identity that is used by its owner as well does not begin a case as a whole: only from where it was used oddly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from demarc.incidents.detections.sql import ADDRESS, one_of, text
from demarc.incidents.opening.births import uses_of
from demarc.incidents.opening.leads import STRONG_SCORE
from demarc.incidents.opening.members import Members, Window, named
from demarc.incidents.opening.oddness import FOREIGN
from demarc.incidents.opening.places import Seen
from demarc.model.boundary import Confidence
from demarc.model.errors import DemarcError
from demarc.model.investigation import JoinBy, Lead

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_SECRET = re.compile(r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*$")
_ACCOUNT = re.compile(r"^sa:([^/]+)/([^/]+)$")


class Hints(Struct, frozen=True, kw_only=True):
    """What is known before a case is opened."""

    identities: tuple[str, ...] = ()
    """User names as the API server knows them, or ``sa:NAMESPACE/NAME``."""
    addresses: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """Credential ids, or ``namespace/name`` of a Secret."""
    window: Window = Window()

    @property
    def any(self) -> bool:
        """Whether anything but a time is known."""
        return bool(self.identities or self.addresses or self.tokens)


def credential_named(word: str) -> str:
    """A credential as somebody types it. Raises DemarcError for what is none."""
    if word.startswith(("JTI=", "X509SHA256=")):
        return word
    if _UUID.match(word):
        return f"JTI={word}"
    if _SECRET.match(word.removeprefix("Secret ")):
        return f"Secret {word.removeprefix('Secret ')}"
    raise DemarcError(
        "--token: this is no name of a credential; a token itself must not be typed",
        todo="give JTI=UUID, X509SHA256=HEX or the NAMESPACE/NAME of the Secret in which the token lies",
    )


def user_named(word: str) -> str:
    """An identity as somebody types it, as the API server knows it."""
    found = _ACCOUNT.match(word)
    if found:
        return f"system:serviceaccount:{found[1]}:{found[2]}"
    return word.removeprefix("user:")


def begin(case: Members, hints: Hints, leads: tuple[Lead, ...]) -> bool:
    """Join what a case begins with; False where nothing is known and no lead is strong. Raises DemarcError."""
    if not hints.any:
        return _from_leads(case, hints.window, leads)
    for word in hints.addresses:
        condition = f"{one_of(ADDRESS, (word,))} AND {hints.window.condition}"
        _from_address(case, case.places.matching(condition), word)
    for word in hints.tokens:
        credential = credential_named(word)
        condition = uses_of(credential)
        seen = case.places.matching(f"{condition} AND {hints.window.condition}")
        if credential.startswith("JTI="):
            _token(case, seen, credential, condition)
        else:
            _found(case, seen, f"--token {word}", "the credential was named")
    for word in hints.identities:
        condition = f"user_name = {text(user_named(word))} AND {hints.window.condition}"
        _found(case, case.places.matching(condition), f"--identity {word}", "the identity was named")
    return True


def _from_leads(case: Members, window: Window, leads: tuple[Lead, ...]) -> bool:
    within = [
        lead for lead in leads if lead.strong and lead.first_us <= window.until_us and lead.last_us >= window.since_us
    ]
    if not within:
        return False
    because = f"the strongest lead of the trail: {'; '.join(odd.says for odd in within[0].odd)}"
    sure = Confidence.MEDIUM if within[0].score >= STRONG_SCORE else Confidence.LOW
    for place in within[0].places:
        case.join_place(place, JoinBy.SEED, because, sure)
    return True


def _token(case: Members, seen: tuple[Seen, ...], credential: str, condition: str) -> None:
    """A token that changes is one session's: all of its use, but for the home it was taken from."""
    if not seen:
        raise DemarcError(
            f"--token {credential}: it is not used in this trail", todo="look at demarc incident open without it"
        )
    odd = [one for one in seen if case.odd(one) >= FOREIGN]
    if len(seen) > 1 and odd and len(odd) < len(seen):
        _join(case, odd, "the credential was named")
        for one in seen:
            if one not in odd:
                case.leave(named(one.place), "the same token where it is at home", one.place)
        return
    case.join(
        condition,
        f"token {credential}",
        JoinBy.SEED,
        because="the credential was named",
        confidence=Confidence.HIGH,
        token=credential,
    )


def _from_address(case: Members, seen: tuple[Seen, ...], word: str) -> None:
    """All from an address, but for what was at home there before anything odd began."""
    _must_match(case, seen, f"--address {word}")
    odd = {one.place: case.odd(one) for one in seen}
    began = min((one.first_us for one in seen if odd[one.place] >= FOREIGN), default=None)
    for one in seen:
        if began is not None and odd[one.place] < 1 and one.first_us < began:
            case.leave(named(one.place), "it is at home at this address; what is odd began later", one.place)
        else:
            case.join_place(one.place, JoinBy.SEED, "the address was named", Confidence.HIGH)


def _must_match(case: Members, seen: tuple[Seen, ...], word: str) -> None:
    if not seen:
        raise DemarcError(
            f"{word}: nothing in this trail matches it" + (" in that time" if case.window != Window() else ""),
            todo="check the spelling as the trail has it, or open the case without it to see the leads",
        )


def _found(case: Members, seen: tuple[Seen, ...], word: str, because: str) -> None:
    _must_match(case, seen, word)
    odd = [one for one in seen if case.odd(one) >= FOREIGN]
    if odd and len(odd) < len(seen):
        _join(case, odd, f"{because}; from here it is used oddly")
        for one in seen:
            if one not in odd:
                case.leave(named(one.place), "the same identity, used from there as always", one.place)
    else:
        _join(case, seen, because)


def _join(case: Members, seen: Iterable[Seen], because: str) -> None:
    for one in seen:
        case.join_place(one.place, JoinBy.SEED, because, Confidence.HIGH)
