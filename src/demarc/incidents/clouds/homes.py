"""Whether a call of one of the cluster's identities came from where the cluster is.

The cluster's addresses are those of its nodes, as the snapshot or its kubelets show them; those from which several of
its identities call, by programs of services; and those from which one calls all day. An identity that was seen from one
address only, with nothing to compare it with, is told by its program alone: a command line tool is no pod.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from demarc.model.cloud_calls import CloudCall

SLICES: Final = 24
"""The trail is cut into as many slices: in how many of them something happens tells a habit."""
HABIT: Final = SLICES // 4
_HANDS: Final = (
    "aws-cli/",
    "aws-sdk-nodejs-cli",
    "gcloud",
    "google-cloud-sdk",
    "command/gcloud",
    "azurecli",
    "azure-cli",
    "azurepowershell",
    "powershell",
    "curl",
    "wget",
    "python-requests",
    "python-urllib",
    "kubectl",
    "httpie",
    "postmanruntime",
    "mozilla/",
    "s3 browser",
    "console.amazonaws.com",
    "pacu",
)
"""Beginnings of programs that people and scripts use; written by the client, so they prove nothing."""
_PRIVATE: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_hand(agent: str) -> bool:
    """Whether it is a program that people and scripts use."""
    lowered = agent.lower().lstrip("[")
    return lowered.startswith(_HANDS) or "command/gcloud" in lowered


def is_public(address: str) -> bool:
    """Whether it is an address of the internet; names of services and private addresses are none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(found in network for network in _PRIVATE if network.version == found.version)


class Whence(Struct, frozen=True, kw_only=True):
    """Where a call came from, as far as that can be told."""

    foreign: bool | None
    """None: it cannot be told."""
    because: str


class Homes:
    """Tells the cluster's addresses from others."""

    def __init__(self, calls: Iterable[tuple[str, CloudCall]], inside: frozenset[str] = frozenset()) -> None:
        """Begin with calls of the cluster's identities, each with the identity's name; ``inside``: known addresses."""
        whole = tuple((who, call) for who, call in calls if is_public(call.address) and not call.inside)
        self._inside = inside
        since = min((call.at_us for _, call in whole), default=0)
        width = max(1, (max((call.at_us for _, call in whole), default=0) - since) // SLICES + 1)
        self._users: dict[str, set[str]] = {}
        self._parts: dict[tuple[str, str], set[int]] = {}
        self._first: dict[tuple[str, str], int] = {}
        for who, call in whole:
            key = (who, call.address)
            self._parts.setdefault(key, set()).add((call.at_us - since) // width)
            self._first.setdefault(key, call.at_us)
            if not is_hand(call.agent):
                self._users.setdefault(call.address, set()).add(who)
        self._of: dict[str, list[str]] = {}
        for who, address in self._parts:
            self._of.setdefault(who, []).append(address)

    def of(self, who: str, call: CloudCall) -> Whence:
        """Where a call of one of the cluster's identities came from."""
        address = call.address
        if not address:
            return Whence(foreign=None, because="the record holds no address")
        if call.inside or not is_public(address):
            return Whence(foreign=False, because="it came from within a private network, or from the cloud itself")
        if address in self._inside:
            return Whence(foreign=False, because="the cluster's nodes have this address")
        if len(self._users.get(address, ())) > 1:
            return Whence(foreign=False, because="several identities of the cluster call from there")
        home = self._home(who)
        if len(self._parts.get((who, address), ())) >= HABIT:
            return Whence(foreign=False, because="it calls from there all day")
        if self._inside or home != address:
            known = "the cluster's nodes" if self._inside else f"{home}, where it calls from as a rule"
            return Whence(foreign=True, because=f"{address} is not {known}")
        if is_hand(call.agent):
            return Whence(foreign=True, because=f"it called by {call.agent.split(' ')[0]}, which no service does")
        return Whence(foreign=None, because="it was seen from one address only, and nothing says whose that is")

    def _home(self, who: str) -> str:
        """The address from which it calls most of the time; the first of those that are alike."""
        known = self._of.get(who, ())
        return min(known, key=lambda one: (-len(self._parts[who, one]), self._first[who, one]), default="")
