"""Issuers that only the user knows: a program of theirs makes and ends the credential.

It is called with one word (``mint``, ``works``, ``suspend``, ``restore``, ``destroy``, ``discard``) and JSON at its
standard input: the values in question, the credential, and an id that stays the same for one plan, so that it can find
what an earlier call made. It prints JSON. What it prints at standard error is not repeated: it may hold a secret value.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from typing import Any

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import StopError, Used, Work


class CommandIssuer:
    """A program of the user's as issuer."""

    name = "command"
    settings = (
        Setting(name="command", says="the program with its first arguments, as a shell would split it", required=True),
        Setting(name="slots", says="how many credentials the issuer can hold at once: 1 means an outage", default="2"),
    )
    words: Mapping[str, str] = {
        "stage": "have the command make a new credential, into a new Secret",
        "suspend": "have the command turn the old credential off",
        "revoke": "have the command end the old credential, see it refused, and remove its Secret",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For any credential, where the user says so."""
        del credential
        outage: tuple[str, ...] = ()
        if settings.get("slots", "2") == "1":
            outage = ("the issuer holds one credential: the old one ends when the new one is made",)
        return Fit(why="the command that the settings name issues it", outage=outage)

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own."""
        del credential
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """The command must know the old credential."""
        if self.works(work, old) is False:
            raise StopError("the command says that the credential does not work as it is")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Ask for new values; a second call for the same plan may give others, and ends those of the first."""
        answer = self._call(work, "mint", old)
        values = answer.get("values")
        if not isinstance(values, dict) or not values:
            raise StopError("the command gave no values")
        fresh = {key: base64.b64decode(value) for key, value in values.items()}
        if identifier := answer.get("id"):
            work.note("new id", str(identifier))
        return SecretValues({**old, **fresh})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """What ``mint`` gives is valid already."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Ask the command; None where it cannot tell."""
        said = self._call(work, "works", values).get("works")
        return said if isinstance(said, bool) else None

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """The command is not asked: consumers are looked at, and people asked for what is outside."""
        return Used(known=not work.rotation.by_hand, says="nothing in the cluster refers to the old Secret")

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Turn the old values off."""
        self._call(work, "suspend", old)

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Turn them on again."""
        self._call(work, "restore", old)

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """End the old values."""
        self._call(work, "destroy", old)

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """End what was made for this plan."""
        self._call(work, "discard", new or SecretValues({}))

    def _call(self, work: Work, word: str, values: SecretValues) -> dict[str, Any]:
        command = [*shlex.split(work.rotation.settings["command"]), word]
        given = {
            "plan": work.plan,
            "namespace": work.credential.namespace,
            "name": work.credential.name,
            "values": values.encoded(),
        }
        status, out = work.tools.outside.run(command, json.dumps(given).encode())
        if status != 0:
            raise StopError(f"the command ended with status {status} for {word}")
        try:
            answer = json.loads(out or b"{}")
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise StopError(f"the command printed no JSON object for {word}")
        return answer
