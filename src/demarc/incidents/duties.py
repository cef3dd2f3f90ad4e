"""Which duty governs a step: the rules, in the order in which they are asked. The first that speaks decides.

They ask what sort of part it was, what was wrong with it and what sort of act the step was; never for a name, a product
or a phrase. Knows no party beyond the phase that a fix was in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demarc.catalog.attribution import UNLISTED, Act, Nature, act, families
from demarc.catalog.duties import duties
from demarc.incidents.ground import Ground
from demarc.incidents.parties import party_of
from demarc.incidents.phases import Phase
from demarc.incidents.view import CHARTS, Chosen, View, family_of
from demarc.model.duties import Layer, Stage
from demarc.model.incidents import (
    CredentialUse,
    DefectClass,
    InstalledBy,
    ManagedBy,
    Reason,
    StepBasis,
)

_TAKEN = {CredentialUse.STOLEN, CredentialUse.LEAKED, CredentialUse.FORGED, CredentialUse.INHERITED}
_OWN_GUARDS = {Nature.DEPLOY, Nature.CHANGE, Nature.BLIND, Nature.PERSIST}
"""Acts that a guard of their own could have stopped, whatever credential they were done with."""
_RIGHTS = {Nature.RIGHT, Nature.DEPLOY}
_ADDONS = {"addon", "delivery", "admission", "segmentation", "detection", "cloud_identity"}
_ON_NODES = {"node", "node_software", "kubelet", "metadata", "joining"}
_BUILDERS = {"pipeline", "dependencies", "registry", "source", "pipeline_identity", "image", "device"}


def first_execution(view: View) -> Chosen | None:
    """A flaw that fired in a builder is a matter of the build, whatever it would have been on a node."""
    if view.step.where is not Stage.BUILD or view.step.inside_cluster or view.defect is not DefectClass.VULNERABILITY:
        return None
    if view.family_name in _BUILDERS - {"image", "pipeline"}:
        return None
    return _chosen(
        "supply.pipeline-trust", "first_execution", f"{view.part.name} first ran in a builder, outside the cluster"
    )


def left_valid(view: View) -> Chosen | None:
    """A credential that was known to be exposed before it was used: revoking it was the duty, and was not done."""
    defect = view.part.defect
    if defect is None or defect.kind is not DefectClass.LEAKED_CREDENTIAL or defect.disclosed is None:
        return None
    known_before = defect.disclosed.last < view.ground.since.first
    ended = defect.fix_applied is not None and defect.fix_applied.last < view.ground.since.first
    if not known_before or ended or view.family_name == "device":
        return None
    says = f"{view.part.name} was known to be exposed since {defect.disclosed.text}, and still worked"
    return _chosen("response.revocation", "response", says)


def left_with_access(view: View) -> Chosen | None:
    """Somebody who has left and still gets in: that access was to be taken away, however it was once given."""
    if view.act.duty != "identity.offboarding" or view.part.installed_by is InstalledBy.PROVIDER:
        return None
    if view.family_name not in {
        "login",
        "rights",
        "accounts",
        "credential",
        "revocable",
        "certificates",
        "cloud_identity",
    }:
        return None
    return _chosen("identity.offboarding", "root", f"{view.part.name} outlived whom it was given to", "identity.rbac")


def left_behind(view: View) -> Chosen | None:
    """What an intruder put there and what works on after the door was closed: the clean-up was not finished."""
    if view.part.installed_by is not InstalledBy.INTRUDER or view.act.nature is not Nature.PERSIST:
        return None
    if not any(one.part.id == view.part.id for one in view.earlier):
        return None
    return _chosen("response.tenant", "response", f"{view.part.name} outlived the closing of the door it came through")


def late_harm(view: View) -> Chosen | None:
    """Mining, call-backs, altered or stolen data: harm that is done after the door was opened elsewhere."""
    if view.act.nature is not Nature.HARM:
        return None
    if view.part.defect is not None and not view.is_after_cause:
        return None
    return _chosen(view.act.duty, "root", "harm that follows: seeing it is a duty of its own")


def looked_around(view: View) -> Chosen | None:
    """Looking around from a part that had already been taken: nothing was broken again, but it could be seen."""
    if view.act.nature is not Nature.LOOK or not view.is_after_cause or view.family.kind_decides:
        return None
    if view.defect not in {DefectClass.VULNERABILITY, DefectClass.MALICIOUS_RELEASE}:
        return None
    return _chosen("monitoring.runtime-detection", "root", "looking around after the door was open", view.act.duty)


def planted(view: View) -> Chosen | None:
    """A thing of the intruder: rights are a matter of RBAC, workloads and images of what is let in."""
    if view.part.installed_by is not InstalledBy.INTRUDER:
        return None
    if view.family_name in {"rights", "accounts"}:
        return _chosen("identity.rbac", "installer", f"{view.part.name} was made with rights that somebody had given")
    return _chosen("admission.policy", "installer", f"{view.part.name} was let in: nothing stopped it at the door")


def let_in(view: View) -> Chosen | None:
    """Something new is started as a workload, by whatever right or deputy: what is let in is a matter of admission."""
    if view.defect is not None or view.family_name not in {"workload", "image"}:
        return None
    if view.act.nature not in {Nature.DEPLOY, Nature.DEPUTY}:
        return None
    return _chosen("admission.policy", "root", f"{view.part.name} was let in: nothing stopped it", view.act.duty)


def rented_service(view: View) -> Chosen | None:
    """For whoever rents a service, all under it is the service's: keeping its users apart."""
    if not view.ground.is_service_user or view.part.installed_by is not InstalledBy.PROVIDER:
        return None
    if view.family_name in {"component_identity", "rights"}:
        return _chosen(
            "addon.privileges", "recursion", f"{view.part.name} holds more than its task on a shared cluster"
        )
    if view.family_name in {"node_software", "node"} and view.held.phase in {Phase.AFTER, Phase.ACROSS}:
        return _chosen(
            "node.patching",
            "recursion",
            f"{view.part.name} of the service was not kept up",
            "platform.tenant-isolation",
        )
    return _chosen(
        "platform.tenant-isolation", "recursion", "who rents out parts of a shared cluster keeps its users apart"
    )


def of_a_supplier(view: View) -> Chosen | None:
    """What a supplier runs for the build is, for its customer, a matter of whom the pipeline trusts."""
    if view.part.installed_by is not InstalledBy.THIRD_PARTY or view.step.where is not Stage.BUILD:
        return None
    if view.family_name not in {"device", "service", "pipeline", "credential", "source", "pipeline_identity"}:
        return None
    return _chosen("supply.pipeline-trust", "root", f"{view.part.name} is run by a supplier of the build")


def joins_a_node(view: View) -> Chosen | None:
    """What a node or its host gives out and a node then joins with: the credentials of joining."""
    if view.family_name not in _ON_NODES:
        return None
    takes = view.act.nature in {Nature.METADATA, Nature.EXPOSURE}
    joined = (view.act, view.next_act, *(one.act for one in view.earlier if one.part.id == view.part.id))
    if not takes or not any(one is not None and one.duty == "node.bootstrap" for one in joined):
        return None
    return _chosen("node.bootstrap", "root", "it gave out what a node joins with", "node.metadata", "platform.defaults")


def carried_on(view: View) -> Chosen | None:
    """A taken credential that goes on to be used on the same sound part: the duty that let it go still governs."""
    if view.defect not in {None, DefectClass.LEAKED_CREDENTIAL} or view.step.credential not in _TAKEN:
        return None
    same = [one for one in view.earlier if one.part.id == view.part.id and one.step.basis is not StepBasis.ASSUMED]
    if not same or same[-1].chosen is None or view.act.nature in _OWN_GUARDS:
        return None
    said = same[-1].chosen
    return Chosen(
        duty=said.duty, reason=Reason(rule="root", says=f"goes on from step {same[-1].step.n}"), also=said.also
    )


def as_the_node(view: View) -> Chosen | None:
    """Acting as a node with what the metadata service gave out: metadata and the node's role are one duty."""
    if view.defect is not None or view.act.nature is not Nature.NODE or view.step.credential not in _TAKEN:
        return None
    if view.family_name not in {"login", "node", "metadata"}:
        return None
    gave = next((one for one in reversed(view.earlier[-2:]) if one.act.nature is Nature.METADATA), None)
    if gave is None:
        return None
    reason = Reason(rule="root", says=f"the node's own credential, given out in step {gave.step.n}")
    return Chosen(duty="node.metadata", reason=reason, held=gave.held)


def opened_by_a_secret(view: View) -> Chosen | None:
    """What a found secret opens: the duty that let the secret lie where it was found still governs."""
    if view.defect is not None or view.act.duty != "secret.rotation" or view.step.credential not in _TAKEN:
        return None
    for one in reversed(view.earlier):
        if one.chosen is not None and _layer(one.chosen.duty) is Layer.SECRET:
            reason = Reason(rule="root", says=f"opened by what was found in step {one.step.n}")
            return Chosen(duty=one.chosen.duty, reason=reason, also=("secret.rotation",), held=one.held)
    return None


def deployed_past_the_gate(view: View) -> Chosen | None:
    """Something running is changed with a genuine deploy identity: the right was meant, the approval was missing."""
    if view.defect is not None or view.act.nature is not Nature.CHANGE:
        return None
    by_pipeline = view.part.managed_by is ManagedBy.PIPELINE or any(
        one.chosen is not None and _layer(one.chosen.duty) is Layer.SUPPLY for one in view.earlier
    )
    if not by_pipeline or view.step.credential not in {*_TAKEN, CredentialUse.SHARED}:
        return None
    says = "changed with a deploy identity that may change it, past what was approved"
    return _chosen("delivery.change-approval", "valid_identity", says, "admission.policy")


def rights_of_a_component(view: View) -> Chosen | None:
    """A component's flaw that is its identity: whoever holds its token can do more than its task needs."""
    if view.part.defect is None or view.family_name not in _ADDONS:
        return None
    uses = view.act.nature in _RIGHTS or (view.act.nature is Nature.NODE and view.step.credential in _TAKEN)
    if not uses or view.defect in {DefectClass.MALICIOUS_RELEASE, DefectClass.LEAKED_CREDENTIAL}:
        return None
    if view.held.phase not in {None, Phase.BEFORE}:
        return None
    return _chosen(
        "addon.privileges", "installer", f"the rights of {view.part.name} are more than its task needs", "addon.fix"
    )


def came_with_a_component(view: View) -> Chosen | None:
    """Rights that were delivered with a component are that component's rights, not RBAC that somebody wrote."""
    if view.family_name != "rights" or view.part.managed_by not in CHARTS or view.ground.is_own(view.part):
        return None
    duty = "addon.rollout" if view.held.phase not in {None, Phase.BEFORE} else "addon.privileges"
    return _chosen(duty, "installer", f"{view.part.name} came with the component", "secret.access")


def own_mapping(view: View) -> Chosen | None:
    """The login component is the platform's where the provider runs it; whom it lets in is its user's."""
    if view.family_name != "login" or view.defect is DefectClass.DEFAULT:
        return None
    if view.part.installed_by is InstalledBy.PROVIDER:
        return _chosen("platform.authenticator", "installer", f"{view.part.name} is run by the provider")
    return None


def built_in_guard(view: View) -> Chosen | None:
    """Admission and network rules that the service brings along are its defaults, not a policy of its user."""
    if view.family_name not in {"admission", "segmentation"} or view.part.installed_by is not InstalledBy.PROVIDER:
        return None
    if view.defect not in {DefectClass.MISCONFIGURATION, DefectClass.DEFAULT} or view.part.managed_by in CHARTS:
        return None
    return _chosen("platform.defaults", "installer", f"{view.part.name} comes with the service", view.family.default)


def of_the_endpoint(view: View) -> Chosen | None:
    """An API server that is open to where it should not be: its network reach is a setting of the cluster."""
    if view.family_name != "control_plane" or view.act.nature is not Nature.EXPOSURE:
        return None
    if view.defect not in {DefectClass.MISCONFIGURATION, None}:
        return None
    return _chosen("cluster.endpoint", "root", "the API server could be reached from where nobody needs it")


def audit_settings(view: View) -> Chosen | None:
    """The audit trail's content is its maker's; that it is exported and kept is whoever's set that up."""
    if view.family_name != "audit" or view.part.installed_by is InstalledBy.PROVIDER or view.defect is None:
        return None
    if view.act.nature is Nature.BLIND:
        return _chosen("monitoring.log-retention", "installer", f"{view.part.name} could be switched off")
    return _chosen("cluster.audit-export", "installer", f"{view.part.name} is set up by its user")


def read_in_the_log(view: View) -> Chosen | None:
    """A credential that lay in a log: who can read the log is who can read the credential."""
    if view.family_name not in {"audit", "audit_export"} or view.act.nature is not Nature.CREDENTIAL:
        return None
    return _chosen(
        "secret.access", "root", f"whoever reads {view.part.name} reads what lies in it", "monitoring.log-retention"
    )


def pushed_or_pulled(view: View) -> Chosen | None:
    """An altered image: who may push is the registry's matter at the supplier; what is pulled is its user's."""
    if view.family_name not in {"image", "addon", "delivery"} or view.defect is not DefectClass.MALICIOUS_RELEASE:
        return None
    if view.step.where is Stage.BUILD:
        return _chosen(
            "supply.registry", "root", f"{view.part.name} was altered where it is kept", "supply.image-provenance"
        )
    return _chosen("supply.image-provenance", "root", f"{view.part.name} was pulled without proof of its origin")


def key_of_a_pipeline(view: View) -> Chosen | None:
    """A credential that a pipeline keeps, wherever it opens a door."""
    if view.defect is not DefectClass.LEAKED_CREDENTIAL or view.part.managed_by is not ManagedBy.PIPELINE:
        return None
    if view.family_name not in {"credential", "cloud_identity", "accounts", "secrets", "login", "revocable"}:
        return None
    return _chosen("supply.pipeline-credentials", "root", f"{view.part.name} is kept by a pipeline")


def taken_from_a_pipeline(view: View) -> Chosen | None:
    """Credentials that lie where the customer's own pipeline runs, in its environment, memory or logs."""
    if view.defect is not None or view.family_name != "pipeline":
        return None
    if view.act.nature not in {Nature.CREDENTIAL, Nature.RIGHT}:
        return None
    return _chosen("supply.pipeline-credentials", "root", f"{view.part.name} held credentials", "supply.pipeline-trust")


def kept_in_a_file(view: View) -> Chosen | None:
    """A secret in a repository is a matter of what is committed; in a state or value file of how secrets are kept."""
    if view.family_name not in {"source", "credential"} or view.act.nature is not Nature.CREDENTIAL:
        return None
    if view.family_name == "credential" and view.step.where is not Stage.BUILD:
        return None
    if view.step.where is Stage.BUILD and not view.act.duty.startswith("secret.access"):
        return _chosen("supply.source", "root", f"a credential was kept in {view.part.name}", "secret.storage")
    return _chosen(
        "secret.storage", "root", f"a credential was kept in {view.part.name}", "secret.access", "supply.source"
    )


def by_weakness(view: View) -> Chosen | None:
    """What was wrong with the part says which duty was broken, unless the act names a nearer one."""
    if view.part.defect is None:
        return None
    broken = _broken(view)
    nearer = view.act.duty
    if view.defect in {DefectClass.MISCONFIGURATION, DefectClass.DEFAULT} and not view.family.kind_decides and nearer:
        if view.act.nature in {Nature.ESCAPE, *_RIGHTS} and view.family_name in _ADDONS:
            nearer = "addon.privileges"
        if view.act.nature is Nature.EXPLOIT and view.act.also:
            return _chosen(view.act.also[0], "root", f"{view.part.name} could be reached as it was set up", broken)
        if view.act.nature in {Nature.EXPOSURE, Nature.METADATA, Nature.ESCAPE, Nature.CREDENTIAL, *_RIGHTS}:
            return _chosen(nearer, "root", f"{view.act.title}", broken)
    return _chosen(
        broken, "root", f"{_class(view)} of {view.part.name} ({view.part.kind})", *([nearer] if nearer else [])
    )


def by_act(view: View) -> Chosen | None:
    """Nothing was wrong with the part itself: what would have stopped the act."""
    if view.family.decides_when_sound or not view.act.duty:
        return None
    if view.family.kind_decides and view.family.none in view.act.also and view.act.nature is not Nature.DEPUTY:
        return None
    if view.step.where is Stage.BUILD and view.family_name == "pipeline":
        duty = view.act.duty if view.act.nature is Nature.SUPPLY else view.family.none
        return _chosen(duty, "root", view.act.title)
    return _chosen(view.act.duty, "root", view.act.title, *view.act.also)


def by_part(view: View) -> Chosen | None:
    """Neither says more: what has to be done about a part of this kind."""
    return _chosen(view.family.none, "root", f"what is due for {view.part.name} ({view.part.kind})")


RULES: tuple[Callable[[View], Chosen | None], ...] = (
    first_execution,
    left_valid,
    left_with_access,
    left_behind,
    rented_service,
    late_harm,
    looked_around,
    planted,
    let_in,
    of_a_supplier,
    joins_a_node,
    carried_on,
    as_the_node,
    opened_by_a_secret,
    deployed_past_the_gate,
    rights_of_a_component,
    came_with_a_component,
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
        then = ground.during(step)
        view = View(
            step=step,
            part=part,
            act=acts[at],
            family=families()[family_of(part)],
            held=party_of(part, then),
            ground=then,
            earlier=tuple(done),
            next_act=_next(acts, at),
        )
        done.append(_with_duty(view))
    return tuple(done)


def _next(acts: Sequence[Act], at: int) -> Act | None:
    """What the acts of the same sort that follow lead to."""
    after = at + 1
    while after < len(acts) and acts[after].nature is Nature.METADATA and acts[after].duty != "node.bootstrap":
        after += 1
    return acts[after] if after < len(acts) else None


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


def _layer(duty: str) -> Layer:
    return duties()[duty].layer


def _class(view: View) -> str:
    return (view.defect or "").replace("_", " ")


def _chosen(duty: str, rule: str, says: str, *also: str) -> Chosen:
    others = tuple(dict.fromkeys(one for one in also if one and one != duty))
    return Chosen(duty=duty, reason=Reason(rule=rule, says=says), also=others)
