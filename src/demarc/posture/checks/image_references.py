"""Checks of what workloads run: by which name, from where, built by whom, and with which known holes."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

import msgspec

from demarc.access.techniques.pods import Running
from demarc.access.techniques.registry import image
from demarc.inventory.records import dig, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import VulnerabilityReport
from demarc.model.posture import FieldSeen, Fix, Severity
from demarc.posture import pod_security
from demarc.posture.checks.patches import Body, containers
from demarc.posture.checks.patches import words as in_words
from demarc.posture.checks.pod_files import of_node
from demarc.posture.checks.workloads import Hit, each_container, of_workload, seen, unseen_workloads
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report

_ATTESTED: Final = (
    "give attestations: cosign download attestation IMAGE, or gh api repos/OWNER/REPO/attestations/DIGEST"
)
_SCANNED: Final = (
    "give reports: trivy image --format json, grype --output json, or vulnerabilityreports of the Trivy operator"
)
_REPORTS: Final = "VulnerabilityReport.aquasecurity.github.io"


def digest_of(pod: PodSeen, box: Box) -> str:
    """Digest of what a container runs: as its image is named, else as the node pulled it; empty where neither says."""
    return image(box.container.image).digest or pod.digests.get(box.container.name, "")


def _references(ground: Ground, report: Report) -> None:
    by_box: dict[str, str] = {}

    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        if box.container.image and not image(box.container.image).digest:
            by_box[f"{box.running.scope} {box.path}"] = digest_of(pod, box)
            yield seen(f"{box.path}.image", box.container.image)

    def weigh(hit: Hit) -> tuple[Severity | None, str]:
        moving = [box.container.image for box in hit.boxes.values() if image(box.container.image).tag == "latest"]
        if moving:
            return None, f"{', '.join(dict.fromkeys(moving))}: whatever is newest when a node pulls it"
        return Severity.INFO, "by a tag, which its registry may let move"

    def sets(box: Box) -> Body:
        digest = by_box.get(f"{box.running.scope} {box.path}", "")
        return {"image": f"{box.container.image}@{digest}"} if digest else {}

    says = "Name it by digest; the pipeline that builds it writes the digest, and what runs now is that of the patch."
    told = "runs an image that is not named by digest"
    each_container(ground, report, looks, told, containers(says, sets), weigh=weigh)


def _registries(ground: Ground, report: Report) -> None:
    allowed = ground.register.settings.registries
    if not allowed:
        why = "which registries images may come from is not decided"
        report.unseen("registries", why, "name them in the register: settings, registries")
        return

    def looks(_: PodSeen, box: Box) -> Iterator[FieldSeen]:
        path = image(box.container.image).path
        approved = any(_is_from(path, one) for one in allowed) or ground.is_providers(ground.component_of(box.running))
        if box.container.image and not approved:
            yield seen(f"{box.path}.image", box.container.image)

    fix = in_words(
        "Copy it into a registry that is approved, through the pipeline that scans it; or have this one approved."
    )
    each_container(ground, report, looks, "runs an image of a registry that nobody approved", fix)


def _is_from(path: str, allowed: str) -> bool:
    """Whether an image is from a registry or repository; a name without a pattern stands for all below it."""
    wanted = allowed.rstrip("/")
    return path == wanted or path.startswith(f"{wanted}/") or fnmatchcase(path, wanted)


class _Attested:
    """What attestations of builds say, and what runs beside it."""

    def __init__(self, ground: Ground) -> None:
        self.repositories: set[str] = set()
        self.digests: set[str] = set()
        for record in ground.snapshot.of("supply.attestation"):
            for one in record.body.get("subjects", ()):
                self.digests.add(f"sha256:{words(one, 'sha256')}")
                self.repositories.add(image(words(one, "name")).path)
        self.hits: dict[str, Hit] = {}
        self.unknown: dict[str, None] = {}

    def add(self, pod: PodSeen, box: Box) -> None:
        """Look at a container of a repository that has attestations."""
        named = image(box.container.image)
        runs = {named.digest, pod.digests.get(box.container.name, "")} - {""}
        if not runs:
            self.unknown[f"{box.running.what}, container {box.container.name}"] = None
        elif runs.isdisjoint(self.digests):
            field = seen(f"{box.path}.image", f"{named.path}@{min(runs)}")
            self.hits.setdefault(pod.running.scope, Hit(pod.running)).add(box, (field,))


def _provenance(ground: Ground, report: Report) -> None:
    attested = _Attested(ground)
    unseen_workloads(ground, report)
    if not attested.repositories:
        report.unseen("attestations", "no attestation of a build was given", _ATTESTED)
        return
    for pod in ground.pods:
        for box in pod.boxes.values():
            if image(box.container.image).path in attested.repositories:
                report.looked()
                attested.add(pod, box)
    for hit in attested.hits.values():
        names = ", ".join(hit.names)
        says = f"container {names} runs an image that no attestation is for, though its repository has some"
        fix = Fix(
            says="Find out who built and pushed it; deploy the digest that the pipeline attests, and ask for that on "
            "admission."
        )
        report.violated(of_workload(ground, hit.running, says, tuple(hit.fields), fix))
    for name in list(attested.unknown)[:20]:
        why = "which digest it runs is neither in its image nor in the status of its pods"
        report.unseen(name, why, "give pods with their status")
    if not attested.hits and not attested.unknown:
        report.holds("every image of a repository with attestations is attested, or none of them runs here")


class Critical(NamedTuple):
    """A critical vulnerability of a container's image."""

    id: str
    package: str
    fixed: str
    exploited: bool


def _critical(ground: Ground) -> tuple[dict[tuple[str, str], list[Critical]], dict[str, list[Critical]]]:
    """Critical vulnerabilities by workload and container, and by the digest or name of the image."""
    by_container: dict[tuple[str, str], list[Critical]] = {}
    by_image: dict[str, list[Critical]] = {}
    for item in ground.snapshot.all(_REPORTS, VulnerabilityReport):
        found = [
            Critical(one.id, one.resource, one.fixed_version, exploited=False)
            for one in item.report.vulnerabilities or ()
            if one.severity == "CRITICAL"
        ]
        artifact = item.report.artifact
        if artifact is not None and artifact.digest:
            by_image.setdefault(artifact.digest, found)
        labels = item.labels
        kind, name = (labels.get(f"trivy-operator.resource.{one}", "") for one in ("kind", "name"))
        scope = f"{item.metadata.namespace}/{kind}/{name}"
        by_container[scope, labels.get("trivy-operator.container.name", "")] = found
    for record in ground.snapshot.of("scan.image"):
        found = [_read(one) for one in record.body.get("critical", ())]
        for name in (words(record.body, "digest"), _full(words(record.body, "image"))):
            if name:
                by_image[name] = found
    return by_container, by_image


def _read(one: Any) -> Critical:
    return Critical(
        words(one, "id"), words(one, "package"), words(one, "fixed"), exploited=dig(one, "exploited") is True
    )


def _full(reference: str) -> str:
    """Name of an image with the defaults that a node fills in."""
    if not reference:
        return ""
    found = image(reference)
    return f"{found.path}@{found.digest}" if found.digest else f"{found.path}:{found.tag}"


def _vulnerable(ground: Ground, report: Report) -> None:
    by_container, by_image = _critical(ground)
    unseen_workloads(ground, report)
    if not by_container and not by_image:
        report.unseen("reports of scanners", "no report of a scanner was given", _SCANNED)
        return
    open_ways = {
        running.scope: one.what
        for one in ground.exposures
        if not one.unknown
        for running, _, u in one.leads_to
        if not u
    }
    hits: dict[str, tuple[Hit, list[Critical], str]] = {}
    unscanned: dict[str, None] = {}
    for pod in ground.pods:
        running = pod.running
        for box in pod.boxes.values():
            why = _matters(ground, pod, box, open_ways)
            if not why or not running.pods:
                continue
            report.looked()
            found = _of(running, pod, box, by_container, by_image)
            if found is None:
                unscanned[running.what] = None
            elif found:
                hit, all_found, _ = hits.setdefault(running.scope, (Hit(running), [], why))
                hit.add(box, (seen(f"{box.path}.image", box.container.image),))
                all_found += [one for one in found if one not in all_found]
    for hit, found, why in hits.values():
        _tell(ground, report, hit, found, why)
    if unscanned:
        names = ", ".join(list(unscanned)[:3])
        report.unseen(f"{len(unscanned)} workloads", f"no report of a scanner is about their images: {names}", _SCANNED)
    if not hits and not unscanned:
        report.holds(
            "no workload that the internet reaches or that is privileged has a critical vulnerability by the reports"
        )


def _of(
    running: Running,
    pod: PodSeen,
    box: Box,
    by_container: dict[tuple[str, str], list[Critical]],
    by_image: dict[str, list[Critical]],
) -> list[Critical] | None:
    """What reports say of a container's image; None where none is about it."""
    for name in (digest_of(pod, box), _full(box.container.image)):
        if name in by_image:
            return by_image[name]
    return by_container.get((running.scope, box.container.name))


def _matters(ground: Ground, pod: PodSeen, box: Box, open_ways: dict[str, str]) -> str:
    """Why a hole in a container matters more than elsewhere; empty where it does not."""
    if way := open_ways.get(pod.running.scope):
        return f"the internet reaches it by {way}"
    security = box.container.security_context
    if security is not None and security.privileged:
        return "it is privileged"
    if any(True for _ in pod_security.host_namespaces(pod_security.Shape(pod.spec, {}), pod_security.LATEST)):
        return "it shares namespaces of its node"
    return (
        "it has the socket of the container runtime" if any(one.is_runtime for one in of_node(ground, pod, box)) else ""
    )


def _tell(ground: Ground, report: Report, hit: Hit, found: list[Critical], why: str) -> None:
    known = [one for one in found if one.exploited]
    shown = known or sorted(found, key=lambda one: not one.fixed)
    listed = ", ".join(f"{one.id} in {one.package}" for one in shown[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    says = f"container {', '.join(hit.names)} has {len(found)} critical vulnerabilities ({listed}{more}), and {why}"
    mends = [f"{one.package} {one.fixed}" for one in found if one.fixed]
    advice = (
        f"Rebuild with {', '.join(dict.fromkeys(mends[:5]))}, and deploy it."
        if mends
        else ("None of them is mended yet: take it off the internet, or its privileges away, until then.")
    )
    finding = of_workload(ground, hit.running, says, tuple(hit.fields), Fix(says=advice))
    evidence = Evidence(says=f"a scanner's report names {listed}", grade=Grade.ANSWERED, source="")
    critical = Severity.CRITICAL if known else None
    report.violated(msgspec.structs.replace(finding, severity=critical, evidence=(*finding.evidence, evidence)))


REFERENCES = (
    Check("DM-IMG-001", _references),
    Check("DM-IMG-002", _registries),
)
PROVENANCE = Check("DM-IMG-004", _provenance)
VULNERABLE = Check("DM-IMG-006", _vulnerable)
