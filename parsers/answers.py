"""The answers people gave to open questions: a table (CSV, XLSX) of encounter, administration, what, value, who, when,
support.

``what`` is the subject of the query (stop, access, kind, category, second_access, concurrent_chemo) and
``administration`` its id as printed beside the query.  The value ``cannot be determined`` closes a question
without changing the bill.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from parsers.events import Finding, Rejected, Source
from parsers.texts import delimiter_of, first_line, open_text
from parsers.vocabulary import key
from parsers.workbooks import is_workbook, read_workbook

REQUIRED = ("encounter", "administration", "what", "value")
COLUMNS = (*REQUIRED, "who", "when", "support")
SUBJECTS = ("stop", "access", "kind", "category", "second_access", "concurrent_chemo")
HEADER_WITHIN = 5
"""Rows in which the header must stand: a note may stand above it."""
UNDETERMINED = "cannot be determined"
_REASON = re.compile(r"[:;,.(\u2013\u2014]|\s-")
"""Where a reason may begin behind a choice: ``two lines were required: incompatible``."""


class AnswersError(ValueError):
    """An answers file that cannot be read; the text says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer as a person gave it; ``who``, ``when`` and ``support`` are its evidence."""

    encounter: str
    administration: str
    what: str
    value: str
    who: str
    when: str
    support: str
    source: Source


@dataclass(frozen=True, slots=True)
class AnswerFile:
    name: str
    sha256: str
    answers: tuple[GivenAnswer, ...]
    findings: tuple[Finding, ...] = ()
    """Rows that could not be used."""


def read_answers(path: str | Path) -> AnswerFile:
    """Read an answers file, CSV or the workbook of ``--format xlsx``.

    Raises :class:`AnswersError` when it cannot be opened or lacks a column.

    A row without a value is an unanswered question and is passed over; of two answers to one question the last
    in the file stands.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise AnswersError(f"The answers file cannot be opened ({problem.strerror}).") from problem
    tables = _sheets(data, path.name) if is_workbook(data) else [_text_rows(data)]
    rows, head, places = _with_header(tables)
    answers: dict[tuple[str, str, str], GivenAnswer] = {}
    findings: list[Finding] = []
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        cells = {name: _cell(row, places.get(key(name))) for name in COLUMNS}
        if not cells["value"]:
            continue
        source = Source(path.name, record=number - head - 1, row=number)
        what = key(cells["what"])
        subject = next((s for s in SUBJECTS if key(s) == what), None)
        if subject is None or not cells["encounter"] or not cells["administration"]:
            findings.append(
                Finding(
                    "warning",
                    "answer-unreadable",
                    "A row of the answers file names no encounter, administration or known subject, so it is not used.",
                    f"Keep the columns as printed; 'what' is one of {', '.join(SUBJECTS)}.",
                    source,
                )
            )
            continue
        given = GivenAnswer(
            cells["encounter"],
            cells["administration"],
            subject,
            _closed(cells["value"]),
            cells["who"],
            cells["when"],
            cells["support"],
            source,
        )
        answers[given.encounter, given.administration, subject] = given
    digest = hashlib.sha256(data).hexdigest()
    return AnswerFile(path.name, digest, tuple(answers.values()), tuple(findings))


def choice_part(value: str) -> str:
    """An answer without the reason that stands behind it."""
    return _REASON.split(value.strip(), maxsplit=1)[0].strip()


def _closed(value: str) -> str:
    """The answer, or ``cannot be determined`` also where a reason follows."""
    return UNDETERMINED if key(choice_part(value)) == key(UNDETERMINED) else value


def _text_rows(data: bytes) -> list[list[str]]:
    stream, _ = open_text(data)
    return list(csv.reader(stream, delimiter=delimiter_of(first_line(data.decode("latin-1")))))


def _sheets(data: bytes, name: str) -> list[list[list[str]]]:
    """The sheets of a workbook, such as the one that ``--format xlsx`` writes."""
    found = read_workbook(data, name)
    if isinstance(found, Rejected):
        raise AnswersError(f"The answers file cannot be read. {found.message} {found.fix}")
    sheets = []
    for table in found:
        rows: list[list[str]] = []
        for line in table.lines:
            # Rows keep the numbers that the sheet shows, blank ones too.
            rows += [[] for _ in range(line.number - 1 - len(rows))]
            rows.append(line.cells or [])
        sheets.append(rows)
    return sheets


def _with_header(tables: list[list[list[str]]]) -> tuple[list[list[str]], int, dict[str, int]]:
    """The table with the columns of answers, the row of its header, and where each column stands."""
    best: list[str] | None = None
    for rows in tables:
        filled = [n for n, row in enumerate(rows) if any(cell.strip() for cell in row)]
        for head in filled[:HEADER_WITHIN]:
            places = {key(cell): n for n, cell in enumerate(rows[head]) if cell.strip()}
            missing = [name for name in REQUIRED if key(name) not in places]
            if not missing:
                return rows, head, places
            if best is None or len(missing) < len(best):
                best = missing
    if best is None:
        raise AnswersError("The answers file is empty.")
    raise AnswersError(f"The answers file has no column {', '.join(best)}. It needs: {', '.join(COLUMNS)}.")


def _cell(row: list[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
