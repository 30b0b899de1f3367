"""What a command may say when the store fails it: one sentence for a person, and nothing out of a record or a URL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

NOT_WRITABLE, WRONG_CALL = 4, 2
SECRET = "geheim7"
"""A password that may stand nowhere."""
_OF_A_PROGRAM = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|INSERT |SELECT |UPDATE |\.py\b", re.IGNORECASE)
_OF_A_RECORD = re.compile(r"TEST0|Sampleton|-00000\d\d|\bN0\d\b")
"""Patients, names, encounters and nurses of the invented feeds."""


def clear(status: int, out: str, err: str, *said: str, ends: Sequence[int] = (NOT_WRITABLE,)) -> None:
    """The command ended with one of ``ends`` and said so clearly."""
    words = "\n".join(line for line in err.splitlines() if not line.startswith("{"))  # without --log -
    assert status in ends, f"{status}: {out[:300]}{err}"
    assert not _OF_A_PROGRAM.search(words), words
    assert not _OF_A_RECORD.search(err), err
    assert SECRET not in out + err
    assert any(line.startswith("Error: ") for line in words.splitlines()), words
    missing = [word for word in said if word not in " ".join(words.split())]
    assert not missing, f"{missing} in {words}"


def nothing_left(folder: Path) -> None:
    """No half-written file of an answer stays behind."""
    assert not [path.name for path in folder.rglob(".infusion-timeline-*")]
