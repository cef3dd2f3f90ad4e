"""Clones of git made by hand: who commits what, when, with which message."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from demarc.collect.git import read_history
from demarc.model.history import History

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SINCE = datetime(2025, 11, 24, tzinfo=UTC)


class Clone:
    """A repository in a folder."""

    def __init__(self, folder: Path, remote: str = "https://token@github.com/acme/shop.git") -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        if remote:
            self.git("remote", "add", "origin", remote)

    def git(self, *words: str, by: str = "alice", committer: str = "", at: str = "2026-11-01T12:00:00Z") -> str:
        put = committer or by
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": by.partition("@")[0],
            "GIT_AUTHOR_EMAIL": by if "@" in by else f"{by}@example.com",
            "GIT_COMMITTER_NAME": put.partition("@")[0],
            "GIT_COMMITTER_EMAIL": put if "@" in put else f"{put}@example.com",
            "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_DATE": at,
        }
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", "-A")

    def commit(self, message: str = "Change", path: str = "deploy/app.yaml", **more: str) -> str:
        """Commit a change of a file; gives the hash."""
        self.write(path, f"{message}{more}")
        self.git("commit", "-q", "-m", message, **more)
        return self.git("rev-parse", "HEAD")

    def merged(self, message: str, *, author: str = "alice", by: str = "bob", **more: str) -> str:
        """Commit on a branch and merge it; gives the hash of the merge."""
        self.git("checkout", "-q", "-b", "work")
        self.commit("Work", "deploy/work.yaml", by=author)
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", message, "work", by=by, **more)
        self.git("branch", "-q", "-D", "work")
        return self.git("rev-parse", "HEAD")

    def history(self) -> History:
        return read_history(self.folder, since=SINCE, now=NOW, search=os.environ["PATH"])
