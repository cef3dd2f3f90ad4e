"""Listing one kind completely: page after page, through expired tokens and missing rights, with every shortfall a gap.

It hands each page on as it arrives and keeps none. It knows nothing of threads, snapshots or files.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.collect.live.ask import Asker
from demarc.collect.live.discovery import not_authenticated
from demarc.collect.live.interface import Answer, AnswerTooLargeError, ClusterReader, NoAnswerError
from demarc.collect.live.kinds import Resource, is_built_in
from demarc.collect.live.namespaces import Namespaces
from demarc.collect.live.pages import Form, Page, UnexpectedPageError, forms_of, read_page
from demarc.collect.live.status import explain, status_of
from demarc.model.evidence import Gap, GapReason

PAGE = 500
"""Objects asked for at once, as kubectl does.

No ``resourceVersion`` is sent. ``resourceVersion=0`` would be answered from the server's cache, cheaper for etcd, but
most versions then ignore ``limit`` and send everything at once, and the cache may be behind. Without it every page of
a list shows the same moment, and servers from 1.31 on answer it from their cache anyway."""

MOST_CUSTOM = 10_000
"""Objects of one custom kind. What lies beyond is a gap."""
MOST_BUILT_IN = 2_000_000
"""Objects of one built-in kind: several times the largest clusters known. Ends lists that never end."""
_MOST_EXPIRIES = 5
_NAMED = 10
"""Namespaces named in a gap; the rest are counted."""

RBAC_TODO = "Bind the account to the ClusterRole that `demarc rbac-needed` prints, and collect again."


class Found(Struct, frozen=True, kw_only=True):
    """One page, as it came."""

    resource: Resource
    path: str
    number: int
    """1 for the first page of this kind; pages of a list that was begun again count on."""
    namespace: str | None
    objects: int
    whole: bool
    """Whether it holds objects; otherwise it is a Table or list of their metadata."""
    body: bytes


class _Shortfall(Struct, frozen=True, kw_only=True):
    """Why a list is not whole."""

    reason: GapReason
    detail: str
    forbidden: bool = False


class Lister:
    """Lists kinds of one cluster, each on the thread that asks for it."""

    def __init__(self, reader: ClusterReader, ask: Asker, namespaces: Namespaces) -> None:
        self._reader = reader
        self._ask = ask
        self._namespaces = namespaces

    def list(self, resource: Resource, hand_on: Callable[[Found], None]) -> Gap | None:
        """Hand on every page of a kind; give what is missing.

        Raises DemarcError when no further answer is to be had: credentials refused, server gone.
        """
        listing = _Listing(self._reader, self._ask, resource, hand_on)
        short = listing.everything(None)
        if short is None:
            return None
        if short.forbidden and resource.namespaced:
            return self._by_namespace(resource, listing, short)
        return _gap(resource, short.reason, short.detail)

    def _by_namespace(self, resource: Resource, listing: _Listing, refused: _Shortfall) -> Gap | None:
        names, complete = self._namespaces.known()
        seen: list[str] = []
        unseen: list[str] = []
        other: _Shortfall | None = None
        for name in names:
            short = listing.everything(name) if self._namespaces.worth_asking(name) else refused
            self._namespaces.note(name, refused=short is not None and short.forbidden)
            (unseen if short else seen).append(name)
            if short and not short.forbidden:
                other = other or short
        if complete and not unseen:
            return None
        detail = refused.detail
        if seen:
            detail += f"; seen only in {_some(seen)}"
            detail += f", not in {_some(unseen)}" if unseen else ""
        if not complete:
            detail += "; which namespaces there are is not known"
        if other:
            detail += f"; also {other.detail}"
        return _gap(resource, GapReason.FORBIDDEN, detail)


class _Listing:
    """The listing of one kind: counts its pages over all attempts and namespaces."""

    def __init__(self, reader: ClusterReader, ask: Asker, resource: Resource, hand_on: Callable[[Found], None]) -> None:
        self._reader = reader
        self._ask = ask
        self._resource = resource
        self._hand_on = hand_on
        self._forms = list(forms_of(resource))
        self._pages = 0
        self._most = MOST_BUILT_IN if is_built_in(resource) else MOST_CUSTOM

    def everything(self, namespace: str | None) -> _Shortfall | None:
        """List over all namespaces or in one, in the best form that the server knows."""
        while True:
            short = self._in_form(self._forms[0], namespace)
            if short is None or short.reason is not GapReason.REFUSED or len(self._forms) == 1:
                return short
            self._forms.pop(0)

    def _in_form(self, form: Form, namespace: str | None) -> _Shortfall | None:
        path = self._resource.path(namespace)
        place = _Place(most=self._most)
        while place.goes_on:
            try:
                answer = self._ask(path, form.accept, place.query(form))
            except AnswerTooLargeError as error:
                place.too_large(error)
                continue
            except NoAnswerError as error:
                return _Shortfall(reason=GapReason.UNAVAILABLE, detail=str(error))
            if answer.status == 410 and place.token:
                place.expired(answer)
            elif answer.status != 200:
                return self._failed(answer, form)
            else:
                try:
                    page = read_page(answer, form)
                except UnexpectedPageError as error:
                    reason = GapReason.REFUSED if form.kind else GapReason.MALFORMED
                    return _Shortfall(reason=reason, detail=f"list: {error}")
                self._give(path, namespace, page.objects, answer.body)
                place.turn(page)
        return place.short

    def _give(self, path: str, namespace: str | None, objects: int, body: bytes) -> None:
        self._pages += 1
        self._hand_on(
            Found(
                resource=self._resource,
                path=path,
                number=self._pages,
                namespace=namespace,
                objects=objects,
                whole=not self._forms[0].kind,
                body=body,
            )
        )

    def _failed(self, answer: Answer, form: Form) -> _Shortfall:
        if answer.status == 401:
            raise not_authenticated(self._reader)
        if answer.status == 403:
            return _Shortfall(reason=GapReason.FORBIDDEN, detail=f"list: {explain(answer)}", forbidden=True)
        if answer.status == 406 and form.kind:
            detail = (
                f"this server cannot answer metadata alone, and whole objects are not asked for ({explain(answer)})"
            )
            return _Shortfall(reason=GapReason.REFUSED, detail=detail)
        reason = GapReason.EXPIRED if answer.status == 410 else GapReason.UNAVAILABLE
        return _Shortfall(reason=reason, detail=f"list: {explain(answer)}")


class _Place:
    """Where a list stands: the next page to ask for, and what already makes it fall short."""

    def __init__(self, *, most: int) -> None:
        self.token = ""
        self.short: _Shortfall | None = None
        self.goes_on = True
        self._most = most
        self._limit = PAGE
        self._seen = 0
        self._expiries = 0

    def query(self, form: Form) -> dict[str, str]:
        """Give the query of the next page."""
        return {**form.query, "limit": str(self._limit), **({"continue": self.token} if self.token else {})}

    def turn(self, page: Page) -> None:
        """Go on to the next page, if there is one and it may be asked for."""
        self._seen += page.objects
        if not page.continue_:
            self.goes_on = False
        elif page.continue_ == self.token:
            self._end(GapReason.MALFORMED, "list: the server gives the same page again and again")
        elif self._seen >= self._most:
            self._end(GapReason.TRUNCATED, f"list: stopped after {self._seen} objects of this kind")
        self.token = page.continue_

    def expired(self, answer: Answer) -> None:
        """Begin again, once; after that take the server's offer to go on with the rest as it is now."""
        self._expiries += 1
        if self._expiries == 1:
            self.token, self._seen = "", 0
            return
        status = status_of(answer)
        self.token = status.continue_ if status else ""
        self.short = _Shortfall(
            reason=GapReason.EXPIRED,
            detail=f"list: expired twice while it was read, the second time after {self._seen} objects; "
            + ("what came after is of another moment" if self.token else "what came after was not seen"),
        )
        self.goes_on = bool(self.token) and self._expiries <= _MOST_EXPIRIES

    def too_large(self, error: AnswerTooLargeError) -> None:
        """Ask for smaller pages, down to one object."""
        if self._limit == 1:
            self._end(GapReason.TOO_LARGE, f"list: {error}")
        self._limit = max(1, self._limit // 10)

    def _end(self, reason: GapReason, detail: str) -> None:
        self.short = _Shortfall(reason=reason, detail=detail)
        self.goes_on = False


def _gap(resource: Resource, reason: GapReason, detail: str) -> Gap:
    todo = RBAC_TODO if reason is GapReason.FORBIDDEN else ""
    return Gap(what=resource.name, reason=reason, detail=detail, todo=todo)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} namespace{'s' if len(names) != 1 else ''}: {shown}{more}"
