"""YAML as a tree that knows its lines: values as they are written, so that a message can point at them.

Built from parser events rather than loaded, for four reasons: every value keeps its line; a repeated key is seen; what
somebody wrote as ``no`` or ``4.2`` is still text; and nesting and aliases are bounded before anything unfolds. It must
not know what the values mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from msgspec import Struct

from demarc.model.errors import Where
from demarc.register.problems import Problems
from demarc.register.words import shown

MAX_DEPTH = 40
MAX_NODES = 500_000
"""Values in one file, with everything that aliases stand for."""

_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!", None}
_STR = "tag:yaml.org,2002:str"
_STAR = 'quote a text that starts with *: "*"'
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAB_INDENT = re.compile(r"^ *\t")


class Scalar(Struct, frozen=True):
    """A single value as written."""

    text: str
    plain: bool
    """Written without quotes, so that YAML would read ``no`` as false and ``12`` as a number."""
    line: int

    @property
    def means(self) -> str:
        """What YAML 1.1 takes it for: str, null, bool, int, float, timestamp, ..."""
        if not self.plain or len(self.text) > 64:
            return "str"
        table = yaml.SafeLoader.yaml_implicit_resolvers
        for tag, pattern in (*table.get(self.text[:1], ()), *table.get(None, ())):
            if pattern.match(self.text):
                return str(tag).rpartition(":")[2]
        return "str"


class Sequence(Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...]
    line: int
    size: int


class Mapping(Struct, frozen=True):
    """A mapping, in the order of writing; each key once."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    size: int

    def get(self, key: str) -> Node | None:
        """The value of a key, None when it is not there."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The file goes beyond a bound, or uses YAML that has no place in a file written by hand."""

    def __init__(self, what: str, line: int, todo: str) -> None:
        super().__init__(what)
        self.what, self.line, self.todo = what, line, todo


class _Frame:
    """A list or mapping that is being read."""

    def __init__(self, *, mapping: bool, line: int, anchor: str | None) -> None:
        self.mapping = mapping
        self.line = line
        self.anchor = anchor
        self.nodes: list[Node] = []


def documents(data: bytes, file: str, problems: Problems) -> tuple[Node, ...]:
    """Read the documents of a YAML file; empty ones are left out.

    What cannot be read is reported to ``problems`` with its line; the documents before it are returned.
    """
    text = decoded(data, file, problems)
    if text is None:
        return ()
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        problems.error(
            f"a control character (U+{ord(found[0]):04X}), which YAML does not allow",
            Where(file=file, line=line),
            "remove it",
        )
        return ()
    done: list[Node] = []
    try:
        done.extend(_Builder(file, problems).documents(text))
    except _Refused as refused:
        problems.error(refused.what, Where(file=file, line=refused.line), refused.todo)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problems.error(*_syntax(error, text, line, file))
    except yaml.YAMLError as error:
        problems.error(f"not YAML: {shown(str(error), 200)}", Where(file=file), "correct the file")
    return tuple(done)


def decoded(data: bytes, file: str, problems: Problems) -> str | None:
    """Read bytes as UTF-8, with or without a byte order mark; None, and a problem with its line, when they are not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        what = "the file is UTF-16, not UTF-8" if utf16 else f"not UTF-8: byte 0x{data[error.start]:02x}"
        line = None if utf16 else data.count(b"\n", 0, error.start) + 1
        problems.error(what, Where(file=file, line=line), "save the file as UTF-8")
        return None


def _syntax(error: yaml.MarkedYAMLError, text: str, line: int, file: str) -> tuple[str, Where, str]:
    """Put a syntax error in words: what, where, what to do."""
    where = Where(file=file, line=line)
    lines = text.splitlines()
    near = lines[line - 1] if line <= len(lines) else ""
    if _TAB_INDENT.match(near):
        return "a tab in the indentation", where, "indent with spaces: YAML does not allow tabs there"
    said = (error.problem or "it cannot be read").replace("\n", " ")
    start = error.context_mark.line + 1 if error.context_mark else line
    since = f" (in what starts at line {start})" if start != line else ""
    if "mapping values are not allowed" in said:
        return f"not YAML: {said}", where, "quote the text that holds ': ', or correct the indentation"
    if "alias" in (error.context or ""):
        return "not YAML: a bare * begins an alias", where, _STAR
    if "cannot start any token" in said:
        return f"not YAML: {said}", where, "quote text that starts with @, ` or %"
    return f"not YAML: {said[:200]}{since}", where, "correct the line, or the one before it"


class _Builder:
    """Makes trees out of parser events, without recursion."""

    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._spent = 0
        self._anchors: dict[str, Node] = {}
        self._stack: list[_Frame] = []
        self._root: Node | None = None

    def documents(self, text: str) -> Iterator[Node]:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors, self._root = {}, None
            elif isinstance(event, yaml.DocumentEndEvent):
                empty = isinstance(self._root, Scalar) and self._root.means == "null"
                if self._root is not None and not empty:
                    yield self._root
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                self._close()

    def _node(self, event: yaml.NodeEvent) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(event.anchor or "")
            if known is None:
                raise _Refused(f"*{event.anchor} points to nothing before it", line, _STAR)
            self._take(known, line)
            return
        tag = getattr(event, "tag", None)
        if tag not in _PLAIN_TAGS:
            raise _Refused(f"the YAML tag {shown(str(tag))}", line, "remove it: values are plain here")
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, event.style in (None, "") and tag != _STR, line)
            if event.anchor:
                self._anchors[event.anchor] = node
            self._take(node, line)
            return
        if len(self._stack) >= MAX_DEPTH:
            raise _Refused(f"nested deeper than {MAX_DEPTH} levels", line, "write it flatter: six levels are enough")
        self._anchors.pop(event.anchor or "", None)
        self._stack.append(_Frame(mapping=isinstance(event, yaml.MappingStartEvent), line=line, anchor=event.anchor))

    def _take(self, node: Node, line: int) -> None:
        self._spent += 1 if isinstance(node, Scalar) else node.size
        if self._spent > MAX_NODES:
            raise _Refused(
                f"more than {MAX_NODES:,} values, aliases unfolded", line, "split the file; use fewer aliases"
            )
        if self._stack:
            self._stack[-1].nodes.append(node)
        else:
            self._root = node

    def _close(self) -> None:
        frame = self._stack.pop()
        size = 1 + sum(1 if isinstance(node, Scalar) else node.size for node in frame.nodes)
        node = self._mapping(frame, size) if frame.mapping else Sequence(tuple(frame.nodes), frame.line, size)
        if frame.anchor:
            self._anchors[frame.anchor] = node
        self._spent -= size - 1  # its values were counted one by one as they came
        self._take(node, frame.line)

    def _mapping(self, frame: _Frame, size: int) -> Mapping:
        seen: dict[str, Scalar] = {}
        entries: list[tuple[Scalar, Node]] = []
        merged: list[tuple[Scalar, Node]] = []
        for key, value in zip(frame.nodes[::2], frame.nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise _Refused("a list or mapping as a key", key.line, "keys are words")
            if key.text == "<<" and key.plain:
                merged.extend(_merged(value))
            elif key.text in seen:
                self._problems.error(
                    f"the key {shown(key.text)} is there twice: first at line {seen[key.text].line}",
                    Where(file=self._file, line=key.line),
                    "keep one of them: the second is not read",
                )
            else:
                seen[key.text] = key
                entries.append((key, value))
        for key, value in merged:
            if key.text not in seen:
                seen[key.text] = key
                entries.append((key, value))
        return Mapping(tuple(entries), frame.line, size)


def _merged(value: Node) -> list[tuple[Scalar, Node]]:
    """Entries that a merge key (``<<: *anchor``, or a list of them) brings in; earlier ones win."""
    sources = value.items if isinstance(value, Sequence) else (value,)
    taken: list[tuple[Scalar, Node]] = []
    for source in sources:
        if not isinstance(source, Mapping):
            raise _Refused("'<<' that is not a mapping", source.line, "point it to a mapping: <<: *anchor")
        taken.extend(source.entries)
    return taken
