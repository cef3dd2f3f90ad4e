"""Calls the user's own cloud CLI for what describes a cluster, with the user's own rights.

Every command that may run is in commands.py, and all of them only read. Nothing goes through a shell; names from the
cluster or from an answer are checked before they become arguments. Answers are handed on as bytes, for the same
recognition as files.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from demarc.collect.external.commands import COMMANDS, TOOLS, Command
from demarc.collect.external.plain import plain
from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap, GapReason

TIMEOUT = 60.0
"""Seconds for one command."""

MOST_BYTES = 256 * 1024 * 1024
MOST_NAMES = 1000
"""Most things of one list that are described one by one."""

_AT_ONCE = 4
_ARGUMENT = re.compile(r"^[A-Za-z0-9_/(][\w+=,.@:/() -]{0,2047}\Z", re.ASCII)
_HINT = re.compile(r"^[A-Za-z0-9_(][\w.():-]{0,199}\Z", re.ASCII)


class CommandResult(Struct, frozen=True, kw_only=True):
    """What a command did."""

    code: int | None
    """Exit code; None when it did not run to its end."""
    stdout: bytes = b""
    stderr: bytes = b""
    missing: bool = False
    """The program is not there."""
    timed_out: bool = False


Run = Callable[[Sequence[str]], CommandResult]


def run_command(command: Sequence[str], *, timeout: float = TIMEOUT) -> CommandResult:
    """Run a command without a shell and without input; ``timeout`` in seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - a command of the table, its arguments checked
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except FileNotFoundError:
        return CommandResult(code=None, missing=True)
    except subprocess.TimeoutExpired:
        return CommandResult(code=None, timed_out=True)
    except OSError as error:
        return CommandResult(code=None, stderr=(error.strerror or "cannot be run").encode())
    return CommandResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def fetch(
    provider: str,
    cluster: str,
    *,
    region: str = "",
    project: str = "",
    resource_group: str = "",
    run: Run = run_command,
) -> tuple[list[tuple[str, bytes]], list[Gap]]:
    """Ask the provider's CLI for what describes a cluster.

    ``provider`` is eks, gke, aks or rosa; ``project`` is Google's project or Azure's subscription. Gives pairs of the
    command as typed and the bytes of its answer, in the order of the table, and a Gap for each that did not answer.
    Raises DemarcError for a provider without a table and for names that no provider gives.
    """
    hints = {"cluster": cluster, "region": region, "project": project, "group": resource_group}
    if provider not in COMMANDS:
        raise DemarcError(
            f"no cloud command line is known for provider {provider[:40]!r}",
            todo=f"use one of {', '.join(sorted(COMMANDS))}, or give exported answers as files",
        )
    for name, value in hints.items():
        if (value or name == "cluster") and not _HINT.match(value):
            raise DemarcError(
                f"not a {name} name that may be passed to a command: {value[:80]!r}",
                todo="name it as the provider does: letters, digits, dashes, dots",
            )
    session = _Session(run, {name: value for name, value in hints.items() if value})
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        session.all(COMMANDS[provider], pool)
    return session.answers, list(dict.fromkeys(session.gaps))


class _Session:
    """One fetch: what is known so far, what answered, what did not."""

    def __init__(self, run: Run, known: dict[str, str]) -> None:
        self._run = run
        self._known = known
        self._unusable: set[str] = set()
        self.answers: list[tuple[str, bytes]] = []
        self.gaps: list[Gap] = []

    def all(self, commands: Sequence[Command], pool: ThreadPoolExecutor) -> None:
        """Run what needs nothing first; what an answer names is then described, several at once."""
        for command in commands:
            if command.unless in self._known or (command.only_with and command.only_with not in self._known):
                continue
            if missing := command.needs - self._known.keys():
                self._gap(command, GapReason.NOT_GIVEN, f"{', '.join(sorted(missing))} is not known")
                continue
            answer = self._one(command, self._known)
            if command.searches and answer == []:
                self._gap(command, GapReason.NOT_GIVEN, "no cluster of that name", todo=_NOT_FOUND)
            if answer is not None:
                self._known.update(self._checked(command, command.learns(answer)))
                self._each(command, answer, pool)

    def _each(self, command: Command, answer: Any, pool: ThreadPoolExecutor) -> None:
        if not command.each:
            return
        named = command.names(answer)
        if len(named) > MOST_NAMES:
            self._gap(command, GapReason.TOO_LARGE, f"{len(named)} of them; the first {MOST_NAMES} were described")
        for each in command.each:
            usable = [self._checked(each, {**self._known, **names}) for names in named[:MOST_NAMES]]
            ready = [known for known in usable if each.needs <= known.keys()]
            results = pool.map(partial(self._call, each), ready)
            for known, result in zip(ready, results, strict=True):
                inner = self._take(each, known, result)
                if inner is not None:
                    self._each(each, inner, pool)

    def _checked(self, command: Command, names: dict[str, str]) -> dict[str, str]:
        """Keep the names that may become arguments: none that an option could be made of."""
        odd = [value for value in names.values() if not _ARGUMENT.match(value)]
        if odd:
            self._gap(command, GapReason.REFUSED, "a name in the answer cannot be passed to a command")
        return {name: value for name, value in names.items() if _ARGUMENT.match(value)}

    def _one(self, command: Command, known: dict[str, str]) -> Any:
        return self._take(command, known, self._call(command, known))

    def _call(self, command: Command, known: dict[str, str]) -> CommandResult | None:
        return None if command.tool in self._unusable else self._run(command.typed(known))

    def _take(self, command: Command, known: dict[str, str], result: CommandResult | None) -> Any:
        """Keep the bytes of an answer and give it decoded; None, with a Gap, where there is none."""
        if result is None:
            self._gap(command, GapReason.UNAVAILABLE, f"{command.tool} could not be used")
        elif result.missing:
            self._unusable.add(command.tool)
            self._gap(command, GapReason.UNAVAILABLE, f"{command.tool} is not installed", todo=TOOLS[command.tool])
        elif result.timed_out:
            self._gap(command, GapReason.UNAVAILABLE, f"{command.says(known)}: no answer in time")
        elif result.code != 0:
            self._failed(command, known, result)
        elif len(result.stdout) > MOST_BYTES:
            self._gap(command, GapReason.TOO_LARGE, f"{command.says(known)}: more than {MOST_BYTES} bytes")
        else:
            self.answers.append((command.says(known), result.stdout))
            return self._decoded(command, known, result.stdout)
        return None

    def _decoded(self, command: Command, known: dict[str, str], answer: bytes) -> Any:
        try:
            return msgspec.json.decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._gap(command, GapReason.MALFORMED, f"{command.says(known)}: the answer is not JSON")
            return None

    def _failed(self, command: Command, known: dict[str, str], result: CommandResult) -> None:
        said = result.stderr[:20_000].decode("utf-8", "replace")
        reason, todo = _reading(said, command)
        self._gap(command, reason, f"{command.says(known)}: exit {result.code}: {_line(said)}", todo=todo)

    def _gap(self, command: Command, reason: GapReason, detail: str, *, todo: str = "") -> None:
        self.gaps.append(
            Gap(
                what=command.gives,
                reason=reason,
                detail=detail,
                todo=todo or f"run it yourself and give the answer as a file: {command.pattern()}",
            )
        )


_NOT_FOUND = "check the name, and which project, subscription or region the command line is signed in to"

_DENIED = re.compile(
    r"AccessDenied|Unauthorized|not authorized|AuthorizationFailed|PERMISSION_DENIED|Forbidden|\b403\b", re.IGNORECASE
)
_SIGNED_OUT = re.compile(
    r"ExpiredToken|Unable to locate credentials|SSO session|az login|gcloud auth login|rosa login|not logged in"
    r"|invalid_grant|token .{0,40}expired",
    re.IGNORECASE,
)
_TOO_OLD = re.compile(
    r"invalid choice|unrecognized arguments|Invalid choice|misspelled or not recognized", re.IGNORECASE
)


def _reading(said: str, command: Command) -> tuple[GapReason, str]:
    """What a failed command's own words come down to, and what to do."""
    if _SIGNED_OUT.search(said):
        return GapReason.UNAVAILABLE, f"sign in with {command.tool}, then run it again"
    if _DENIED.search(said):
        return GapReason.FORBIDDEN, f"let the account read it, or give its answer as a file: {command.pattern()}"
    if _TOO_OLD.search(said):
        return GapReason.UNAVAILABLE, f"this {command.tool} does not know the command: update it"
    return GapReason.UNAVAILABLE, ""


def _line(said: str) -> str:
    """First line that says something, without secrets and control characters, cut to 200 characters."""
    first = next((line.strip() for line in said.splitlines() if line.strip()), "no words")
    cleaned: str = plain(first)
    return "".join(character if character.isprintable() else "?" for character in cleaned)[:200]
