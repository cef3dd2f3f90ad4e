"""Expressions in CEL over objects, as a ValidatingAdmissionPolicy writes them. The one module that knows the runtime.

What the runtime cannot answer is Unknown: a field or index that is not there, types that do not compare. Kubernetes'
own libraries exist in the API server only: an expression that needs one is refused when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cel_expr_python import cel
from msgspec import Struct

NAMES: Final = ("object", "oldObject", "namespaceObject", "variables")
"""What an expression may name. ``oldObject`` is null, as on creation."""

_OF_A_REQUEST: Final = {
    "request": "asks about a request, and there is none: objects are looked at as they are",
    "authorizer": "asks the API server's authorizer, which is not here",
    "params": "asks for params: write the value into the expression",
}
_OF_KUBERNETES: Final = {
    "quantity": (
        "quantity",
        "isQuantity",
        "isGreaterThan",
        "isLessThan",
        "compareTo",
        "asApproximateFloat",
        "asInteger",
    ),
    "url": ("url", "isURL", "getScheme", "getHost", "getHostname", "getPort", "getEscapedPath", "getQuery"),
    "ip and cidr": ("ip", "isIP", "cidr", "isCIDR", "containsIP", "containsCIDR", "ip.isCanonical"),
    "regex": ("find", "findAll"),
    "list": ("isSorted", "sum", "min", "max"),
    "format": ("format.dns1123Label", "format.dns1123Subdomain", "format.named", "validate"),
    "semver": ("semver", "isSemver"),
}
"""Library of Kubernetes -> functions that it has and that are nowhere else.
https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries"""
_LIBRARY: Final = {function: library for library, functions in _OF_KUBERNETES.items() for function in functions}
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']+)'")
_CONFIG: Final = "name: checks\nextensions:\n- name: optional\n- name: strings\n- name: sets\n"
_LONGEST: Final = 160


class CelError(Exception):
    """An expression that cannot be used; the text says why and is for people."""


class Answer(Struct, frozen=True):
    """What an expression comes to: a value, or why there is none."""

    value: Any = None
    unknown: str = ""
    """Why it is not known; empty where it is."""


class Expression:
    """A compiled expression."""

    def __init__(self, text: str) -> None:
        """Compile. Raises CelError."""
        self.text = text
        try:
            self._compiled = _environment().compile(text)
        except RuntimeError as error:
            raise CelError(_refusal(str(error))) from None

    def answer(self, data: Mapping[str, Any]) -> Answer:
        """Evaluate over ``data``, which has every one of ``NAMES``."""
        # The runtime gives an error as a value that is true: its type must be looked at before anything else.
        found = self._compiled.eval(data=data)
        if found.type().name() in ("ERROR", "UNKNOWN", "*error*"):
            return Answer(unknown=_why(str(found.value())))
        return Answer(value=found.plain_value())

    def truth(self, data: Mapping[str, Any]) -> Answer:
        """The same, where only true and false will do."""
        found = self.answer(data)
        if not found.unknown and not isinstance(found.value, bool):
            return Answer(unknown="the expression gives neither true nor false")
        return found


@cache
def _environment() -> Any:
    config = cel.NewEnvConfigFromYaml(_CONFIG)
    return cel.NewEnv(config=config, variables=dict.fromkeys(NAMES, cel.Type.DYN))


def _refusal(message: str) -> str:
    """What is wrong, in words of the user's own text."""
    names = _UNDECLARED.findall(message)
    for name in names:
        first = name.partition(".")[0]
        if first in _OF_A_REQUEST:
            return f"it {_OF_A_REQUEST[first]}"
    for name in names:
        library = _LIBRARY.get(name) or _LIBRARY.get(name.rpartition(".")[2])
        if library:
            return f"it needs {name}() of Kubernetes' {library} library, which exists in the API server only"
    if names:
        return f"nothing is called {names[0]!r} here; an expression may name {', '.join(NAMES)}"
    line = message.removeprefix("INVALID_ARGUMENT: ").partition("\n")[0]
    return line.replace("ERROR: <input>:", "at ").replace("[INVALID_ARGUMENT]", "").strip()[:_LONGEST]


def _why(message: str) -> str:
    """Why an expression could not be answered. Names of fields, never values."""
    missing = re.match(r'NOT_FOUND: Key not found in map : "([^"]*)"', message)
    if missing:
        return f"the field {missing[1]} is not there"
    if "No matching overloads" in message:
        return "it compares or joins values of types that do not go together"
    if "index" in message.lower():
        return "it asks for a place in a list that is not there"
    return "it could not be evaluated"
