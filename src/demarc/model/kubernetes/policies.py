"""Objects of policy engines: their policies with what happens on a violation, exceptions from them, and their reports.

Kyverno, Gatekeeper, Kubewarden and the Sigstore policy controller; what a policy asks for is not read.
"""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, NameReference


class EngineCheck(Api, frozen=True, kw_only=True, gc=False):
    """What a rule of Kyverno validates or verifies, as far as its own action goes."""

    failure_action: str = ""


class EngineRule(Api, frozen=True, kw_only=True):
    """A rule of a policy of Kyverno."""

    name: str = ""
    validate: EngineCheck | None = None
    verify_images: list[EngineCheck] | None = None


class EngineSpec(Api, frozen=True, kw_only=True):
    """Spec of a policy; each engine has one of these fields."""

    validation_failure_action: str = ""
    """Kyverno: ``Enforce`` or ``Audit``."""
    validation_actions: list[str] | None = None
    """Kyverno's policies in CEL: ``Deny``, ``Audit``, ``Warn``."""
    enforcement_action: str = ""
    """Gatekeeper: ``deny`` where it is empty, ``dryrun``, ``warn``."""
    mode: str = ""
    """Kubewarden: ``protect`` or ``monitor``. Sigstore: ``enforce`` or ``warn``."""
    rules: list[EngineRule] | None = None


class EnginePolicy(KubeObject, frozen=True, kw_only=True):
    """A policy of an engine, or a constraint of Gatekeeper."""

    spec: EngineSpec = field(default_factory=EngineSpec)


class Excepted(Api, frozen=True, kw_only=True):
    """A policy that an exception is from."""

    policy_name: str = ""
    rule_names: list[str] | None = None


class PolicyExceptionSpec(Api, frozen=True, kw_only=True):
    """Spec of a PolicyException, or of an exception of another engine with the same words."""

    exceptions: list[Excepted] | None = None
    policy_refs: list[NameReference] | None = None
    expires_at: str = ""
    reason: str = ""
    owner: str = ""
    approver: str = ""


class PolicyException(KubeObject, frozen=True, kw_only=True):
    """An exception from policies."""

    spec: PolicyExceptionSpec = field(default_factory=PolicyExceptionSpec)


class GatekeeperExemption(Api, frozen=True, kw_only=True):
    """Namespaces that Gatekeeper leaves out of some of its work."""

    excluded_namespaces: list[str] | None = None
    processes: list[str] | None = None


class GatekeeperConfigSpec(Api, frozen=True, kw_only=True):
    """Spec of Gatekeeper's own configuration."""

    match: list[GatekeeperExemption] | None = None


class GatekeeperConfig(KubeObject, frozen=True, kw_only=True):
    """Gatekeeper's own configuration."""

    spec: GatekeeperConfigSpec = field(default_factory=GatekeeperConfigSpec)


class ReportResult(Api, frozen=True, kw_only=True, gc=False):
    """A result of a policy for something."""

    policy: str = ""
    rule: str = ""
    result: str = ""
    """``pass``, ``fail``, ``warn``, ``error`` or ``skip``."""


class PolicyReport(KubeObject, frozen=True, kw_only=True):
    """A PolicyReport or ClusterPolicyReport."""

    results: list[ReportResult] | None = None


class ScannedArtifact(Api, frozen=True, kw_only=True, gc=False):
    """The image that was scanned."""

    repository: str = ""
    tag: str = ""
    digest: str = ""


class Vulnerability(Api, frozen=True, kw_only=True, gc=False):
    """A vulnerability that a scanner found."""

    id: str = field(default="", name="vulnerabilityID")
    severity: str = ""
    resource: str = ""
    """The package."""
    installed_version: str = ""
    fixed_version: str = ""
    score: float | None = None


class ScanReport(Api, frozen=True, kw_only=True):
    """What a scanner found in an image."""

    artifact: ScannedArtifact | None = None
    update_timestamp: str = ""
    vulnerabilities: list[Vulnerability] | None = None


class VulnerabilityReport(KubeObject, frozen=True, kw_only=True):
    """A VulnerabilityReport of the Trivy operator; its labels say of which workload and container it is."""

    report: ScanReport = field(default_factory=ScanReport)
