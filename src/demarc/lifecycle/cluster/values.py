"""Values of a Secret in memory, and only there: what holds them cannot be printed, pickled or put into an error."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn


class SecretValues(Mapping[str, bytes]):
    """The data of a Secret, decoded."""

    def __init__(self, data: Mapping[str, bytes]) -> None:
        self._data = dict(data)

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> SecretValues:
        """Take the values out of a Secret as the API gives it."""
        return cls({key: base64.b64decode(value or "") for key, value in (secret.get("data") or {}).items()})

    def encoded(self) -> dict[str, str]:
        """For the request that writes them, and nothing else."""
        return {key: base64.b64encode(value).decode() for key, value in self._data.items()}

    def text(self, key: str) -> str:
        """One value as text; empty where it is not there."""
        return self._data.get(key, b"").decode()

    def __getitem__(self, key: str) -> bytes:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"SecretValues({', '.join(self._data)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("values of a Secret stay in memory")
