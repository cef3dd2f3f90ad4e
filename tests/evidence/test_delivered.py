"""Which repository delivers where, and which commit runs there: Argo CD and Flux."""

from __future__ import annotations

import msgspec

from demarc.evidence.delivered import Delivered
from demarc.model.kubernetes import Application, FluxApplied, FluxSource, KubeObject
from tests.evidence.given import SHOP, a_snapshot, an_application


def flux(revision="main@sha1:" + "c" * 40, **spec):
    source = msgspec.convert(
        {
            "kind": "GitRepository",
            "metadata": {"name": "config", "namespace": "flux-system"},
            "spec": {"url": f"ssh://git@{SHOP}"},
            "status": {"artifact": {"revision": revision, "lastUpdateTime": "2026-11-01T00:00:00Z"}},
        },
        FluxSource,
    )
    applied = msgspec.convert(
        {
            "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "flux-system"},
            "spec": {"sourceRef": {"kind": "GitRepository", "name": "config"}, "path": "./apps/", **spec},
        },
        FluxApplied,
    )
    return {
        "GitRepository.source.toolkit.fluxcd.io": (source,),
        "Kustomization.kustomize.toolkit.fluxcd.io": (applied,),
    }


def test_an_application_with_its_commit():
    (item,) = Delivered(a_snapshot(objects={"Application.argoproj.io": (an_application("shop", "./a/b/"),)})).all
    assert (item.namespace, item.repository, item.path, item.commit) == ("shop", SHOP, "a/b", "b" * 40)


def test_each_of_several_sources_has_its_own_revision_and_a_chart_has_no_commit():
    body = {
        "metadata": {"name": "x", "namespace": "argocd"},
        "spec": {
            "sources": [{"repoURL": f"https://{SHOP}"}, {"repoURL": "https://charts.example/x", "chart": "x"}],
            "destination": {"namespace": "shop", "name": "in-cluster"},
        },
        "status": {"sync": {"revisions": ["a" * 40, "1.2.3"]}},
    }
    found = Delivered(a_snapshot(objects={"Application.argoproj.io": (msgspec.convert(body, Application),)})).all
    assert [item.commit for item in found] == ["a" * 40, ""]


def test_another_cluster_is_not_here():
    body = {"spec": {"source": {"repoURL": f"https://{SHOP}"}, "destination": {"server": "https://10.0.0.9"}}}
    found = Delivered(a_snapshot(objects={"Application.argoproj.io": (msgspec.convert(body, Application),)}))
    assert found.all == ()


def test_flux_follows_its_source_and_delivers_where_it_says():
    (item,) = Delivered(a_snapshot(objects=flux(targetNamespace="shop"))).all
    assert (item.by, item.namespace, item.repository) == ("Kustomization flux-system/apps", "shop", SHOP)
    assert (item.path, item.commit) == ("apps", "c" * 40)
    (older,) = Delivered(a_snapshot(objects=flux("main/" + "d" * 40, targetNamespace="shop"))).all
    assert older.commit == "d" * 40


def test_flux_without_a_namespace_delivers_where_what_it_applied_lies():
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    applied = tuple(
        msgspec.convert({"metadata": {"name": "x", "namespace": name, "labels": labels}}, KubeObject)
        for name in ("pay", "shop")
    )
    found = Delivered(a_snapshot(objects={**flux(), "Service": applied}))
    assert sorted(found.into) == ["pay", "shop"]
    assert sorted(Delivered(a_snapshot(objects=flux())).into) == ["flux-system"]
