"""The worked example of the documentation runs, and a package that brings a strategy is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demarc.lifecycle.engine import Result
from demarc.lifecycle.strategies import known
from demarc.lifecycle.strategies.known import installed_strategies, strategies
from demarc.lifecycle.strategies.new_secret import NewSecretStrategy
from demarc.lifecycle.wishes import Wish, Wishes
from demarc.testing import a_secret
from tests.lifecycle import ground as grounds
from tests.lifecycle.ground import Ground, Killed
from tests.lifecycle.scenarios import consumer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "strategies.md"


class ChatService:
    """The service of the example: tokens of a bot, by name."""

    def __init__(self) -> None:
        self.tokens = {"first": "made-up-first"}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        token = headers["authorization"].removeprefix("Bearer ")
        name = next((name for name, value in self.tokens.items() if value == token), None)
        if name is None:
            return 401, {}, b""
        path = url.removeprefix("https://chat.example")
        wanted = name if path == "/me" else path.removeprefix("/tokens/")
        if method == "POST":
            self.tokens[wanted] = f"made-up-{wanted}-{len(self.tokens)}"
            return 201, {}, self.tokens[wanted].encode()
        if method == "DELETE":
            self.tokens.pop(wanted, None)
        return 200, {}, b""


def example() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    place: dict[str, Any] = {}
    exec(code, place)
    return place["ChatBotIssuer"]


def build() -> tuple[Ground, ChatService]:
    service = ChatService()
    return Ground([consumer(), a_secret(values={"token": "made-up-first"})], http=service), service


def test_the_example_of_the_page_rotates_whatever_kills_it(tmp_path, monkeypatch):
    monkeypatch.setitem(grounds.STRATEGIES, "chat-bot", NewSecretStrategy(example()()))
    wish = Wish(secret="shop/database", strategy="chat-bot", settings={"url": "https://chat.example"})
    plan = build()[0].plan("shop/database", wishes=Wishes(quiet="1m", credentials=(wish,)))
    at = 1
    while True:
        found, service = build()
        found.kill_at = at
        try:
            (outcome,) = found.apply(plan, tmp_path / str(at))
        except Killed:
            found.kill_at = None
            (outcome,) = found.apply(plan, tmp_path / str(at))
            assert outcome.result is Result.DONE, outcome.says
        else:
            break
        finally:
            assert all(held["token"] in service.tokens.values() for _, held in found.running())
        assert len(service.tokens) == 1
        assert "made-up-first" not in service.tokens.values()
        at += 3
    assert at > 60


def test_every_strategy_and_setting_is_on_the_page():
    page = PAGE.read_text()
    for strategy in strategies().values():
        (row,) = re.findall(rf"^\| `{strategy.name}` \|.*$", page, re.MULTILINE)
        for setting in strategy.settings:
            assert f"`{setting.name}`" in row, (strategy.name, setting.name)


def test_a_package_can_bring_a_strategy_but_not_replace_one(monkeypatch):
    class Entry:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> Any:
            made = example()
            made.name = self.name
            return made

    monkeypatch.setattr(known, "entry_points", lambda group: [Entry("chat-bot"), Entry("generated")])
    found = installed_strategies()
    assert isinstance(found["chat-bot"], NewSecretStrategy)
    assert type(found["generated"].issuer).__name__ == "GeneratedIssuer"  # type: ignore[attr-defined]
