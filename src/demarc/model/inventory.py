"""What is there: the cluster, its pools and models, its components and who put them there, and the scopes of duties."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Gap
from demarc.model.time import ALWAYS, Period


class Installer(StrEnum):
    """Who put a component there. The installer decides whose it is, not its kind or name."""

    PROVIDER = "provider"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    """A Marketplace seller or supplier that installs and updates it by itself."""
    UNKNOWN = "unknown"


class Management(StrEnum):
    """By which way a component reaches the cluster and is kept up."""

    SERVICE = "service"
    """Runs at the provider, or is part of the managed service."""
    NODE_IMAGE = "node-image"
    """Comes with the node image or node version."""
    PROVIDER_ADDON = "provider-addon"
    """The provider's add-on API installed it."""
    OPERATOR = "platform-operator"
    """A platform operator reconciles it (OpenShift ClusterOperator)."""
    HELM = "helm"
    GITOPS = "gitops"
    MANIFEST = "manifest"
    """Applied with kubectl or the like."""
    UNKNOWN = "unknown"


class ClusterIdentity(Struct, frozen=True, kw_only=True):
    """Which cluster this is."""

    name: str
    """Name at the provider, else the context, else ``cluster``."""
    provider: str
    """Key of the boundary catalogue: eks, gke, aks, rosa, self_managed, ..."""
    identified: bool
    """False when nothing identified a provider and the cluster is handled as self-managed."""
    evidence: tuple[Evidence, ...]
    rivals: tuple[str, ...] = ()
    """Other providers that some evidence points to, as ``provider: what points to it``."""
    version: str | None = None
    """Kubernetes version of the control plane, as the API server or the provider says."""
    account: str = ""
    """Account, subscription or project, where it is known."""
    region: str = ""


class Pool(Struct, frozen=True, kw_only=True):
    """Nodes that are run in one way: a node group, a node pool, a Fargate profile."""

    name: str
    model: str
    """Deployment model of the boundary catalogue for this provider."""
    nodes: int
    """Nodes seen; 0 for a pool that only the provider's description knows."""
    node_names: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    record_kind: str = ""
    """Kind of the Record that describes it (``eks.nodegroup``), empty when none was given."""
    record_name: str = ""
    labels: dict[str, str] = {}
    """Labels that all its nodes share, for selectors."""


class Component(Struct, frozen=True, kw_only=True):
    """Something that runs for the cluster rather than for its users."""

    id: str
    """Unique within the cluster: catalogue name, with ``@namespace`` where it is there more than once."""
    name: str
    """Name in the component catalogue (``cert-manager``)."""
    title: str
    kind: str
    """Part in the boundary's vocabulary: cni, coredns, kube_proxy, csi_driver, ingress_controller, service_mesh,
    logging_agent, autoscaler, workload_identity, delivery_controller, policy_engine, secret_operator,
    runtime_sensor, or component for the rest."""
    namespace: str
    objects: tuple[str, ...]
    """The workloads that it consists of, as ``Kind/namespace/name``."""
    versions: tuple[str, ...]
    """Image tags seen."""
    supplier: str
    """Who makes it, from the component catalogue; empty when that is not known."""
    installer: Installer
    management: Management
    evidence: tuple[Evidence, ...]
    models: tuple[str, ...]
    """Deployment models of the nodes that it runs on, sorted."""
    rivals: tuple[str, ...] = ()
    """Evidence that points to another installer, in words."""
    labels: dict[str, str] = {}
    record_kind: str = ""
    record_name: str = ""


class Scope(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """What a duty is resolved for."""

    kind: Unit
    name: str
    """``prod`` (cluster), ``general`` (pool), ``coredns`` (component), ``payments`` (namespace),
    ``payments/Deployment/api`` (workload), ``payments/ServiceAccount/api`` or ``User/bob`` (identity),
    ``github.com/acme/shop`` (pipeline)."""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"


class Place(Struct, frozen=True, kw_only=True, gc=False):
    """A scope that exists in this cluster, with what selectors and the boundary need to know of it."""

    scope: Scope
    namespace: str = ""
    labels: dict[str, str] = {}
    """Labels of the object, else of its namespace; for selectors."""
    models: tuple[str, ...] = ()
    """Deployment models that it touches, sorted; empty means all models of the cluster."""
    component: str = ""
    """Id of the component that it is or belongs to."""
    kinds: tuple[str, ...] = ()
    """What holds for it, so that only duties that apply are asked: ``cloud-role``, ``certificate``, ``human``,
    ``service-account``, ``system`` (an object of the platform's own), ``pipeline``."""


class OwnerHint(Struct, frozen=True, kw_only=True):
    """An owner as somebody wrote it outside the register: a label, Backstage, CODEOWNERS."""

    scope: Scope
    owner: str
    """As written: ``team-payments``, ``group:default/payments``, ``@acme/payments``, an address."""
    origin: str
    """In words: ``label team of Namespace payments``, ``catalog-info.yaml:12``."""
    contact: str = ""


class DirectoryEntry(Struct, frozen=True, kw_only=True):
    """A person or group as the directory knows it."""

    id: str
    aliases: tuple[str, ...]
    """Lower-case names that it goes by: id, login, user principal name, mail addresses."""
    active: bool | None
    """None where the export does not say."""
    person: bool
    left: datetime | None = None
    members: tuple[str, ...] = ()
    """Aliases or ids of members, lower-case, for groups."""
    source: str = ""
    period: Period = ALWAYS


class Inventory(Struct, frozen=True, kw_only=True):
    """What is there."""

    cluster: ClusterIdentity
    pools: tuple[Pool, ...]
    components: tuple[Component, ...]
    places: tuple[Place, ...]
    """Every scope but the cluster, sorted by scope."""
    hints: tuple[OwnerHint, ...]
    directory: tuple[DirectoryEntry, ...]
    facts: dict[str, tuple[dict[str, Any], ...]]
    """Descriptions by object type of the boundary's conditions (``eks.cluster``, ``k8s.node``): what conditions read.
    An object type that is absent was not given; one that is there and empty was looked at and has none."""
    pool_facts: dict[str, dict[str, dict[str, Any]]]
    """Pool name -> object type -> description, for conditions on pools (``eks.nodegroup``,
    ``ec2.launchTemplateVersion``, ``gke.nodePool``)."""
    component_facts: dict[str, dict[str, dict[str, Any]]]
    """Component id -> object type -> description (``eks.addon``)."""
    partial: dict[str, tuple[str, ...]]
    """Object type -> paths that are known though its description was not given (the version that the API server says).
    Any other path of such an object is unknown, not absent."""
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Deployment models of the cluster, sorted; never empty."""
        return tuple(sorted({pool.model for pool in self.pools}))
