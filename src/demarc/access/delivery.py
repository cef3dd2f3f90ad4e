"""Repositories, their pipelines and the secrets of these, as delivery exports show them.

What a pipeline definition says is read as text and as values; nothing is run, no expression is evaluated. Exports of
secrets show names and dates only, and some do not say whose they are: then the one repository whose pipelines use
the name is meant, or nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from demarc.inventory.pipelines import repository as named
from demarc.inventory.records import dig, texts, words
from demarc.model.snapshot import Record, Snapshot

_SECRET: Final = re.compile(r"\bsecrets\.([A-Za-z_][A-Za-z0-9_]{0,200})")
_VARIABLE: Final = re.compile(r"\$\{?([A-Z][A-Z0-9_]{2,200})\b")
_ARN: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_COMMIT: Final = re.compile(r"^[0-9a-f]{40,64}$")
_HOSTS: Final = {"github": "github.com", "gitlab": "gitlab.com"}
_OWN: Final = ("./", "docker://")
_SCANS: Final = re.compile(
    r"\b(trivy|grype|snyk|docker scout|clair|anchore|jfrog|xray|twistcli|wizcli)\b[^\n]{0,80}|container[_-]scanning"
    r"|aquasecurity/trivy-action|anchore/scan-action|docker/scout-action",
    re.IGNORECASE,
)
MOST_LEVELS: Final = 24
MOST_TEXTS: Final = 20_000

OPENS_CLUSTER: Final = re.compile(
    r"KUBE.*(TOKEN|CONFIG|CERT|KEY|CRED)|K8S.*(TOKEN|CONFIG|CERT|KEY|CRED)|^(OC|OPENSHIFT)_TOKEN$|KUBECONFIG",
    re.IGNORECASE,
)
"""Names under which pipelines keep what opens a cluster."""
OPENS_CLOUD: Final = re.compile(
    r"AWS_(SECRET_)?ACCESS_KEY|GCP_.*(KEY|CRED)|GOOGLE_.*(KEY|CRED)|AZURE_.*(SECRET|CRED|PASSWORD)|GCLOUD.*KEY",
    re.IGNORECASE,
)
"""Names under which pipelines keep static keys of a cloud."""


class Step(Struct, frozen=True, kw_only=True):
    """A step of somebody else's that a pipeline runs."""

    uses: str
    """``owner/action@ref``, or an included file or component of GitLab."""
    pinned: bool
    """By the digest of a commit or image: whoever moves a tag changes nothing."""


class Pipeline(Struct, frozen=True, kw_only=True):
    """A pipeline definition."""

    repository: str
    """``github.com/acme/shop``."""
    path: str
    source: str
    secrets: tuple[str, ...]
    """Names of secrets that it uses."""
    roles: tuple[str, ...]
    """ARNs of roles that it names."""
    steps: tuple[Step, ...]
    federated: bool
    """Whether it may ask for an OIDC token of its own."""
    runners: tuple[str, ...]
    """Labels of the machines that it wants."""
    images: tuple[str, ...]
    """Images that its commands push, as written."""
    writes_all: bool = False
    """Whether its own token may do everything in the repository: ``permissions: write-all``."""
    scans: bool = False
    """Whether a step of it scans images for vulnerabilities."""

    @property
    def name(self) -> str:
        """``github.com/acme/shop/.github/workflows/deploy.yaml``."""
        return f"{self.repository}/{self.path}"


class PipelineSecret(Struct, frozen=True, kw_only=True):
    """A secret of a pipeline by name and date."""

    name: str
    repository: str
    """Empty where it is unknown whose it is."""
    updated: str
    source: str
    system: str
    """``github`` or ``gitlab``."""


class Delivery:
    """Delivery exports of a snapshot. Every index is made when it is first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def given(self) -> bool:
        """Whether any delivery export was given."""
        return any(
            record.kind.partition(".")[0] in ("github", "gitlab", "repository") for record in self._snapshot.records
        )

    @cached_property
    def repositories(self) -> dict[str, Record | None]:
        """Repositories by name, with their description where one was given."""
        found: dict[str, Record | None] = {}
        for record in self._snapshot.records:
            if record.kind in ("github.repository", "gitlab.project"):
                found[self._of_description(record)] = record
        for record in self._snapshot.records:
            if record.kind in ("repository.workflow", "repository.gitlabCi", "github.branchProtection"):
                found.setdefault(self.full(record.parent, _system(record)), None)
        return found

    def full(self, name: str, system: str = "github") -> str:
        """Full name of a repository that a record calls ``owner/name``, or by its folder alone."""
        if "/" in name:
            host = self._hosts.get(name.lower())
            return f"{host or _HOSTS.get(system, 'github.com')}/{name}"
        wanted = [full for full in self._described if full.rpartition("/")[2].lower() == name.lower()]
        return wanted[0] if len(wanted) == 1 else name

    @cached_property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """Every definition that was read."""
        return tuple(
            _pipeline(self.full(record.parent, _system(record)), record)
            for record in self._snapshot.records
            if record.kind in ("repository.workflow", "repository.gitlabCi")
        )

    @cached_property
    def secrets(self) -> tuple[PipelineSecret, ...]:
        """Every secret of a pipeline that an export names."""
        users: dict[str, set[str]] = {}
        for pipeline in self.pipelines:
            for name in pipeline.secrets:
                users.setdefault(name.upper(), set()).add(pipeline.repository)
        return tuple(
            PipelineSecret(
                name=record.name,
                repository=_only(users.get(record.name.upper(), set())),
                updated=words(record.body, "updated_at"),
                source=record.source,
                system=_system(record),
            )
            for record in self._snapshot.records
            if record.kind in ("github.secret", "gitlab.variable")
        )

    def using(self, secret: PipelineSecret) -> tuple[Pipeline, ...]:
        """Definitions that use a secret."""
        return tuple(
            pipeline
            for pipeline in self.pipelines
            if secret.repository in ("", pipeline.repository)
            and secret.name.upper() in (name.upper() for name in pipeline.secrets)
        )

    def protection(self, repository: str) -> tuple[Record, ...]:
        """What was given of branch protection of a repository."""
        return tuple(
            record
            for record in self._snapshot.records
            if record.kind
            in ("github.branchProtection", "github.branchRule", "github.ruleset", "gitlab.protectedBranch")
            and self.full(record.parent, _system(record)) == repository
        )

    @cached_property
    def _described(self) -> tuple[str, ...]:
        return tuple(
            self._of_description(record)
            for record in self._snapshot.records
            if record.kind in ("github.repository", "gitlab.project")
        )

    @cached_property
    def _hosts(self) -> dict[str, str]:
        return {full.partition("/")[2].lower(): full.partition("/")[0] for full in self._described}

    @staticmethod
    def _of_description(record: Record) -> str:
        found = named(words(record.body, "html_url") or words(record.body, "web_url"))
        return found or f"{_HOSTS[_system(record)]}/{record.name}"


def _only(names: set[str]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


def _system(record: Record) -> str:
    return "gitlab" if record.kind.startswith(("gitlab", "repository.gitlab")) else "github"


def _pipeline(repository: str, record: Record) -> Pipeline:
    document = record.body.get("document")
    said = tuple(_texts(document))
    secrets = dict.fromkeys(name for text in said for name in _SECRET.findall(text))
    if record.kind == "repository.gitlabCi":
        secrets.update(dict.fromkeys(name for text in said for name in _VARIABLE.findall(text)))
    return Pipeline(
        repository=repository,
        path=words(record.body, "path") or record.name,
        source=record.source,
        secrets=tuple(secrets),
        roles=tuple(dict.fromkeys(arn for text in said for arn in _ARN.findall(text))),
        steps=tuple(dict.fromkeys(_steps(document))),
        federated=_federated(document, record.kind),
        runners=tuple(dict.fromkeys(_runners(document))),
        images=tuple(
            dict.fromkeys(name for text in said for name in re.findall(r"docker push ([^\s;&|]{1,300})", text))
        ),
        writes_all=any(dig(part, "permissions") == "write-all" for part in (document, *_jobs(document))),
        scans=any(_SCANS.search(text) for text in said),
    )


def _texts(value: Any) -> Iterator[str]:
    """Texts of a document, keys left out; bounded, as documents come from anybody."""
    todo, taken = [(value, 0)], 0
    while todo and taken < MOST_TEXTS:
        item, level = todo.pop()
        taken += 1
        if isinstance(item, str):
            yield item
        elif level < MOST_LEVELS and isinstance(item, dict):
            todo.extend((inner, level + 1) for inner in reversed(item.values()))
        elif level < MOST_LEVELS and isinstance(item, list):
            todo.extend((inner, level + 1) for inner in reversed(item))


def _jobs(document: Any) -> Iterator[dict[str, Any]]:
    jobs = dig(document, "jobs")
    yield from (job for job in jobs.values() if isinstance(job, dict)) if isinstance(jobs, dict) else ()


def _steps(document: Any) -> Iterator[Step]:
    for job in _jobs(document):
        steps = job.get("steps")
        for item in (job, *(steps if isinstance(steps, list) else ())):
            uses = words(item, "uses")
            if uses and not uses.startswith(_OWN[0]):
                yield Step(uses=uses, pinned=_is_pinned(uses))
    included = dig(document, "include")
    for item in included if isinstance(included, list) else (included,):
        uses = (
            item
            if isinstance(item, str)
            else words(item, "project") or words(item, "component") or words(item, "remote")
        )
        if uses and not words(item, "local"):
            ref = words(item, "ref")
            yield Step(uses=f"{uses}@{ref}" if ref else uses, pinned=_is_pinned(f"{uses}@{ref}"))


def _is_pinned(uses: str) -> bool:
    if uses.startswith(_OWN[1]):
        return "@sha256:" in uses
    return bool(_COMMIT.match(uses.rpartition("@")[2]))


def _federated(document: Any, kind: str) -> bool:
    """Whether a token may be asked for: ``id-token: write`` of the workflow or a job, ``id_tokens`` of GitLab."""
    if kind == "repository.gitlabCi":
        jobs = document.values() if isinstance(document, dict) else ()
        return any(dig(job, "id_tokens") is not None for job in jobs)
    stated = [dig(part, "permissions") for part in (document, *_jobs(document))]
    # Without any permissions the default of the repository counts, which never includes id-token.
    return any(item == "write-all" or words(item, "id-token") == "write" for item in stated)


def _runners(document: Any) -> Iterator[str]:
    for job in _jobs(document):
        found = job.get("runs-on")
        if isinstance(found, dict):
            found = [*texts(found.get("labels")), words(found, "group")]
        yield from (name for name in texts(found) if name)
