"""What a provider writes into its audit logs, which of its logs carries what, and which are on for a cluster.

The providers' rules are data beside this module, as published. Which logs are on is read from the provider's
description of the cluster; without one it is unknown. Nothing here looks at a trail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
import yaml
from msgspec import Struct

from demarc.events.policy import AuditPolicy, PolicyRule, Question
from demarc.model.snapshot import Record


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log of the provider's."""

    log: str
    carries: tuple[str, ...]
    """Verbs, or ``*``."""
    without: tuple[str, ...] = ()
    always: bool = False
    """It cannot be switched off."""

    def takes(self, verb: str) -> bool:
        """Tell whether requests of a verb go to it."""
        return verb not in self.without and ("*" in self.carries or verb in self.carries)


class Unclear(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests of which the provider's pages leave open where they go."""

    verbs: tuple[str, ...]
    subresources: tuple[str, ...]
    says: str


class Published(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is published of a provider."""

    provider: str
    title: str
    source: str
    read: str
    """Day on which it was read."""
    delivery: str = ""
    """Why an event may be missing though its log is on; empty where nothing says so."""
    logs: tuple[Log, ...]
    unclear: tuple[Unclear, ...] = ()
    rules: tuple[PolicyRule, ...] = ()
    """Empty where no rules are published."""

    @property
    def policy(self) -> AuditPolicy | None:
        """The policy; None where none is published."""
        return AuditPolicy(rules=self.rules) if self.rules else None


class Switch(Struct, frozen=True, kw_only=True):
    """Whether a log of a cluster is on."""

    log: str
    on: bool | None
    """None: it was not seen."""
    why: str


@cache
def published() -> dict[str, Published]:
    """What is published, by provider."""
    found = {}
    for item in sorted(files(__package__).joinpath("published").iterdir(), key=lambda entry: entry.name):
        # The package's own files, read by the safe loader in its C form.
        entry = msgspec.convert(yaml.load(item.read_bytes(), Loader=yaml.CSafeLoader), Published)
        found[entry.provider] = entry
    return found


def unclear(entry: Published, question: Question) -> str:
    """Why it is open where a request goes; empty where it is not."""
    for case in entry.unclear:
        if question.verb in case.verbs and question.subresource in case.subresources:
            return case.says
    return ""


def switches(entry: Published, records: Sequence[Record]) -> tuple[Switch, ...]:
    """Which logs are on, by the descriptions that were given."""
    return tuple(
        Switch(log=log.log, on=True, why="it is always on") if log.always else _switch(entry.provider, log.log, records)
        for log in entry.logs
    )


_ASK: Final = {
    "eks": "aws eks describe-cluster was not given",
    "aks": "az monitor diagnostic-settings list was not given",
    "gke": "gcloud projects get-iam-policy, which holds auditConfigs, was not given",
    "rosa": "whether logs are forwarded is in no description that is read",
}


def _switch(provider: str, log: str, records: Sequence[Record]) -> Switch:
    if provider == "eks":
        return _eks(log, _bodies(records, "eks.cluster"))
    if provider == "aks":
        return _aks(log, records)
    if provider == "gke":
        return _gke(log, _bodies(records, "gcp.iamPolicy"))
    return Switch(log=log, on=None, why=_ASK[provider])


def _bodies(records: Iterable[Record], kind: str) -> list[dict[str, Any]]:
    return [record.body for record in records if record.kind == kind]


def _eks(log: str, clusters: list[dict[str, Any]]) -> Switch:
    if not clusters:
        return Switch(log=log, on=None, why=_ASK["eks"])
    entries = _list(_dict(clusters[0].get("logging")).get("clusterLogging"))
    on = any(_dict(entry).get("enabled") is True and log in _list(_dict(entry).get("types")) for entry in entries)
    says = "enabled" if on else "not enabled"
    return Switch(log=log, on=on, why=f"logging.clusterLogging of the cluster says that {log} is {says}")


def _aks(log: str, records: Sequence[Record]) -> Switch:
    found = _bodies(records, "azure.diagnosticSetting")
    listed = any(record.kind == "azure.diagnosticSettingList" for record in records)
    if not found and not listed:
        return Switch(log=log, on=None, why=_ASK["aks"])
    for setting in found:
        inner = _dict(setting.get("properties")) or setting
        for entry in _list(inner.get("logs")):
            names = {_dict(entry).get("category"), _dict(entry).get("categoryGroup")}
            if _dict(entry).get("enabled") is True and names & {log, "allLogs", "audit"}:
                name = setting.get("name") or "a diagnostic setting"
                return Switch(log=log, on=True, why=f"the diagnostic setting {name} exports {log}")
    return Switch(log=log, on=False, why=f"no diagnostic setting exports {log}")


def _gke(log: str, policies: list[dict[str, Any]]) -> Switch:
    if not policies:
        return Switch(log=log, on=None, why=_ASK["gke"])
    for config in (entry for policy in policies for entry in _list(policy.get("auditConfigs"))):
        if _dict(config).get("service") not in ("allServices", "container.googleapis.com"):
            continue
        for entry in _list(_dict(config).get("auditLogConfigs")):
            if _dict(entry).get("logType") == "DATA_READ":
                exempt = _list(_dict(entry).get("exemptedMembers"))
                if exempt:
                    return Switch(log=log, on=None, why=f"DATA_READ is on, but not for {', '.join(map(str, exempt))}")
                return Switch(log=log, on=True, why="auditConfigs of the project switch DATA_READ on")
    why = "auditConfigs of the project do not switch DATA_READ on; those of its folder and organisation were not seen"
    return Switch(log=log, on=None, why=why)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
