"""Asking with patience: one question, tried again where that is worth it, a bounded number of times.

It knows which answers pass and which stay; it does not know what is asked, nor what to make of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from demarc.collect.live.interface import Answer, ClusterReader, NoAnswerError

PLAIN = "application/json"

_TRIES = {429: 5, 502: 3, 503: 5, 504: 3, 500: 2}
"""Tries in all, by status. 500 is mostly a conversion webhook that stays broken."""
_TRIES_WITHOUT_ANSWER = 3
_LONGEST_WAIT = 30.0
"""Seconds. A server that wants more is not able to serve this collection."""


class Asker:
    """Asks a cluster. Safe to be used by several threads at once."""

    def __init__(self, reader: ClusterReader, *, sleep: Callable[[float], None], jitter: Callable[[], float]) -> None:
        self._reader = reader
        self._sleep = sleep
        self._jitter = jitter

    def __call__(self, path: str, accept: str = PLAIN, query: Mapping[str, str] | None = None) -> Answer:
        """Ask until there is an answer that will not change by asking again, or the tries are used up.

        Raises what the reader raises; NoAnswerError only after several tries.
        """
        tried = 0
        while True:
            tried += 1
            try:
                answer = self._reader.get(path, query or {}, accept)
            except NoAnswerError:
                if tried >= _TRIES_WITHOUT_ANSWER:
                    raise
                self._sleep(self._wait(tried, None))
                continue
            if tried >= _tries(answer):
                return answer
            self._sleep(self._wait(tried, answer.retry_after))

    def _wait(self, tried: int, retry_after: float | None) -> float:
        # Retry-After is a floor: everybody who was turned away was told the same, the jitter spreads them.
        asked = retry_after if retry_after is not None else 0.5 * 2**tried
        return min(_LONGEST_WAIT, max(0.0, asked) + self._jitter())


def _tries(answer: Answer) -> int:
    if answer.status == 503 and answer.retry_after is None and answer.content_type.startswith("text/plain"):
        return 2  # the aggregation layer's answer for an extension API that is down
    return _TRIES.get(answer.status, 1)
