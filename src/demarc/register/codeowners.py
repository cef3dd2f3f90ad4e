"""Owners of a repository, as CODEOWNERS and the OWNERS files of Kubernetes projects name them.

The rule for everything stands for the pipeline of the repository. Which folder deploys which namespace is nowhere in
such a file: only folders that the register's settings map to a namespace say anything about one.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from msgspec import Struct

from demarc.model.errors import Where
from demarc.register.fields import ID_LENGTH, NAME_LENGTH
from demarc.register.problems import Problems
from demarc.register.tree import Mapping, Scalar, Sequence, decoded, documents
from demarc.register.words import shown, unsafe

CODEOWNERS = "CODEOWNERS"
OWNERS = "OWNERS"

_ASIDE = frozenset({".github", ".gitlab", "docs"})
_SECTION = re.compile(r"^\^?\[([^\]]*)\](?:\[\d+\])?\s*(.*)$")
_OWNER = re.compile(r"^(@{1,2}[\w./-]+|[^\s@]+@[^\s@]+)$")
_PROBE = "any-file"


class Rule(Struct, frozen=True, kw_only=True):
    """A rule: who owns the files that a pattern matches."""

    pattern: str
    owners: tuple[str, ...]
    """None: whoever owned it by an earlier rule does so no more."""
    section: str
    where: Where


def repository_of(relative: PurePosixPath) -> str | None:
    """The repository that the folders of a file name, as a pipeline selector; None at the top of the register.

    ``repos/github.com/acme/shop/CODEOWNERS`` is ``github.com/acme/shop``; ``shop/.github/CODEOWNERS`` is ``*/shop``,
    since the folder says no more.
    """
    folders = [part for part in relative.parts[:-1] if part not in _ASIDE]
    if not folders:
        return None
    host = next((i for i, part in enumerate(folders) if "." in part.strip(".") and len(folders) - i >= 3), None)
    return "/".join(folders[host:]) if host is not None else f"*/{folders[-1]}"


def read_codeowners(data: bytes, file: str, problems: Problems) -> tuple[Rule, ...]:
    """Read a CODEOWNERS file of GitHub or GitLab: rules in the order of writing, sections with their own owners."""
    text = decoded(data, file, problems)
    rules: list[Rule] = []
    section = ""
    fallback: tuple[str, ...] = ()
    for number, line in enumerate((text or "").splitlines(), start=1):
        where = Where(file=file, line=number)
        words = _words(line)
        if not words:
            continue
        header = _SECTION.match(line.strip())
        if header:
            section, fallback = header[1].strip().lower(), _owners(header[2].split(), where, problems)
            continue
        if len(words[0]) > NAME_LENGTH or unsafe(words[0]):
            problems.error(f"not a pattern: {shown(words[0])}", where, "correct or remove the rule")
            continue
        owners = _owners(words[1:], where, problems) or fallback
        rules.append(Rule(pattern=words[0], owners=owners, section=section, where=where))
    return tuple(rules)


def _words(line: str) -> list[str]:
    """The words of a line without its comment; a backslash keeps a space or # in a pattern."""
    bare = re.sub(r"(?:^|(?<=\s))#.*$", "", line)
    return [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"(?:\\.|\S)+", bare)]


def _owners(words: list[str], where: Where, problems: Problems) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in words:
        if _OWNER.match(word) and len(word) <= ID_LENGTH and not unsafe(word):
            found[word] = None
        else:
            problems.warn(f"not an owner: {shown(word)}", where, "owners are @user, @org/team or a mail address")
    return tuple(found)


def read_owners(data: bytes, file: str, problems: Problems) -> tuple[Rule, ...]:
    """Read an OWNERS file: its approvers own the folder that it lies in."""
    rules: list[Rule] = []
    for node in documents(data, file, problems):
        approvers = node.get("approvers") if isinstance(node, Mapping) else None
        if not isinstance(approvers, Sequence):
            continue
        names = [item.text.strip() for item in approvers.items if isinstance(item, Scalar)]
        sound = tuple(name for name in names if name and len(name) <= ID_LENGTH and not unsafe(name))
        rules.append(Rule(pattern="*", owners=sound, section="", where=Where(file=file, line=approvers.line)))
    return tuple(rules)


def default_rules(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules that hold for everything: the last ``*`` of each section, if it names anybody."""
    last: dict[str, Rule] = {}
    for rule in rules:
        if rule.pattern in ("*", "/*", "**", "/**", "/", "/**/*", "**/*"):
            last[rule.section] = rule
    return tuple(rule for rule in last.values() if rule.owners)


def rules_for(rules: tuple[Rule, ...], folder: str) -> tuple[Rule, ...]:
    """The rules that hold for the files of a folder: the last match of each section, if it names anybody."""
    path = (*(part for part in folder.split("/") if part not in ("", ".")), _PROBE)
    last: dict[str, Rule] = {}
    for rule in rules:
        if matches(rule.pattern, path):
            last[rule.section] = rule
    return tuple(rule for rule in last.values() if rule.owners)


def matches(pattern: str, path: tuple[str, ...]) -> bool:
    """Tell whether a pattern of the gitignore sort covers a file, given as the parts of its path."""
    anchored = "/" in pattern.rstrip("/")
    folder = pattern.endswith("/")
    parts = tuple(part for part in pattern.split("/") if part)
    if not parts:
        return True
    if not anchored:
        parts = ("**", *parts)
    # A pattern that names a folder covers what is in it; a last part with a star (docs/*) is for files right there.
    deep = folder or "*" not in parts[-1] or parts[:-1] == ("**",)
    return (not folder and _match(parts, path)) or (deep and _match((*parts, "**", "*"), path))


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Match parts, ``**`` standing for any number of them; in time bounded by the product of both lengths."""
    reach = {0}
    for part in pattern:
        if part == "**":
            reach = set(range(min(reach), len(path) + 1)) if reach else set()
        else:
            reach = {i + 1 for i in reach if i < len(path) and _glob(part, path[i])}
    return len(path) in reach


def _glob(pattern: str, name: str) -> bool:
    """Match ``*`` and ``?`` within one part of a path, without a regular expression that could be made to explode."""
    p = n = 0
    star, mark = -1, 0
    while n < len(name):
        if p < len(pattern) and pattern[p] == "*":
            star, mark, p = p, n, p + 1
        elif p < len(pattern) and pattern[p] in ("?", name[n]):
            p, n = p + 1, n + 1
        elif star >= 0:
            mark += 1
            p, n = star + 1, mark
        else:
            return False
    return set(pattern[p:]) <= {"*"}
