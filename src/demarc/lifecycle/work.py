"""What a strategy works with: the cluster, the facts that were noted, and the world outside, all passed in.

Nothing here reads a clock, an environment or randomness by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from demarc.lifecycle.cluster.hands import Hands
from demarc.lifecycle.credential import Consumer, Credential
from demarc.lifecycle.journal import Event, Journal
from demarc.lifecycle.plan import Rotation
from demarc.lifecycle.state import RotationState


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """An answer of an issuer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status}, {len(self.body)} bytes)"


class Outside(Protocol):
    """What lies outside the cluster: issuers, databases, programs of the user's."""

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        """Send a request. Raises DemarcError where no answer comes; never repeats a body or a header."""

    def run(self, command: Sequence[str], given: bytes) -> tuple[int, bytes]:
        """Run a program with ``given`` at its standard input; exit status and standard output."""

    def database(self, **parameters: Any) -> Any:
        """Connect to a PostgreSQL database, as psycopg does. Raises DemarcError where it is not let in or not there."""


class Used(Struct, frozen=True, kw_only=True):
    """Whether something was used, as far as somebody can tell."""

    last: datetime | None = None
    """When it was used last; None: not, or nobody knows."""
    known: bool
    """False: nobody can tell."""
    until: datetime | None = None
    """Until when uses are known: the end of a trail; None: until now."""
    says: str = ""


class Uses(Protocol):
    """Tells when a credential was used last, from an audit trail or from whatever else knows."""

    def of_legacy_token(self, namespace: str, secret: str, since: datetime) -> Used:
        """Uses of a token in a Secret, by the annotations of its audit events."""

    def of_credential_id(self, credential_id: str, since: datetime) -> Used:
        """Uses of a credential, by its id (``JTI=...``)."""

    def of_grant(self, reason: str, since: datetime) -> Used:
        """Uses of a grant, by the reason that the API server gave for allowing a request; the window is before now."""


class Tools(Struct, frozen=True, kw_only=True):
    """All that a strategy may use besides the cluster."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random_bytes: Callable[[int], bytes]
    """The only source of new secret values."""
    outside: Outside
    uses: Uses | None = None
    """None: no audit trail was given."""


class Work(Struct, frozen=True, kw_only=True):
    """One rotation, being carried out."""

    rotation: Rotation
    hands: Hands
    tools: Tools
    journal: Journal
    state: RotationState
    plan: str
    """Digest of the plan."""
    suffix: str

    @property
    def credential(self) -> Credential:
        """The credential that is rotated."""
        return self.rotation.credential

    def fact(self, name: str) -> str:
        """A fact that was noted; empty where none was."""
        return self.state.facts.get(name, "")

    def note(self, name: str, value: str) -> None:
        """Note a fact; on the disk when this returns. Never a secret value."""
        if self.state.facts.get(name) != value:
            self.journal.write(Event.FACT, rotation=self.rotation.id, name=name, value=value)
            self.state.facts[name] = value

    def confirmed(self, consumer: Consumer) -> bool:
        """Whether a person confirmed that a consumer has the new credential."""
        return consumer.key in self.state.confirmed


class StopError(Exception):
    """A step cannot go on now. Not an error of the user's: the run stops here and can go on later, or be undone."""

    def __init__(self, says: str, *, waits: bool = False) -> None:
        self.says = says
        self.waits = waits
        """True: nothing is wrong, it only has to wait."""
        super().__init__(says)
