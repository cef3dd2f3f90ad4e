"""Which duty governs a step: the rules, in the order in which they are asked. The first that speaks decides.

They ask what sort of part it was, what was wrong with it and what sort of act the step was; never for a name, a product
or a phrase. Knows no party beyond the phase that a fix was in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demarc.catalog.attribution import UNLISTED, Act, Nature, act, families
from demarc.incidents import circumstances
from demarc.incidents.circumstances import TAKEN
from demarc.incidents.ground import Ground
from demarc.incidents.parties import party_of
from demarc.incidents.phases import Phase
from demarc.incidents.view import CHARTS, Chosen, View, chosen, family_of
from demarc.model.duties import Stage
from demarc.model.incidents import (
    DefectClass,
    InstalledBy,
    ManagedBy,
)

_RIGHTS = {Nature.RIGHT, Nature.DEPLOY}
_IN_THE_CLUSTER = {*_RIGHTS, Nature.CHANGE}
_NEARER_ON_NODES = {Nature.METADATA}
_NEARER = {Nature.EXPOSURE, Nature.METADATA, Nature.ESCAPE, Nature.CREDENTIAL, Nature.STORE, *_RIGHTS}
"""Acts that name a duty of their own when a part was only set up wrongly."""
_ADDONS = {"addon", "delivery", "admission", "segmentation", "detection", "cloud_identity"}


def rights_of_a_component(view: View) -> Chosen | None:
    """A component's flaw that is its identity: whoever holds its token can do more than its task needs."""
    if view.part.defect is None or view.family_name not in _ADDONS:
        return None
    uses = view.act.nature in _RIGHTS or (view.act.nature is Nature.NODE and view.step.credential in TAKEN)
    if not uses or view.defect in {DefectClass.MALICIOUS_RELEASE, DefectClass.LEAKED_CREDENTIAL}:
        return None
    if view.family.kind_decides and view.defect is not DefectClass.VULNERABILITY:
        return None
    if view.held.phase not in {None, Phase.BEFORE}:
        return None
    return chosen(
        "addon.privileges", "installer", f"the rights of {view.part.name} are more than its task needs", "addon.fix"
    )


def came_with_a_component(view: View) -> Chosen | None:
    """Rights that were delivered with a component are that component's rights, not RBAC that somebody wrote."""
    if view.family_name != "rights" or view.part.managed_by not in CHARTS or view.ground.is_own(view.part):
        return None
    duty = "addon.rollout" if view.held.phase not in {None, Phase.BEFORE} else "addon.privileges"
    return chosen(duty, "installer", f"{view.part.name} came with the component", "secret.access")


def rights_of_an_account(view: View) -> Chosen | None:
    """An account that can do too much in the cluster is a matter of RBAC; its mapping to a cloud role is another."""
    if view.family_name != "cloud_identity" or view.defect not in {DefectClass.MISCONFIGURATION, DefectClass.DEFAULT}:
        return None
    if view.act.nature not in _IN_THE_CLUSTER or view.family.none in {view.act.duty, *view.act.also}:
        return None
    return chosen("identity.rbac", "root", f"{view.part.name} may do more than it needs", view.act.duty)


def own_mapping(view: View) -> Chosen | None:
    """The login component is the platform's where the provider runs it; whom it lets in is its user's."""
    if view.family_name != "login":
        return None
    if view.defect is DefectClass.DEFAULT:
        if view.act.nature is not Nature.LOGIN or "platform.defaults" not in view.act.also:
            return None
        says = "an account that is there by default was left on"
        return chosen("cluster.authentication", "root", says, "platform.defaults")
    if view.part.installed_by is InstalledBy.PROVIDER:
        return chosen("platform.authenticator", "installer", f"{view.part.name} is run by the provider")
    return None


def built_in_guard(view: View) -> Chosen | None:
    """Admission and network rules that the service brings along are its defaults, not a policy of its user."""
    if view.family_name not in {"admission", "segmentation"} or view.part.installed_by is not InstalledBy.PROVIDER:
        return None
    if view.defect not in {DefectClass.MISCONFIGURATION, DefectClass.DEFAULT} or view.part.managed_by in CHARTS:
        return None
    return chosen("platform.defaults", "installer", f"{view.part.name} comes with the service", view.family.default)


def of_the_endpoint(view: View) -> Chosen | None:
    """An API server that is open to where it should not be: its network reach is a setting of the cluster."""
    if view.family_name != "control_plane" or view.act.nature is not Nature.EXPOSURE:
        return None
    if view.defect not in {DefectClass.MISCONFIGURATION, None}:
        return None
    return chosen("cluster.endpoint", "root", "the API server could be reached from where nobody needs it")


def audit_settings(view: View) -> Chosen | None:
    """The audit trail's content is its maker's; that it is exported and kept is whoever's set that up."""
    if view.family_name != "audit" or view.part.installed_by is InstalledBy.PROVIDER or view.defect is None:
        return None
    if view.act.nature is Nature.BLIND:
        return chosen("monitoring.log-retention", "installer", f"{view.part.name} could be switched off")
    return chosen("cluster.audit-export", "installer", f"{view.part.name} is set up by its user")


def read_in_the_log(view: View) -> Chosen | None:
    """A credential that lay in a log: who can read the log is who can read the credential."""
    if view.family_name not in {"audit", "audit_export"} or view.act.nature is not Nature.CREDENTIAL:
        return None
    return chosen(
        "secret.access", "root", f"whoever reads {view.part.name} reads what lies in it", "monitoring.log-retention"
    )


def pushed_or_pulled(view: View) -> Chosen | None:
    """An altered image: who may push is the registry's matter at the supplier; what is pulled is its user's."""
    if view.family_name not in {"image", "addon", "delivery"} or view.defect is not DefectClass.MALICIOUS_RELEASE:
        return None
    if view.step.where is Stage.BUILD:
        return chosen(
            "supply.registry", "root", f"{view.part.name} was altered where it is kept", "supply.image-provenance"
        )
    return chosen("supply.image-provenance", "root", f"{view.part.name} was pulled without proof of its origin")


def key_of_a_pipeline(view: View) -> Chosen | None:
    """A credential that a pipeline keeps, wherever it opens a door."""
    if view.defect is not DefectClass.LEAKED_CREDENTIAL or view.part.managed_by is not ManagedBy.PIPELINE:
        return None
    if view.family_name not in {"credential", "cloud_identity", "accounts", "secrets", "login", "revocable"}:
        return None
    return chosen("supply.pipeline-credentials", "root", f"{view.part.name} is kept by a pipeline")


def taken_from_a_pipeline(view: View) -> Chosen | None:
    """Credentials that lie where the customer's own pipeline runs, in its environment, memory or logs."""
    if view.defect is not None or view.family_name != "pipeline":
        return None
    if view.act.nature not in {Nature.CREDENTIAL, Nature.RIGHT}:
        return None
    return chosen("supply.pipeline-credentials", "root", f"{view.part.name} held credentials", "supply.pipeline-trust")


def kept_in_a_file(view: View) -> Chosen | None:
    """A secret in a repository is a matter of what is committed; in a state or value file of how secrets are kept."""
    in_build = view.step.where is Stage.BUILD and view.defect is not None
    if view.family_name != "source" and not (view.family_name == "credential" and in_build):
        return None
    if view.act.nature is Nature.STORE:
        return chosen("secret.storage", "root", f"a credential was kept in {view.part.name}", "secret.access")
    if view.act.nature is Nature.CREDENTIAL:
        return chosen("supply.source", "root", f"a credential was kept in {view.part.name}", "secret.storage")
    return None


def by_weakness(view: View) -> Chosen | None:
    """What was wrong with the part says which duty was broken, unless the act names a nearer one."""
    if view.part.defect is None:
        return None
    broken = _broken(view)
    if (nearer := _nearer(view)) is not None:
        return chosen(nearer, "root", view.act.title.rstrip("."), broken)
    says = f"{_class(view)} of {view.part.name} ({view.part.kind})"
    return chosen(broken, "root", says, view.act.duty)


def _nearer(view: View) -> str | None:
    """The duty that an act names when a part was only set up wrongly, and its kind does not decide by itself."""
    if view.defect not in {DefectClass.MISCONFIGURATION, DefectClass.DEFAULT} or view.family.kind_decides:
        return None
    if view.act.nature is Nature.EXPLOIT:
        return view.act.also[0] if view.act.also else None
    if view.act.nature in {Nature.ESCAPE, *_RIGHTS} and view.family_name in _ADDONS:
        return "addon.privileges"
    natures = _NEARER_ON_NODES if view.family_name == "node" else _NEARER
    return view.act.duty if view.act.nature in natures and view.act.duty else None


def by_act(view: View) -> Chosen | None:
    """Nothing was wrong with the part itself: what would have stopped the act."""
    if view.family.decides_when_sound or not view.act.duty:
        return None
    if view.family.kind_decides and view.family.none in view.act.also and view.act.nature is not Nature.DEPUTY:
        return None
    title = view.act.title.rstrip(".")
    if view.step.where is Stage.BUILD and view.family_name == "pipeline":
        duty = view.act.duty if view.act.nature is Nature.SUPPLY else view.family.none
        return chosen(duty, "root", title)
    return chosen(view.act.duty, "root", title, *view.act.also)


def by_part(view: View) -> Chosen | None:
    """Neither says more: what has to be done about a part of this kind."""
    return chosen(view.family.none, "root", f"what is due for {view.part.name} ({view.part.kind})")


RULES: tuple[Callable[[View], Chosen | None], ...] = (
    circumstances.first_execution,
    circumstances.left_valid,
    circumstances.left_with_access,
    circumstances.left_behind,
    circumstances.rented_service,
    circumstances.late_harm,
    circumstances.looked_around,
    circumstances.covered_tracks,
    circumstances.evidence_removed,
    circumstances.planted,
    circumstances.let_in,
    circumstances.of_a_supplier,
    circumstances.joins_a_node,
    circumstances.carried_on,
    circumstances.as_the_node,
    circumstances.opened_by_a_secret,
    circumstances.deployed_past_the_gate,
    rights_of_a_component,
    came_with_a_component,
    rights_of_an_account,
    own_mapping,
    built_in_guard,
    of_the_endpoint,
    audit_settings,
    read_in_the_log,
    pushed_or_pulled,
    key_of_a_pipeline,
    taken_from_a_pipeline,
    kept_in_a_file,
    by_weakness,
    by_act,
    by_part,
)


def views(ground: Ground) -> tuple[View, ...]:
    """Every step with its duty, in order."""
    steps = ground.incident.steps
    acts = [act(step.technique) or UNLISTED for step in steps]
    done: list[View] = []
    for at, step in enumerate(steps):
        part = ground.incident.component(step.component)
        at_the_time = ground.during(step)
        view = View(
            step=step,
            part=part,
            act=acts[at],
            family=families()[family_of(part)],
            held=party_of(part, at_the_time),
            ground=at_the_time,
            earlier=tuple(done),
            next_act=None if (then := _next(acts, at)) is None else acts[then],
            goes_on_here=then is not None and steps[then].component == step.component,
        )
        done.append(_with_duty(view))
    return tuple(done)


def _next(acts: Sequence[Act], at: int) -> int | None:
    """Index of the step to which the acts of the same sort that follow lead."""
    after = at + 1
    while after < len(acts) and acts[after].nature is Nature.METADATA and acts[after].duty != "node.bootstrap":
        after += 1
    return after if after < len(acts) else None


def _with_duty(view: View) -> View:
    for rule in RULES:
        if (chosen := rule(view)) is not None:
            return View(
                **{name: getattr(view, name) for name in view.__struct_fields__ if name != "chosen"}, chosen=chosen
            )
    raise AssertionError(view.step.n)


def _broken(view: View) -> str:
    """The duty of the part's family for the class of its weakness."""
    family = view.family
    if view.defect is DefectClass.VULNERABILITY:
        if view.family_name == "workload":
            return _in_an_application(view)
        return family.before if view.held.phase is Phase.BEFORE else family.after
    return {
        DefectClass.MISCONFIGURATION: family.misconfiguration,
        DefectClass.DEFAULT: family.default,
        DefectClass.LEAKED_CREDENTIAL: family.leaked_credential,
        DefectClass.MALICIOUS_RELEASE: family.malicious_release,
    }.get(view.defect or DefectClass.DEFAULT, family.none)


def _in_an_application(view: View) -> str:
    """A flaw lies in the application's own code, or in code of others that it was built from."""
    return view.family.before if view.ground.is_own(view.part) else view.family.after


def _class(view: View) -> str:
    return (view.defect or "").replace("_", " ")
