"""Gives the stand-alone verifier as one file: it and the reader of time stamps, put together."""

from __future__ import annotations

from importlib.resources import files

_IMPORT = "from demarc.ledger.tokens import RejectedError, check_token, unbase64\n"
_BODY = "class RejectedError(ValueError):"
_FROM_HERE = 'FORMAT = "demarc.ledger/1"\n'


def verifier() -> str:
    """The text of the program; it needs Python and the package ``cryptography``."""
    package = files("demarc.ledger")
    program, tokens = ((package / name).read_text(encoding="utf-8") for name in ("standalone.py", "tokens.py"))
    head, _, reader = tokens.partition(_BODY)
    said, _, rest = program.replace(_IMPORT, "").partition(_FROM_HERE)
    about, future, imports = said.partition("from __future__ import annotations\n")
    needed = dict.fromkeys(line for line in f"{imports}{head}".splitlines() if _is_import(line))
    return f"{about}{future}\n{chr(10).join(needed)}\n\n\n{_BODY}{reader}\n\n{_FROM_HERE}{rest}"


def _is_import(line: str) -> bool:
    return line.startswith(("import ", "from ")) and "__future__" not in line
