"""Checks of credentials that stand where they do not belong: environment, arguments, ConfigMaps, annotations.

What looks like a credential was told at the door; here are only its place, its shape and a keyed fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.intake.masking import MASK
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import FieldSeen, Fix, Found
from demarc.posture.checks.patches import Body, containers, words
from demarc.posture.checks.secrets_content import found_on, ref
from demarc.posture.checks.workloads import each_container
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report

_FLAG_LENGTH = 60


def _environment(ground: Ground, report: Report) -> None:
    def looks(_pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        for number, variable in enumerate(box.container.env or ()):
            reference = variable.value_from and variable.value_from.secret_key_ref
            if reference:
                path = f"{box.path}.env[{number}].valueFrom.secretKeyRef"
                yield FieldSeen(path=path, value=f"{variable.name} from Secret {reference.name}")
        for number, group in enumerate(box.container.env_from or ()):
            if group.secret_ref is not None:
                yield FieldSeen(path=f"{box.path}.envFrom[{number}].secretRef", value=f"Secret {group.secret_ref.name}")

    each_container(
        ground,
        report,
        looks,
        "with Secrets in the environment: children, crash dumps and debug pages show it, and a rotation needs a "
        "restart",
        words("Mount the Secret as files, and let the application read it there: files follow a rotation."),
    )


def _literals(ground: Ground, report: Report) -> None:
    def looks(_pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        for number, variable in enumerate(box.container.env or ()):
            if variable.literal:
                path = f"{box.path}.env[{number}].value"
                yield FieldSeen(path=path, value=f"{variable.name} looks like: {variable.shape}")
        for place in box.container.told or ():
            name, _, at = place.removesuffix("]").partition("[")
            texts = (box.container.command if name == "command" else box.container.args) or []
            if int(at) < len(texts):
                yield FieldSeen(path=f"{box.path}.{place}", value=_around(texts, int(at)))

    each_container(
        ground,
        report,
        looks,
        "with a credential in the manifest: everybody who may get the object, its history or its repository has it",
        containers("Put the value into a Secret, refer to it, and rotate it: it has been read.", _referred),
    )


def _referred(box: Box) -> Body:
    """Variables that refer to a Secret in place of the value; arguments cannot be patched one by one."""
    reference = {"secretKeyRef": {"name": "SECRET", "key": "KEY"}}
    env = [
        {"name": variable.name, "value": None, "valueFrom": reference}
        for variable in box.container.env or ()
        if variable.literal
    ]
    return {"env": env} if env else {}


def _around(texts: list[str], number: int) -> str:
    """The argument, masked as it came; with its flag, where that stands before it."""
    shown = f"{texts[number - 1]} {MASK}" if texts[number] == MASK and number else texts[number]
    at = shown.find(MASK)
    begin = max(0, at - _FLAG_LENGTH)
    return shown[begin : at + len(MASK)].replace("\n", " ").strip()


def _config_maps(ground: Ground, report: Report) -> None:
    for config in ground.view.config_maps.values():
        report.looked()
        if not config.literals:
            continue
        fields = tuple(
            FieldSeen(path=f"data[{one.at}]", value=f"{one.name or 'its value'} looks like: {one.shape}")
            for one in config.literals
        )
        evidence = Evidence(
            says=f"ConfigMap {config.key}: {fields[0].path}: {fields[0].value}",
            grade=Grade.WRITTEN,
            source=config.source,
        )
        report.violated(
            Found(
                object=ref(config),
                scope=ground.namespace(config.metadata.namespace),
                says=f"it holds what looks like credentials ({len(fields)}): ConfigMaps are read by far more people "
                "than Secrets, and are encrypted by nothing",
                fields=fields,
                fix=Fix(says="Move the values into a Secret, mount it, and rotate them: they have been read."),
                evidence=(evidence,),
                source=config.source,
            )
        )
    lacks = ground.view.missing("configmaps")
    report.unseen("configmaps", lacks, "allow listing configmaps, see demarc rbac-needed")
    if not ground.view.config_maps and not lacks:
        report.unseen("configmaps", "no ConfigMap is in what was given", "give a dump that has ConfigMaps")


def _copies(ground: Ground, report: Report) -> None:
    for secret in ground.view.secrets.values():
        report.looked()
        if secret.leaked_in_annotations:
            at = secret.metadata
            names = " ".join(f"{name}-" for name in secret.leaked_in_annotations)
            report.violated(
                found_on(
                    secret,
                    "an annotation repeats its values: it shows in every output of its metadata, and keeps the old "
                    "value after "
                    "another tool rotates",
                    tuple(
                        FieldSeen(path=f"metadata.annotations[{name}]", value="repeats values of the Secret")
                        for name in secret.leaked_in_annotations
                    ),
                    Fix(
                        says="Apply it server-side or create it; take the annotation off, and rotate what it showed.",
                        command=f"kubectl annotate secret --namespace {at.namespace} {at.name} {names}",
                    ),
                )
            )
    lacks = ground.view.missing("secrets")
    report.unseen("secrets", lacks, "allow listing secrets, see demarc rbac-needed")
    if not ground.view.secrets and not lacks:
        report.unseen("secrets", "no Secret is in what was given", "give a dump that has Secrets or their metadata")


CHECKS: tuple[Check, ...] = (
    Check("DM-SEC-001", _environment),
    Check("DM-SEC-002", _literals),
    Check("DM-SEC-003", _config_maps),
    Check("DM-SEC-004", _copies),
)
