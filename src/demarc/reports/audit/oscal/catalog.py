"""The framework as an OSCAL catalog with its profile: ids, our labels, and below each the duties that relate to it.

Ids and labels of our own alone, since most publishers keep the text to themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from demarc.model.frameworks import FrameworkView, Requirement
from demarc.reports.audit.oscal.values import Value, filled, line, text, tokens, uid


class Controls:
    """The ids of a framework as OSCAL writes them."""

    def __init__(self, view: FrameworkView) -> None:
        """Give each requirement its token."""
        self.view = view
        self._tokens = tokens(one.id for one in view.requirements)

    def id(self, requirement: Requirement) -> str:
        """Of the control."""
        return self._tokens[requirement.id]

    def statement(self, requirement: Requirement, duty: str = "") -> str:
        """Of the control's statement, or of that of one duty in it."""
        return f"{self.id(requirement)}_smt" + (f".{duty}" if duty else "")


def catalog(controls: Controls, questions: Mapping[str, str], metadata: Value) -> Value:
    """The catalog. ``questions``: what a duty asks."""
    view = controls.view
    return {
        "catalog": {
            "uuid": uid("catalog", view.framework, view.version, metadata["last-modified"]),
            "metadata": metadata
            | {
                "remarks": text(
                    f"Ids of {view.title} {view.version} ({view.url}) with labels of our own, not the publisher's text."
                    " Duties relate to a requirement by subject: a relation, never a claim of compliance."
                )
            },
            "controls": [_control(controls, one, questions) for one in view.requirements],
        }
    }


def profile(view: FrameworkView, metadata: Value) -> Value:
    """A profile that takes the whole catalog."""
    return {
        "profile": {
            "uuid": uid("profile", view.framework, view.version, metadata["last-modified"]),
            "metadata": metadata,
            "imports": [{"href": "catalog.json", "include-all": {}}],
            "merge": {"as-is": True},
        }
    }


def _control(controls: Controls, one: Requirement, questions: Mapping[str, str]) -> Value:
    parts = [
        {
            "id": controls.statement(one, duty.id),
            "name": "item",
            "props": [{"name": "label", "value": line(duty.id)}],
            "prose": text(questions.get(duty.id, duty.id)),
        }
        for duty in one.duties
    ]
    statement = filled(
        {"id": controls.statement(one), "name": "statement", "prose": text(one.title), "parts": parts},
    )
    return {
        "id": controls.id(one),
        "title": line(one.title),
        "props": [{"name": "label", "value": line(one.id)}],
        "parts": [statement],
    }
