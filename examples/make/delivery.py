"""How changes reach the cluster: answers of GitHub's REST API, and the repositories as somebody checked them out."""

from __future__ import annotations

import textwrap
from typing import Any

from make.company import GITHUB_LOGINS, NAME, SLUG
from make.custom import APPLICATIONS, REPOSITORY
from make.stable import hexes, later, number

API = "https://api.github.com"
WEB = "https://github.com"
REPOSITORIES = {
    "booking-service": ("The booking site", "2024-03-18T09:00:00Z"),
    "quotes-service": ("Quotes, deployed with Helm", "2024-03-18T09:10:00Z"),
    "yard-planner": ("Yard planning", "2024-04-20T12:00:00Z"),
    "cluster-config": ("What Argo CD applies", "2024-03-12T08:20:00Z"),
}


def _user(person: str) -> dict[str, Any]:
    login = GITHUB_LOGINS[person]
    return {
        "login": login,
        "id": 90_000_000 + number("github", login, below=9_000_000),
        "url": f"{API}/users/{login}",
        "html_url": f"{WEB}/{login}",
        "type": "User",
        "site_admin": False,
    }


def _repository(name: str) -> dict[str, Any]:
    about, made = REPOSITORIES[name]
    owner = {"login": SLUG, "id": 90_000_001, "type": "Organization", "site_admin": False}
    return {
        "id": 700_000_000 + number("repository", name, below=90_000_000),
        "name": name,
        "full_name": f"{SLUG}/{name}",
        "private": True,
        "owner": owner,
        "html_url": f"{WEB}/{SLUG}/{name}",
        "description": about,
        "url": f"{API}/repos/{SLUG}/{name}",
        "created_at": made,
        "updated_at": "2026-11-17T16:00:00Z",
        "pushed_at": "2026-11-17T15:58:00Z",
        "default_branch": "main",
        "visibility": "private",
        "archived": False,
        "allow_auto_merge": False,
    }


PULLS: dict[str, tuple[tuple[int, str, str, str, str, str | None], ...]] = {
    "booking-service": (
        (
            881,
            "Show the cut-off time of a sailing",
            "jonas.lind",
            "amara.diallo",
            "2026-11-12T12:50:00Z",
            "amara.diallo",
        ),
        (874, "Update the base image", "amara.diallo", "amara.diallo", "2026-11-04T09:58:00Z", "jonas.lind"),
    ),
    "quotes-service": (
        (402, "Post release notes after each deployment", "yuki.tanabe", "yuki.tanabe", "2026-10-28T16:41:00Z", None),
        (398, "Quote seahold routes", "yuki.tanabe", "rafael.duarte", "2026-10-21T10:00:00Z", "rafael.duarte"),
    ),
    "cluster-config": (
        (
            655,
            "Run the assistant's tools in every namespace",
            "tomasz.wrona",
            "tomasz.wrona",
            "2026-06-15T09:24:00Z",
            "tomasz.wrona",
        ),
        (701, "Raise the sensor to 0.41.3", "mei.tran", "ingrid.solheim", "2026-09-08T07:20:00Z", "ingrid.solheim"),
    ),
}
"""Number, title, author, who merged, when, and who approved: nobody for 402, and its own author for 655."""


def _pull(repository: str, pull: tuple[int, str, str, str, str, str | None]) -> dict[str, Any]:
    count, title, author, merger, merged, _ = pull
    base = f"{API}/repos/{SLUG}/{repository}/pulls/{count}"
    return {
        "url": base,
        "id": 2_100_000_000 + number(repository, str(count), below=90_000_000),
        "html_url": f"{WEB}/{SLUG}/{repository}/pull/{count}",
        "number": count,
        "state": "closed",
        "locked": False,
        "title": title,
        "user": _user(author),
        "created_at": later(merged, hours=-3),
        "updated_at": merged,
        "closed_at": merged,
        "merged_at": merged,
        "merge_commit_sha": hexes("merge", repository, str(count), length=40),
        "draft": False,
        "merged_by": _user(merger),
        "head": {
            "label": f"{SLUG}:change-{count}",
            "ref": f"change-{count}",
            "sha": hexes("head", repository, str(count), length=40),
        },
        "base": {
            "label": f"{SLUG}:main",
            "ref": "main",
            "sha": hexes("base", repository, str(count), length=40),
            "repo": {"name": repository, "full_name": f"{SLUG}/{repository}"},
        },
    }


def _review(repository: str, pull: tuple[int, str, str, str, str, str | None]) -> list[dict[str, Any]]:
    count, _, _, _, merged, approver = pull
    page = f"{WEB}/{SLUG}/{repository}/pull/{count}"
    given = 2_400_000_000 + number("review", repository, str(count), below=90_000_000)
    return [
        {
            "id": given,
            "user": _user(approver or "rafael.duarte"),
            "body": "" if approver else "Who makes this action? Will look at it tomorrow.",
            "state": "APPROVED" if approver else "COMMENTED",
            "html_url": f"{page}#pullrequestreview-{given}",
            "pull_request_url": f"{API}/repos/{SLUG}/{repository}/pulls/{count}",
            "submitted_at": later(merged, minutes=-12),
            "commit_id": hexes("head", repository, str(count), length=40),
            "author_association": "MEMBER",
        }
    ]


FILES = {655: ("apps/assistant/kustomization.yaml",), 701: ("apps/falco/kustomization.yaml",)}
"""Files of the changes of ``cluster-config``, which delivers into many namespaces."""


def _files(repository: str, count: int) -> list[dict[str, Any]]:
    head = hexes("head", repository, str(count), length=40)
    return [
        {
            "sha": hexes("blob", repository, path, length=40),
            "filename": path,
            "status": "modified",
            "additions": 4,
            "deletions": 2,
            "changes": 6,
            "blob_url": f"{WEB}/{SLUG}/{repository}/blob/{head}/{path}",
            "raw_url": f"{WEB}/{SLUG}/{repository}/raw/{head}/{path}",
            "contents_url": f"{API}/repos/{SLUG}/{repository}/contents/{path}?ref={head}",
        }
        for path in FILES[count]
    ]


def _protection(repository: str, *, reviews: int, admins: bool, owners: bool) -> dict[str, Any]:
    url = f"{API}/repos/{SLUG}/{repository}/branches/main/protection"
    found: dict[str, Any] = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": admins},
        "required_linear_history": {"enabled": False},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": False},
    }
    if reviews:
        found["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": owners,
            "require_last_push_approval": False,
            "required_approving_review_count": reviews,
        }
    return found


def _run(repository: str, workflow: str, count: int, started: str, person: str, *, event: str) -> dict[str, Any]:
    given = 19_000_000_000 + number("run", repository, str(count), below=900_000_000)
    return {
        "id": given,
        "name": workflow,
        "head_branch": "main",
        "head_sha": hexes("head", repository, str(count), length=40),
        "path": f".github/workflows/{workflow}.yaml@main",
        "run_number": count,
        "event": event,
        "status": "completed",
        "conclusion": "success",
        "workflow_id": 88_000_000 + number("workflow", repository, workflow, below=900_000),
        "url": f"{API}/repos/{SLUG}/{repository}/actions/runs/{given}",
        "html_url": f"{WEB}/{SLUG}/{repository}/actions/runs/{given}",
        "created_at": started,
        "updated_at": later(started, minutes=4),
        "actor": _user(person),
        "run_attempt": 1,
        "run_started_at": started,
        "triggering_actor": _user(person),
        "repository": {"name": repository, "full_name": f"{SLUG}/{repository}"},
    }


def _secrets(names: dict[str, str]) -> dict[str, Any]:
    return {
        "total_count": len(names),
        "secrets": [{"name": name, "created_at": made, "updated_at": made} for name, made in names.items()],
    }


def answers() -> dict[str, Any]:
    """Answers of the REST API, by path."""
    found: dict[str, Any] = {
        "org-members": [_user(person) for person in sorted(GITHUB_LOGINS)],
        "org-repositories": [_repository(name) for name in sorted(REPOSITORIES)],
        "booking-service/branch-protection": _protection("booking-service", reviews=1, admins=True, owners=True),
        "quotes-service/branch-protection": _protection("quotes-service", reviews=0, admins=False, owners=False),
        "cluster-config/branch-protection": _protection("cluster-config", reviews=1, admins=False, owners=False),
        "booking-service/actions-secrets": {"total_count": 0, "secrets": []},
        "quotes-service/actions-secrets": _secrets(
            {"KUBE_TOKEN": "2024-03-20T08:40:00Z", "KUBE_SERVER": "2024-03-20T08:40:30Z"}
        ),
        "yard-planner/actions-secrets": _secrets(
            {"AWS_ACCESS_KEY_ID": "2024-04-22T12:00:00Z", "AWS_SECRET_ACCESS_KEY": "2024-04-22T12:00:20Z"}
        ),
        "quotes-service/actions-runs": {
            "total_count": 2,
            "workflow_runs": [
                _run("quotes-service", "nightly", 612, "2026-11-17T01:40:02Z", "yuki.tanabe", event="schedule"),
                _run("quotes-service", "deploy", 311, "2026-11-16T14:19:55Z", "rafael.duarte", event="push"),
            ],
        },
        "booking-service/actions-runs": {
            "total_count": 1,
            "workflow_runs": [
                _run("booking-service", "deploy", 540, "2026-11-12T12:52:10Z", "amara.diallo", event="push")
            ],
        },
    }
    for repository, pulls in PULLS.items():
        found[f"{repository}/pulls"] = [_pull(repository, pull) for pull in pulls]
        for pull in pulls:
            found[f"{repository}/pulls-{pull[0]}-reviews"] = _review(repository, pull)
            if pull[0] in FILES:
                found[f"{repository}/pulls-{pull[0]}-files"] = _files(repository, pull[0])
    return {f"delivery/github/{name}.json": answer for name, answer in found.items()}


def _text(block: str) -> str:
    return textwrap.dedent(block).lstrip("\n")


BOOKING = {
    ".github/workflows/deploy.yaml": """
        name: deploy
        on:
          push:
            branches: [main]
        permissions:
          contents: read
          id-token: write
        jobs:
          deploy:
            runs-on: ubuntu-24.04
            steps:
              - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8  # v5.0.0
              - uses: aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838  # v5.0.0
                with:
                  role-to-assume: arn:aws:iam::111122223333:role/fjordkite-github-booking
                  aws-region: eu-north-1
              - run: make image push
        """,
    "CODEOWNERS": """
        *                @fjordkite/booking
        /.github/        @fjordkite/booking @fjordkite/platform
        """,
    "catalog-info.yaml": """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: booking-service
          annotations:
            github.com/project-slug: fjordkite/booking-service
            backstage.io/kubernetes-namespace: booking
        spec:
          type: service
          lifecycle: production
          owner: group:default/booking
        """,
}
QUOTES = {
    ".github/workflows/deploy.yaml": """
        name: deploy
        on:
          push:
            branches: [main]
        jobs:
          deploy:
            runs-on: ubuntu-24.04
            env:
              KUBE_TOKEN: ${{ secrets.KUBE_TOKEN }}
              KUBE_SERVER: ${{ secrets.KUBE_SERVER }}
            steps:
              - uses: actions/checkout@v5
              - uses: azure/setup-helm@v4
              - run: >-
                  helm upgrade quotes chart --install --namespace quotes
                  --kube-token "$KUBE_TOKEN" --kube-apiserver "$KUBE_SERVER"
              - uses: cargo-notes/release-digest@v3
        """,
    ".github/workflows/nightly.yaml": """
        name: nightly
        on:
          schedule:
            - cron: "40 1 * * *"
        jobs:
          digest:
            runs-on: ubuntu-24.04
            env:
              KUBE_TOKEN: ${{ secrets.KUBE_TOKEN }}
              KUBE_SERVER: ${{ secrets.KUBE_SERVER }}
            steps:
              - uses: actions/checkout@v5
              - run: helm list --namespace quotes --kube-token "$KUBE_TOKEN" --kube-apiserver "$KUBE_SERVER"
              - uses: cargo-notes/release-digest@v3  # the tag that was moved on 16 November
        """,
    "chart/Chart.yaml": """
        apiVersion: v2
        name: quotes
        version: 0.312.0
        appVersion: v312
        """,
    "chart/values.yaml": """
        image:
          repository: 111122223333.dkr.ecr.eu-north-1.amazonaws.com/quotes-api
          tag: v312
        serviceAccount: quotes
        """,
    "chart/templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: quotes-api
        spec:
          replicas: 1
          selector:
            matchLabels: {app.kubernetes.io/name: quotes-api}
          template:
            metadata:
              labels: {app.kubernetes.io/name: quotes-api}
            spec:
              serviceAccountName: {{ .Values.serviceAccount }}
              containers:
                - name: quotes-api
                  image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
        """,
}
YARD = {
    ".github/workflows/image.yaml": """
        name: image
        on: [push]
        jobs:
          image:
            runs-on: ubuntu-22.04
            steps:
              - uses: actions/checkout@v3
              - uses: aws-actions/configure-aws-credentials@v1
                with:
                  aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
                  aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
                  aws-region: eu-north-1
              - run: docker build -t yard-planner:latest . && docker push yard-planner:latest
        """,
    "CODEOWNERS": """
        * @pzielinski-fk
        """,
    "catalog-info.yaml": """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: yard-planner
          annotations:
            github.com/project-slug: fjordkite/yard-planner
        spec:
          type: service
          lifecycle: production
          owner: user:default/piotr.zielinski
        """,
}


CODEOWNERS = """\
*              @fjordkite/platform
/apps/booking/ @fjordkite/booking
/apps/data/    @fjordkite/data
"""


def _cluster_config() -> dict[str, str]:
    found = {
        "CODEOWNERS": CODEOWNERS,
        "README.md": f"# What Argo CD applies at {NAME}\n\nOne folder an application, from {REPOSITORY}.\n",
    }
    for name, namespace in APPLICATIONS.items():
        found[f"apps/{name}/kustomization.yaml"] = (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
            f"namespace: {namespace}\nresources:\n  - namespace.yaml\n"
        )
        found[f"apps/{name}/namespace.yaml"] = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n"
    return found


def checkouts() -> dict[str, str]:
    """Files of the checked-out repositories, by path."""
    parts = {"booking-service": BOOKING, "quotes-service": QUOTES, "yard-planner": YARD}
    found = {
        f"delivery/repositories/{repository}/{path}": _text(block)
        for repository, blocks in parts.items()
        for path, block in blocks.items()
    }
    return found | {f"delivery/repositories/cluster-config/{path}": text for path, text in _cluster_config().items()}
