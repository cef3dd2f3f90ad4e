"""YAML that strangers wrote, as plain values: no code, no deep nesting, no surprises of type.

Reads what pipelines use beyond plain YAML (GitLab's ``!reference``): a tagged node becomes an object with the tag as
its only field. Aliases stay shared, as PyYAML builds them; whoever copies must bound them (see plain.py).
"""

from __future__ import annotations

from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_DOCUMENTS = 500
MOST_LEVELS = 60
MOST_NODES = 300_000


class HostileYaml(Exception):  # noqa: N818 - says what it is about, and is caught in one place
    """Raised when a text is no YAML, or YAML that is not built for safety. The message quotes nothing."""


class _Loader(_Base):  # type: ignore[misc]
    """Safe constructors, and every unknown tag as a plain value."""


def _tagged(loader: Any, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = node.value
    return {tag: value} if tag.startswith("!") else value


_Loader.add_multi_constructor("", lambda loader, tag, node: _tagged(loader, tag or node.tag, node))


def documents(content: str) -> list[Any]:
    """Build the documents of a text.

    Raises HostileYaml for what is no YAML, nests deeper than MOST_LEVELS, or has more than MOST_DOCUMENTS or
    MOST_NODES.
    """
    try:
        _check(content)
        return list(yaml.load_all(content, Loader=_Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise HostileYaml(f"not YAML (line {mark.line + 1})" if mark else "not YAML") from None
    except (ValueError, TypeError, RecursionError, OverflowError, AttributeError) as error:
        raise HostileYaml(f"YAML with a value that cannot be built ({type(error).__name__})") from None


def _check(content: str) -> None:
    """Walk the events, which needs no recursion, before anything is built."""
    level = found = 0
    for nodes, event in enumerate(yaml.parse(content, Loader=_Base)):
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            found += 1
        if level > MOST_LEVELS:
            raise HostileYaml(f"nested deeper than {MOST_LEVELS} levels")
        if nodes > MOST_NODES or found > MOST_DOCUMENTS:
            raise HostileYaml("too many values for a file that people write")
