"""Runs git on a repository that may be hostile: only to read, without hooks, programs of its configuration, or network.

What a repository's own configuration may name as a program (file system monitors, hooks, signature checkers, diff and
text converters, pagers, transports for objects that are missing) is either switched off or never reached by the
commands that are run here. Objects that replace others, grafts and precomputed graphs are not believed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from demarc.model.errors import DemarcError, Where

MOST_BYTES = 512 * 1024 * 1024
TIMEOUT = 300.0
"""Seconds for one command; what takes longer is stopped."""
_TOLD = 200
"""Bytes of a complaint of git's that are passed on."""

_OFF = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=",
    "core.commitGraph=false",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.attributesFile=/dev/null",
    "protocol.allow=never",
    "log.showSignature=false",
    "gpg.program=false",
    "safe.directory=*",
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_SSH_COMMAND": "false",
    "GIT_PAGER": "cat",
}


class Git:
    """git, on one repository."""

    def __init__(self, path: Path, *, search: str) -> None:
        """``search`` is where programs are looked for, as PATH has it. Raises DemarcError for what is no repository."""
        self._path = path
        self._environment = {**_ENVIRONMENT, "PATH": search}
        # git looks upwards for a repository: one that lies around the folder that was named is not meant.
        self._environment["GIT_CEILING_DIRECTORIES"] = str(path.resolve().parent)
        if not path.is_dir():
            raise DemarcError("there is no such folder", where=Where(file=str(path)), todo="name a clone, bare or not")
        self._folder = self.asked("rev-parse", "--absolute-git-dir").strip()
        if not self._folder:
            raise DemarcError("not a git repository", where=Where(file=str(path)), todo="name a clone, bare or not")

    def asked(self, *words: str, given: bytes = b"") -> str:
        """Answer of a command as text; empty where git says that there is none."""
        return self.read(*words, given=given, must=False).decode("utf-8", "replace")

    def read(self, *words: str, given: bytes = b"", must: bool = True) -> bytes:
        """Answer of a command. Raises DemarcError where git is not there, cannot tell, or tells too much."""
        options = [word for setting in _OFF for word in ("-c", setting)]
        command = ["git", "--no-pager", "--no-replace-objects", *options, "-C", str(self._path.resolve()), *words]
        try:
            return self._run(command, given, must=must)
        except FileNotFoundError as error:
            raise DemarcError(
                "git is not there: the history of a repository cannot be read without it",
                where=Where(file=str(self._path)),
                todo="install git, or leave --repository out",
            ) from error

    def _run(self, command: Sequence[str], given: bytes, *, must: bool) -> bytes:
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as told:
            asked.write(given)
            asked.seek(0)
            with subprocess.Popen(  # noqa: S603 - words of this package alone; the repository is a folder, not a word
                command, env=self._environment, stdin=asked, stdout=subprocess.PIPE, stderr=told
            ) as running:
                late = threading.Timer(TIMEOUT, running.kill)
                late.start()
                try:
                    found = running.stdout.read(MOST_BYTES + 1) if running.stdout is not None else b""
                    if len(found) > MOST_BYTES:
                        raise self._fault("its history is larger than is read")
                    running.wait()
                finally:
                    late.cancel()
                    running.kill()
            told.seek(0)
            first = told.read(_TOLD).decode("utf-8", "replace").strip().partition("\n")[0]
        if running.returncode and must:
            raise self._fault(f"git cannot read it: {first or 'it was stopped'}")
        return b"" if running.returncode else found

    def _fault(self, says: str) -> DemarcError:
        return DemarcError(
            says, where=Where(file=str(self._path)), todo="give a whole clone that you trust to be sound"
        )
