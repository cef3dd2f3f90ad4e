"""One page of a list: how it is asked for, and whether what came is what was asked.

Kinds that hold credentials are asked as metadata, and what comes is looked at before anybody else gets it: a server or
proxy that ignores the wish and sends whole Secrets has its answer thrown away here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from demarc.collect.live.ask import PLAIN
from demarc.collect.live.interface import Answer
from demarc.collect.live.kinds import SECRET_BEARING, Resource


class Form(Struct, frozen=True, kw_only=True):
    """A form in which a list can be asked for."""

    accept: str
    query: Mapping[str, str] = {}
    kind: str
    """Kind of the answer; empty for the list kind of the resource itself."""


WHOLE = Form(accept=PLAIN, kind="")
TABLE = Form(accept="application/json;as=Table;v=v1;g=meta.k8s.io", query={"includeObject": "Metadata"}, kind="Table")
METADATA = Form(
    accept="application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", kind="PartialObjectMetadataList"
)


def forms_of(resource: Resource) -> tuple[Form, ...]:
    """Give the forms to try, best first.

    Secrets come as a Table: it adds the type and the number of keys to the metadata. Other credential-bearing kinds
    only as metadata, since their tables may print the credential (OpenShift's OAuthClient does).
    """
    if resource.name == "secrets":
        return (TABLE, METADATA)
    return (METADATA,) if resource.name in SECRET_BEARING else (WHOLE,)


class Page(Struct, frozen=True, kw_only=True):
    """A page that is what was asked for."""

    objects: int
    continue_: str
    """Token of the next page; empty on the last."""


class UnexpectedPageError(Exception):
    """The answer is not what was asked for. The text says what it is, and repeats none of it."""


class _ListMeta(Struct, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


class _WholeList(Struct, frozen=True):
    kind: str
    metadata: _ListMeta = _ListMeta()
    items: list[Raw] | None = None


class _Metadata(Struct, frozen=True, rename="camel"):
    kind: str = "PartialObjectMetadata"
    data: Raw | UnsetType = UNSET
    string_data: Raw | UnsetType = UNSET
    secret: Raw | UnsetType = UNSET

    def bare(self) -> bool:
        """Tell whether nothing but metadata is here."""
        values = (self.data, self.string_data, self.secret)
        return self.kind == "PartialObjectMetadata" and all(value is UNSET for value in values)


class _Row(Struct, frozen=True):
    object: _Metadata


class _Table(Struct, frozen=True):
    kind: str
    metadata: _ListMeta = _ListMeta()
    rows: list[_Row] | None = None


class _MetadataList(Struct, frozen=True):
    kind: str
    metadata: _ListMeta = _ListMeta()
    items: list[_Metadata] | None = None


_SHAPES: dict[str, type[_WholeList | _Table | _MetadataList]] = {
    "": _WholeList,
    "Table": _Table,
    "PartialObjectMetadataList": _MetadataList,
}


def read_page(answer: Answer, form: Form) -> Page:
    """Check a page and count it. Raises UnexpectedPageError."""
    try:
        page = msgspec.json.decode(answer.body, type=_SHAPES[form.kind])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnexpectedPageError(f"the answer is not a {form.kind or 'list'} in whole JSON") from error
    if page.kind != form.kind if form.kind else not page.kind.endswith("List"):
        raise UnexpectedPageError(f"the answer is not a {form.kind or 'list'} but of another kind")
    held: list[_Metadata] = []
    if isinstance(page, _Table):
        held = [row.object for row in page.rows or ()]
    elif isinstance(page, _MetadataList):
        held = page.items or []
    if not all(item.bare() for item in held):
        raise UnexpectedPageError("whole objects were answered although only their metadata was asked for")
    count = len(page.items or ()) if isinstance(page, _WholeList) else len(held)
    return Page(objects=count, continue_=page.metadata.continue_)
