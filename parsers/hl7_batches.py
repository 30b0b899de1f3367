"""FHS/BHS/BTS/FTS envelopes: do the counts of a batch fit what was found in it?"""

from __future__ import annotations

from parsers.events import Finding, Source


class BatchCount:
    """Counts messages and batches between the envelope segments of one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._messages = 0
        self._batches = 0
        self._open: dict[str, int] = {}
        """The header segments not yet closed, with their offsets."""
        self._findings: list[Finding] = []

    def message(self) -> None:
        """A message was found."""
        self._messages += 1

    def envelope(self, line: str, offset: int) -> None:
        """An envelope segment was found."""
        name = line[:3]
        if name in ("FHS", "BHS"):
            self._unclosed("BHS")
            if name == "FHS":
                self._unclosed("FHS")
                self._batches = 0
            self._open[name] = offset
            self._messages = 0
            return
        count = line.split(line[3:4])[1].strip() if line[3:4] else ""
        if name == "BTS":
            self._batches += 1
            self._open.pop("BHS", None)
            self._compare(count, self._messages, "BTS-1", "messages", offset)
            self._messages = 0
        else:
            self._unclosed("BHS")
            self._open.pop("FHS", None)
            found = self._batches
            if not found and self._messages:
                # Without batch headers the file is one batch; some senders count its messages instead.
                found = self._messages if count == str(self._messages) else 1
            self._compare(count, found, "FTS-1", "batches", offset)
            self._batches = 0

    def finish(self) -> list[Finding]:
        """The findings, once the file has ended."""
        self._unclosed("BHS")
        self._unclosed("FHS")
        return self._findings

    def _compare(self, told: str, found: int, field: str, what: str, offset: int) -> None:
        if not told.isdecimal() or int(told[:9]) == found:
            return
        self._findings.append(
            Finding(
                "warning",
                "batch-count",
                f"{field} tells of {int(told[:9])} {what}, {found} were found.",
                "What was found is used; ask the sender for what is missing, or for the batch once more.",
                Source(self._file, segment=field[:3], field=field, offset=offset),
            )
        )

    def _unclosed(self, name: str) -> None:
        offset = self._open.pop(name, None)
        if offset is None:
            return
        end = "BTS" if name == "BHS" else "FTS"
        self._findings.append(
            Finding(
                "warning",
                "batch-not-closed",
                f"The {name} header is not followed by its {end}; the file may have been cut off.",
                "What was found is used; check whether the last messages are missing.",
                Source(self._file, segment=name, offset=offset),
            )
        )
