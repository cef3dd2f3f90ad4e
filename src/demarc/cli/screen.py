"""The terminal: where people read, where errors go, and progress of long work on standard error only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from demarc.model.errors import DemarcError, Problem
from demarc.reports.text import safe_text


class Screen:
    """Standard output for answers, standard error for everything else."""

    def __init__(self) -> None:
        self.out = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=False)
        self.err = Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Say something beside the answer."""
        self.err.print(Text(safe_text(text), style="dim"))

    def binary(self, data: bytes) -> None:
        """Write a finished document to standard output, byte for byte."""
        self.pieces((data,))

    def pieces(self, data: Iterable[bytes]) -> None:
        """Write a document that is finished piece by piece."""
        sys.stdout.flush()
        sys.stdout.buffer.writelines(data)
        sys.stdout.buffer.flush()

    def problem(self, problem: Problem, style: str = "bold red", label: str = "error") -> None:
        """Print a problem as what, where and what to do."""
        line = Text(f"{label}: ", style=style)
        line.append(safe_text(problem.what), style="not bold default")
        self.err.print(line)
        if problem.where is not None:
            self.err.print(Text(f"  where: {safe_text(str(problem.where))}"))
        if problem.todo:
            self.err.print(Text(f"  do:    {safe_text(problem.todo)}"))

    def failure(self, error: DemarcError) -> None:
        """Print everything that an error carries."""
        for problem in error.problems:
            self.problem(problem)

    @contextmanager
    def working(self, title: str) -> Iterator[Working]:
        """Show that long work goes on; nothing is shown where standard error is no terminal."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[said]}"),
        )
        with Progress(*columns, console=self.err, transient=True, disable=not self.err.is_terminal) as progress:
            yield Working(progress, title)


class Working:
    """One piece of long work on the screen."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, said="")

    def update(self, said: str, *, done: float | None = None, total: float | None = None) -> None:
        """Say how far it is."""
        self._progress.update(self._task, said=safe_text(said, limit=60), completed=done, total=total)


def write(path: Path, data: bytes | Iterable[bytes]) -> int:
    """Write a file whole or not at all; gives its size."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            size = file.tell()
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DemarcError(
            f"cannot write {path}: {error.strerror or error}",
            todo="name a folder that exists and that you may write to",
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return size
