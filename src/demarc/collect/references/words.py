"""By what words a field, or its description, says that it names a Secret. Patterns only."""

from __future__ import annotations

import re
from typing import Final

from demarc.collect.references.candidates import ANY, Path

_TEXT: Final = re.compile(r".*secret_?(?:name|ref|reference)", re.IGNORECASE)
"""A text under it is a name, by the field's own name."""
_BARE: Final = re.compile(r".*secrets?", re.IGNORECASE)
"""A text under it is a name or a value."""
_OBJECT: Final = re.compile(r".*(?:secret|certificateref).*", re.IGNORECASE)
"""An object under it has a ``name``."""
_OTHER: Final = re.compile(r"secret[_-]?(?:store|class|provider|engine|manager|operator|sync|transform)", re.IGNORECASE)
"""What is called after Secrets and is none."""
_OF_OTHERS: Final = re.compile(
    r".*(?:service|account|role|class|configmap|config_map|cluster|claim|volume|pod|node|host|image|namespace|issuer"
    r"|certificate|policy|project|repo(?:sitory)?|database|user|label|tag|region|zone|version|url|path|kind|type|bucket"
    r"|store|queue|topic|schema|table|group|owner|team|job|deployment|template|chart|release)s?(?:name|ref)?",
    re.IGNORECASE,
)
_MAKES: Final = re.compile(r"target|destination|template|metadata|labels|annotations|output.*|write.*", re.IGNORECASE)
"""What an operator writes to, and labels."""
_MENTIONS: Final = re.compile(r"\bsecrets?\b(?!\s+(?:manager|store|engine|provider))", re.IGNORECASE)
_NAMES: Final = re.compile(
    r"\bname of (?:the |a |an |another )?(?:[\w`'-]+ ){0,4}secret\b|\bsecret(?:'s)? name\b"
    r"|\bnames? (?:a|the) (?:[\w-]+ ){0,3}secret\b",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"secrets? manager|key ?vault|in (?:hashicorp )?vault\b|parameter store|\bconfig ?map\b", re.IGNORECASE
)
"""Things outside of the cluster that are called secrets too, and fields that may name either of two kinds."""


def names_by_field(path: Path) -> bool:
    """Whether a text is the name of a Secret by the names of the fields around it, and by nothing else."""
    words = [word for word in path if word != ANY]
    last = words[-1]
    if last == "name" and len(words) > 1:
        return _OBJECT.fullmatch(words[-2]) is not None and not _OTHER.search(words[-2])
    return path[-1] != ANY and _TEXT.fullmatch(last) is not None and not _OTHER.search(last)


def may_by_field(path: Path) -> bool:
    """Whether a text may be a name as well as a value, as in ``adminSecret``."""
    last = next(word for word in reversed(path) if word != ANY)
    return _BARE.fullmatch(last) is not None


def says_nothing(path: Path) -> bool:
    """Whether the fields around a text speak of nothing else: being equal to a Secret's name then tells something."""
    words = [word for word in path if word != ANY]
    about = words[-2:] if words[-1] in ("name", "value") else words[-1:]
    return not any(_OF_OTHERS.fullmatch(word) for word in about) and not makes(path)


def makes(path: Path) -> bool:
    """Whether it is something that is written, not used."""
    return any(_MAKES.fullmatch(word) for word in path[1:])


def mentions(description: str) -> bool:
    """Whether a description speaks of a Secret of the cluster, and of nothing else that it may be."""
    return _MENTIONS.search(description) is not None and _ELSEWHERE.search(description) is None


def names(description: str) -> bool:
    """Whether a description says that the text is the name of a Secret."""
    return _NAMES.search(description) is not None and _ELSEWHERE.search(description) is None


def is_elsewhere(description: str) -> bool:
    """Whether a description speaks of a store outside, or of several kinds."""
    return _ELSEWHERE.search(description) is not None


def is_secret_object(name: str) -> bool:
    """Whether a field holds a reference to a Secret by its own name."""
    return _OBJECT.fullmatch(name) is not None and _OTHER.search(name) is None


def is_secret_text(name: str) -> bool:
    """Whether a field holds the name of a Secret by its own name."""
    return _TEXT.fullmatch(name) is not None and _OTHER.search(name) is None
