"""The commands that may be run on the user's behalf: all of them, in one table, and all of them only read.

A test holds that every verb begins with get, list, describe or show. What an answer names is described by the commands
under ``each``.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from demarc.collect.external.shape import dig, objects, text, texts

Names = dict[str, str]

TOOLS = {
    "aws": "install the AWS CLI (version 2) or give its answers as files",
    "gcloud": "install the Google Cloud CLI or give its answers as files",
    "az": "install the Azure CLI or give its answers as files",
    "rosa": "install the rosa CLI or give its answers as files",
}


def _no_names(_: Any) -> list[Names]:
    return []


def _nothing(_: Any) -> Names:
    return {}


class Command(Struct, frozen=True, kw_only=True):
    """One command, with ``{names}`` where what is known goes."""

    line: tuple[str, ...]
    gives: str
    """Kind of the Records that the answer holds."""
    optional: tuple[tuple[str, ...], ...] = ()
    """Arguments that are added where their name is known."""
    names: Callable[[Any], list[Names]] = _no_names
    """What the answer names, for ``each``."""
    each: tuple[Command, ...] = ()
    learns: Callable[[Any], Names] = _nothing
    """What the answer adds to what is known."""
    unless: str = ""
    """A name that makes the command needless once it is known."""
    only_with: str = ""
    """A name without which another command of the table asks for the same."""
    searches: bool = False
    """The answer is a list in which the cluster must be."""

    @property
    def tool(self) -> str:
        """The program."""
        return self.line[0]

    @property
    def needs(self) -> frozenset[str]:
        """Names that must be known."""
        return frozenset(name for part in self.line for name in _placeholders(part))

    def typed(self, known: Names) -> list[str]:
        """The arguments, with what is known in place."""
        added = [
            part for group in self.optional if all(_placeholders(p) <= known.keys() for p in group) for part in group
        ]
        return [part.format_map(known) for part in (*self.line, *added)]

    def says(self, known: Names) -> str:
        """The command as one would type it, without the options of output: what the answer is called."""
        return " ".join(self.typed(known))

    def pattern(self) -> str:
        """The command with its names open, for instructions."""
        return " ".join(part.format_map(_Open()) for part in self.line)


class _Open(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key.upper()


def _placeholders(part: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(part) if name)


def _listed(field: str, name: str) -> Callable[[Any], list[Names]]:
    return lambda answer: [{name: found} for found in texts(dig(answer, field))]


def _held(field: str, inner: str, name: str) -> Callable[[Any], list[Names]]:
    return lambda answer: [{name: found} for item in objects(dig(answer, field)) if (found := text(item, inner))]


def _launch_template(answer: Any) -> list[Names]:
    template = dig(answer, "nodegroup", "launchTemplate")
    found = {"template": text(template, "id"), "version": text(template, "version")}
    return [found] if all(found.values()) else []


_REGION = (("--region", "{region}"),)


def _aws(*line: str, gives: str, **given: Any) -> Command:
    return Command(line=("aws", *line, "--output", "json"), gives=gives, optional=_REGION, **given)


def _eks(verb: str, *line: str, gives: str, **given: Any) -> Command:
    return _aws("eks", verb, "--cluster-name", "{cluster}", *line, gives=gives, **given)


EKS = (
    _aws("eks", "describe-cluster", "--name", "{cluster}", gives="eks.cluster"),
    _eks(
        "list-nodegroups",
        gives="eks.nodegroup",
        names=_listed("nodegroups", "nodegroup"),
        each=(
            _eks(
                "describe-nodegroup",
                *("--nodegroup-name", "{nodegroup}"),
                gives="eks.nodegroup",
                names=_launch_template,
                each=(
                    _aws(
                        *("ec2", "describe-launch-template-versions", "--launch-template-id", "{template}"),
                        *("--versions", "{version}"),
                        gives="ec2.launchTemplateVersion",
                    ),
                ),
            ),
        ),
    ),
    _eks(
        "list-addons",
        gives="eks.addon",
        names=_listed("addons", "addon"),
        each=(_eks("describe-addon", "--addon-name", "{addon}", gives="eks.addon"),),
    ),
    _eks(
        "list-access-entries",
        gives="eks.accessEntry",
        names=_listed("accessEntries", "principal"),
        each=(
            _eks("describe-access-entry", "--principal-arn", "{principal}", gives="eks.accessEntry"),
            _eks(
                *("list-associated-access-policies", "--principal-arn", "{principal}"),
                gives="eks.associatedAccessPolicies",
            ),
        ),
    ),
    _eks(
        "list-fargate-profiles",
        gives="eks.fargateProfile",
        names=_listed("fargateProfileNames", "profile"),
        each=(_eks("describe-fargate-profile", "--fargate-profile-name", "{profile}", gives="eks.fargateProfile"),),
    ),
    _eks(
        "list-pod-identity-associations",
        gives="eks.podIdentityAssociation",
        names=_held("associations", "associationId", "association"),
        each=(
            _eks(
                *("describe-pod-identity-association", "--association-id", "{association}"),
                gives="eks.podIdentityAssociation",
            ),
        ),
    ),
    _eks(
        "list-capabilities",
        gives="eks.capability",
        names=_held("capabilities", "capabilityName", "capability"),
        each=(_eks("describe-capability", "--capability-name", "{capability}", gives="eks.capability"),),
    ),
    _aws(
        *("logs", "describe-log-groups", "--log-group-name-prefix", "/aws/eks/{cluster}/cluster"),
        gives="aws.logGroup",
    ),
)


def _gcloud(*line: str, gives: str, **given: Any) -> Command:
    return Command(line=("gcloud", *line, "--format=json", "--quiet"), gives=gives, **given)


_PROJECT = (("--project={project}",),)


def _project_of(answer: Any) -> Names:
    """A cluster's address names its project: ``.../projects/PROJECT/locations/...``."""
    parts = text(answer if isinstance(answer, dict) else next(iter(objects(answer)), {}), "selfLink").split("/")
    return {"project": parts[parts.index("projects") + 1]} if "projects" in parts[:-1] else {}


GKE = (
    _gcloud(
        *("container", "clusters", "list", "--filter=name={cluster}"),
        gives="gke.cluster",
        optional=_PROJECT,
        learns=_project_of,
        unless="region",
        searches=True,
    ),
    Command(
        line=(
            "gcloud",
            "container",
            "clusters",
            "describe",
            "{cluster}",
            "--location={region}",
            "--format=json",
            "--quiet",
        ),
        gives="gke.cluster",
        optional=_PROJECT,
        learns=_project_of,
        only_with="region",
    ),
    _gcloud("projects", "get-iam-policy", "{project}", gives="gcp.iamPolicy"),
    _gcloud("projects", "describe", "{project}", gives="gcp.project"),
    _gcloud("iam", "service-accounts", "list", "--project={project}", gives="gcp.serviceAccount"),
)


def _az(*line: str, gives: str, **given: Any) -> Command:
    return Command(
        line=("az", *line, "--output", "json", "--only-show-errors"),
        gives=gives,
        optional=(("--subscription", "{project}"),),
        **given,
    )


def _group_of(answer: Any) -> Names:
    """A cluster's id names its resource group: ``/subscriptions/S/resourceGroups/GROUP/...``."""
    identifier = text(answer if isinstance(answer, dict) else next(iter(objects(answer)), {}), "id")
    parts = identifier.split("/")
    lowered = [part.lower() for part in parts]
    if "resourcegroups" not in lowered[:-1]:
        return {}
    return {"id": identifier, "group": parts[lowered.index("resourcegroups") + 1]}


AKS = (
    _az(
        *("aks", "list", "--query", "[?name=='{cluster}']"),
        gives="aks.cluster",
        learns=_group_of,
        unless="group",
        searches=True,
    ),
    _az(
        *("aks", "show", "--name", "{cluster}", "--resource-group", "{group}"),
        gives="aks.cluster",
        learns=_group_of,
        unless="id",
    ),
    _az(
        *("aks", "nodepool", "list", "--cluster-name", "{cluster}", "--resource-group", "{group}"),
        gives="aks.agentPool",
    ),
    _az(
        *("k8s-extension", "list", "--cluster-type", "managedClusters", "--cluster-name", "{cluster}"),
        *("--resource-group", "{group}", "--query", "{{extensions:@}}"),
        gives="aks.extension",
    ),
    _az(
        *("monitor", "diagnostic-settings", "list", "--resource", "{id}", "--query", "{{diagnosticSettings:@}}"),
        gives="azure.diagnosticSetting",
    ),
    _az(
        *("role", "assignment", "list", "--scope", "{id}", "--include-inherited"),
        *("--query", "{{roleAssignments:@}}"),
        gives="azure.roleAssignment",
    ),
)


def _rosa(*line: str, gives: str) -> Command:
    return Command(line=("rosa", *line, "--cluster", "{cluster}", "--output", "json"), gives=gives, optional=_REGION)


ROSA = (
    _rosa("describe", "cluster", gives="rosa.cluster"),
    _rosa("list", "machinepools", gives="rosa.machinePool"),
)

COMMANDS: dict[str, tuple[Command, ...]] = {"eks": EKS, "gke": GKE, "aks": AKS, "rosa": ROSA}
"""By provider, in the order of running."""
