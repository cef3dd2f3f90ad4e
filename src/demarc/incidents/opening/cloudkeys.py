"""Which Secrets hold keys of a cloud: told by the fingerprint of a key's id, else by how their entries are named.

No value is known here. A fingerprint is keyed: that of an id out of the cloud's trail equals that of the same id in a
Secret only where this installation made both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from demarc.model.investigation import Rotate
from demarc.model.kubernetes import Secret
from demarc.model.snapshot import Snapshot

_KEYS: Final = frozenset(
    {
        "accesskeyid",
        "access_key_id",
        "accesskey",
        "secretaccesskey",
        "secret_access_key",
        "credentials.json",
        "key.json",
        "service_account.json",
        "gcp_service_account.json",
        "client_secret",
        "clientsecret",
        "cloud",
    }
)
_PREFIXES: Final = ("aws_", "azure_", "arm_client", "google_application")


class Keys:
    """The Secrets that a case came near to, as holders of keys."""

    def __init__(
        self, snapshot: Snapshot | None, fingerprint: Callable[[str], str] | None, near: Mapping[str, Rotate]
    ) -> None:
        """Begin; ``near``: ``namespace/name`` -> how the case came near to it."""
        self._snapshot, self._fingerprint, self._near = snapshot, fingerprint, near

    def held(self, ids: Iterable[str]) -> dict[str, str]:
        """Ids of keys that lie in one of the Secrets, and in which."""
        if self._fingerprint is None:
            return {}
        prints = {value: name for name, item in self._secrets() for value in item.keys.values() if value}
        if not prints:
            return {}
        return {one: prints[found] for one in dict.fromkeys(ids) if one and (found := self._fingerprint(one)) in prints}

    def may_hold(self, times: Mapping[str, int], before_us: int) -> bool:
        """Whether one that seems to hold a key was read before a moment; ``times``: audit id -> when."""
        return any(
            any(_names_a_key(key) for key in item.keys)
            and any(times.get(audit, before_us) <= before_us for audit in self._near[name].evidence)
            for name, item in self._secrets()
        )

    def _secrets(self) -> Iterator[tuple[str, Secret]]:
        for item in self._snapshot.all("Secret", Secret) if self._snapshot is not None else ():
            name = f"{item.metadata.namespace}/{item.metadata.name}"
            if name in self._near:
                yield name, item


def _names_a_key(name: str) -> bool:
    """Whether an entry of a Secret is named as keys of clouds are."""
    lowered = name.lower().replace("-", "_")
    return lowered in _KEYS or lowered.startswith(_PREFIXES)
