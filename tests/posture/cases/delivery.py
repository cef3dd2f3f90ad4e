"""Cases of checks of delivery controllers."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_container, a_deployment, an_object
from tests.posture.given import Case, Object
from tests.posture.granting import BOUND, EVERYTHING, NO_BINDINGS, a_rule, an_account, cluster_wide

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
ARGO = (
    a_deployment("argocd-application-controller", "argocd", service_account="controller"),
    *cluster_wide(EVERYTHING, subject=an_account("controller", "argocd"), name="argocd"),
)
NO_PROJECTS = (("appprojects.argoproj.io", GapReason.FORBIDDEN),)
NO_APPLICATIONS = (("applications.argoproj.io", GapReason.FORBIDDEN),)


def _flux(name: str = "kustomize-controller", *arguments: str) -> tuple[Object, ...]:
    box = a_container("manager", args=list(arguments))
    return (
        a_deployment(name, "flux-system", service_account="flux", containers=[box]),
        *cluster_wide(EVERYTHING, subject=an_account("flux", "flux-system"), name="flux"),
    )


def _project(name: str = "default", namespace: str = "*", repository: str = "*", **more: Any) -> Object:
    spec = {
        "sourceRepos": [repository],
        "destinations": [{"namespace": namespace, "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        **more,
    }
    return an_object("argoproj.io/v1alpha1", "AppProject", name, namespace="argocd", spec=spec)


def _application(
    name: str, to: str, url: str = "https://git.acme.example/shop.git", project: str = "default"
) -> Object:
    spec = {
        "project": project,
        "source": {"repoURL": url, "path": "deploy"},
        "destination": {"namespace": to, "server": "https://kubernetes.default.svc"},
    }
    return an_object("argoproj.io/v1alpha1", "Application", name, namespace="argocd", spec=spec)


def _kustomization(namespace: str = "shop", **spec: Any) -> Object:
    source = {"kind": "GitRepository", "name": "shop"}
    return an_object(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "shop",
        namespace=namespace,
        spec={"sourceRef": source, "path": "./", **spec},
    )


def _git(url: str = "https://git.acme.example/shop.git", **spec: Any) -> Object:
    return an_object(
        "source.toolkit.fluxcd.io/v1", "GitRepository", "shop", namespace="shop", spec={"url": url, **spec}
    )


SIGNED: dict[str, Any] = {"signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}]}
CASES = (
    Case(
        "DM-GIT-001",
        VIOLATED,
        (*ARGO, _project(), _project("shop", "shop")),
        on=("AppProject argocd/default",),
        says="any kind from any repository to any namespace",
        base=BOUND,
    ),
    Case(
        "DM-GIT-001",
        VIOLATED,
        _flux(),
        on=("Deployment flux-system/kustomize-controller",),
        says="what names no account is applied as it",
        base=BOUND,
    ),
    Case("DM-GIT-001", HOLDS, (*ARGO, _project("shop", "shop")), base=BOUND),
    Case("DM-GIT-001", HOLDS, _flux("helm-controller", "--default-service-account=default"), base=BOUND),
    Case(
        "DM-GIT-001",
        HOLDS,
        (ARGO[0], _project(), *cluster_wide(a_rule("*", "*", "apps"), subject=an_account("controller", "argocd"))),
        base=BOUND,
        about="an open project of a controller with few rights",
    ),
    Case("DM-GIT-001", HOLDS, says="no delivery controller runs here", base=BOUND),
    Case("DM-GIT-001", UNKNOWN, ARGO, says="no AppProject is in what was given", base=BOUND),
    Case("DM-GIT-001", UNKNOWN, ARGO, gaps=NO_PROJECTS, base=BOUND),
    Case("DM-GIT-001", UNKNOWN, ARGO[:1], gaps=NO_BINDINGS, base=BOUND),
    Case(
        "DM-GIT-002",
        VIOLATED,
        (*ARGO, _project(), _application("shop", "shop"), _application("pay", "payments")),
        on=("AppProject argocd/default",),
        says="Applications for payments, shop share AppProject argocd/default",
        base=BOUND,
    ),
    Case(
        "DM-GIT-002",
        VIOLATED,
        (*_flux(), _kustomization()),
        on=("Kustomization shop/shop",),
        says="is applied as flux-system/flux, not as an account of shop",
        base=BOUND,
    ),
    Case(
        "DM-GIT-002",
        VIOLATED,
        (
            *_flux("kustomize-controller", "--default-service-account=default"),
            _kustomization(sourceRef={"kind": "GitRepository", "name": "all", "namespace": "platform"}),
        ),
        on=("Kustomization shop/shop",),
        says="follows a source of another namespace",
        base=BOUND,
    ),
    Case(
        "DM-GIT-002",
        HOLDS,
        (
            *ARGO,
            _project("shop", "shop"),
            _application("a", "shop", project="shop"),
            _application("b", "shop", project="shop"),
        ),
        base=BOUND,
    ),
    Case(
        "DM-GIT-002",
        HOLDS,
        (*_flux(), _kustomization(serviceAccountName="app"), _kustomization("flux-system")),
        base=BOUND,
        about="an account of its own; the platform's own",
    ),
    Case(
        "DM-GIT-002",
        UNKNOWN,
        _flux(),
        gaps=(("kustomizations.kustomize.toolkit.fluxcd.io", GapReason.FORBIDDEN),),
        base=BOUND,
    ),
    Case(
        "DM-GIT-003",
        VIOLATED,
        (*_flux(), _git()),
        on=("GitRepository shop/shop",),
        says="is not verified by a signature",
        base=BOUND,
    ),
    Case(
        "DM-GIT-003",
        VIOLATED,
        (*ARGO, _project(**SIGNED), _application("shop", "shop", "http://git.acme.example/shop.git")),
        on=("Application argocd/shop",),
        says="is fetched without TLS",
        base=BOUND,
    ),
    Case(
        "DM-GIT-003",
        VIOLATED,
        (*ARGO, _project(), _application("shop", "shop")),
        on=("AppProject argocd/default",),
        says="asks for no signed commits",
        base=BOUND,
    ),
    Case(
        "DM-GIT-003",
        HOLDS,
        (
            *_flux(),
            _git("ssh://git@git.acme.example/shop.git", verify={"mode": "HEAD"}),
            _project(**SIGNED),
            _application("shop", "shop"),
        ),
        base=BOUND,
    ),
    Case("DM-GIT-003", HOLDS, says="no delivery controller runs here", base=BOUND),
    Case("DM-GIT-003", UNKNOWN, _flux(), says="none of its objects was given", base=BOUND),
    Case("DM-GIT-003", UNKNOWN, gaps=NO_APPLICATIONS, base=BOUND),
)
