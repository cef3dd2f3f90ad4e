"""A user's check: a ValidatingAdmissionPolicy with a duty and a severity, so that one text checks and enforces.

Everything wrong with a file is told at once, with its line. It reads bytes that somebody else opened, and evaluates
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from demarc.intake.limits import Limits
from demarc.intake.yaml_documents import YamlDamage, YamlDocument, yaml_documents
from demarc.model.errors import Problem, Where
from demarc.model.kubernetes import LabelSelector
from demarc.model.posture import CheckFacts, Need, Severity
from demarc.posture.cel import CelError, Expression
from demarc.posture.lines import line_of

PREFIX = "demarc.dev/"
POLICY = ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy")
TEST = ("demarc.dev/v1", "CheckTest")
_SEEN_OPERATIONS = frozenset({"CREATE", "UPDATE", "*"})
_ANNOTATIONS = ("duty", "severity", "title", "why", "fix", "also")


class _Wire(Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what is read. Fields that this has no use for are skipped."""


class NamedExpression(_Wire, frozen=True, kw_only=True):
    """A variable or match condition."""

    name: str
    expression: str


class Validation(_Wire, frozen=True, kw_only=True):
    """One rule: false violates."""

    expression: str
    message: str = ""
    message_expression: str = ""


class Rule(_Wire, frozen=True, kw_only=True):
    """Which objects are looked at, as the API writes it."""

    api_groups: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    resource_names: list[str] = field(default_factory=list)
    scope: str = "*"


class Constraints(_Wire, frozen=True, kw_only=True):
    """All that an object must meet to be looked at."""

    resource_rules: list[Rule] = field(default_factory=list)
    exclude_resource_rules: list[Rule] = field(default_factory=list)
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None


class PolicySpec(_Wire, frozen=True, kw_only=True):
    """Spec of a ValidatingAdmissionPolicy."""

    match_constraints: Constraints | None = None
    match_conditions: list[NamedExpression] = field(default_factory=list)
    variables: list[NamedExpression] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    param_kind: dict[str, Any] | None = None


class _Meta(_Wire, frozen=True, kw_only=True):
    name: str = ""
    annotations: dict[str, str] = field(default_factory=dict)


class _PolicyWire(_Wire, frozen=True, kw_only=True):
    metadata: _Meta
    spec: PolicySpec


class TestCase(_Wire, frozen=True, kw_only=True):
    """An object, and what the check must say of it."""

    name: str
    expect: str
    object: dict[str, Any]
    namespace_object: dict[str, Any] | None = None
    message: str = ""
    """Part of the message, for violated."""


class _TestWire(_Wire, frozen=True, kw_only=True):
    metadata: _Meta
    policy: str
    cases: list[TestCase]


class CompiledRule(Struct, frozen=True, kw_only=True):
    """A validation that can be evaluated."""

    expression: Expression
    message: str
    message_expression: Expression | None


class Policy(Struct, frozen=True, kw_only=True):
    """A user's check, ready to be evaluated."""

    facts: CheckFacts
    constraints: Constraints
    conditions: tuple[tuple[str, Expression], ...]
    variables: tuple[tuple[str, Expression], ...]
    validations: tuple[CompiledRule, ...]
    where: Where


class Tests(Struct, frozen=True, kw_only=True):
    """Tests of one check."""

    policy: str
    cases: tuple[TestCase, ...]
    where: Where


class Loaded(Struct, frozen=True, kw_only=True):
    """What some files hold."""

    policies: tuple[Policy, ...]
    tests: tuple[Tests, ...]
    problems: tuple[Problem, ...]


def load(files: Iterable[tuple[str, bytes]], *, duties: Collection[str], taken: Collection[str]) -> Loaded:
    """Read files given as name and bytes. ``taken`` are ids that checks of the catalogue have."""
    reader = _Reader(frozenset(duties), frozenset(taken))
    for name, data in files:
        reader.read(name, data)
    return reader.loaded()


class _Reader:
    def __init__(self, duties: frozenset[str], taken: frozenset[str]) -> None:
        self._duties = duties
        self._taken = taken
        self._policies: dict[str, Policy] = {}
        self._tests: list[Tests] = []
        self._problems: list[Problem] = []

    def loaded(self) -> Loaded:
        for tests in self._tests:
            if tests.policy not in self._policies:
                self._wrong(f"there is no policy {tests.policy!r}", tests.where, "name a policy of these files")
        return Loaded(policies=tuple(self._policies.values()), tests=tuple(self._tests), problems=tuple(self._problems))

    def read(self, name: str, data: bytes) -> None:
        for document in yaml_documents(data, Limits()):
            if isinstance(document, YamlDamage):
                self._wrong(document.says, Where(file=name, line=document.line), "write it as YAML")
            else:
                self._document(name, document)

    def _document(self, name: str, document: YamlDocument) -> None:
        head = msgspec.json.decode(document.data)
        kind = (head.get("apiVersion"), head.get("kind")) if isinstance(head, dict) else ("", "")
        where = Where(file=name, line=document.line)
        if kind == POLICY:
            found = self._typed(document, _PolicyWire, where)
            if isinstance(found, _PolicyWire):
                self._policy(found, _Places(name, document))
        elif kind == TEST:
            tests = self._typed(document, _TestWire, where)
            if isinstance(tests, _TestWire):
                self._tests.append(Tests(policy=tests.policy, cases=tuple(tests.cases), where=where))
                self._expectations(tests, _Places(name, document))
        elif kind[1] == "ValidatingAdmissionPolicyBinding":
            return  # Belongs to enforcing; checking looks at every object that the policy matches.
        else:
            todo = f"write {POLICY[1]} of {POLICY[0]}, or {TEST[1]} of {TEST[0]}"
            self._wrong(f"{kind[1] or 'this'} is no check", where, todo)

    def _typed(self, document: YamlDocument, wanted: type[Any], where: Where) -> object:
        try:
            return msgspec.json.decode(document.data, type=wanted)
        except msgspec.ValidationError as error:
            self._wrong(str(error), where, "write it as kubectl explain validatingadmissionpolicy shows")
            return None

    def _expectations(self, tests: _TestWire, places: _Places) -> None:
        for number, case in enumerate(tests.cases):
            if case.expect not in ("holds", "violated", "unknown", "not-matched"):
                where = places.at(f"cases[{number}].expect")
                self._wrong(f"{case.expect!r} is no answer", where, "expect holds, violated, unknown or not-matched")

    def _policy(self, wire: _PolicyWire, places: _Places) -> None:
        before = len(self._problems)
        name, spec = wire.metadata.name, wire.spec
        if not name or name in self._policies or name.upper() in self._taken:
            self._wrong(
                f"the name {name!r} is missing or taken", places.at("metadata.name"), "give it a name of its own"
            )
        facts = self._facts(wire, places)
        self._constraints(spec, places)
        if spec.param_kind is not None:
            self._wrong("it has params", places.at("spec.paramKind"), "write the values into the expressions")
        if not spec.validations:
            self._wrong("it has no validations", places.at("spec"), "write at least one under spec.validations")
        conditions = list(self._named("spec.matchConditions", spec.match_conditions, places))
        variables = list(self._named("spec.variables", spec.variables, places))
        validations = list(self._validations(spec, places))
        if len(self._problems) == before and facts is not None and spec.match_constraints is not None:
            self._policies[name] = Policy(
                facts=facts,
                constraints=spec.match_constraints,
                conditions=tuple(conditions),
                variables=tuple(variables),
                validations=tuple(validations),
                where=places.at("metadata.name"),
            )

    def _facts(self, wire: _PolicyWire, places: _Places) -> CheckFacts | None:
        said = {name.removeprefix(PREFIX): text for name, text in wire.metadata.annotations.items() if PREFIX in name}
        at = places.at("metadata.annotations")
        for name in sorted(said.keys() - set(_ANNOTATIONS)):
            self._wrong(f"no annotation is called {PREFIX}{name}", at, f"there are {', '.join(_ANNOTATIONS)}")
        duty, severity = said.get("duty", ""), said.get("severity", "")
        also = tuple(filter(None, (word.strip() for word in said.get("also", "").split(","))))
        for word in (duty, *also):
            if word not in self._duties:
                self._wrong(
                    f"there is no duty {word!r}", at, f"annotate {PREFIX}duty with one, such as admission.policy"
                )
        if severity not in {one.value for one in Severity}:
            self._wrong(
                f"{severity!r} is no severity", at, f"annotate {PREFIX}severity: critical, high, medium, low, info"
            )
            return None
        rules = wire.spec.match_constraints.resource_rules if wire.spec.match_constraints else []
        messages = [rule.message or rule.expression for rule in wire.spec.validations]
        return CheckFacts(
            id=wire.metadata.name,
            title=said.get("title") or wire.metadata.name,
            family="user",
            severity=Severity(severity),
            duty=duty,
            also=also,
            needs=(Need.DUMP,),
            looks_at=tuple(dict.fromkeys(resource for rule in rules for resource in rule.resources)),
            rule="; ".join(messages),
            why=said.get("why") or "A rule of your own.",
            fix=said.get("fix") or "Change the object so that the expression holds.",
        )

    def _constraints(self, spec: PolicySpec, places: _Places) -> None:
        at = places.at("spec.matchConstraints")
        if spec.match_constraints is None or not spec.match_constraints.resource_rules:
            self._wrong("it matches nothing", at, "write spec.matchConstraints.resourceRules")
            return
        for rule in spec.match_constraints.resource_rules:
            if rule.operations and _SEEN_OPERATIONS.isdisjoint(rule.operations):
                todo = "add CREATE or UPDATE: objects are looked at as if they were created"
                self._wrong(f"it looks at {', '.join(rule.operations)} only", at, todo)
            if any("/" in resource for resource in rule.resources):
                self._wrong("it matches a subresource", at, "match the resource itself")

    def _named(self, path: str, given: list[NamedExpression], places: _Places) -> Iterator[tuple[str, Expression]]:
        for number, one in enumerate(given):
            expression = self._compiled(one.expression, places.at(f"{path}[{number}].expression"))
            if expression is not None:
                yield one.name, expression

    def _validations(self, spec: PolicySpec, places: _Places) -> Iterator[CompiledRule]:
        for number, rule in enumerate(spec.validations):
            path = f"spec.validations[{number}]"
            expression = self._compiled(rule.expression, places.at(f"{path}.expression"))
            message = None
            if rule.message_expression:
                message = self._compiled(rule.message_expression, places.at(f"{path}.messageExpression"))
            if expression is not None:
                yield CompiledRule(expression=expression, message=rule.message, message_expression=message)

    def _compiled(self, text: str, where: Where) -> Expression | None:
        try:
            return Expression(text)
        except CelError as error:
            self._wrong(str(error), where, "docs/concepts/user-checks.md says what an expression may use")
            return None

    def _wrong(self, what: str, where: Where, todo: str) -> None:
        self._problems.append(Problem(what=what, where=where, todo=todo))


class _Places:
    """Lines of the fields of a document."""

    def __init__(self, name: str, document: YamlDocument) -> None:
        self._name = name
        self._document = document

    def at(self, path: str) -> Where:
        """Where a field stands, or what is nearest above it."""
        line = line_of(self._document.lines, path) if self._document.lines else None
        return Where(file=self._name, line=line or self._document.line, field=path)
