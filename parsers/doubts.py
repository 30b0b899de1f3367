"""Doubts that repeat from row to row, told once for the file with their number and first row."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.events import Finding, Severity, Source


@dataclass(slots=True)
class Doubts:
    """Collects findings of one file; equal ones are counted, not repeated."""

    _seen: dict[tuple[Severity, str, str, str], tuple[int, Source]] = field(default_factory=dict)

    def add(self, severity: Severity, code: str, message: str, fix: str, source: Source) -> None:
        """``message`` is a sentence without its full stop; it must not quote the value."""
        kind = (severity, code, message, fix)
        count, first = self._seen.get(kind, (0, source))
        self._seen[kind] = (count + 1, first)

    def findings(self) -> tuple[Finding, ...]:
        """In the order in which they were first met."""
        return tuple(
            Finding(
                severity, code, message + (f" (in {count} rows; this is the first)." if count > 1 else "."), fix, at
            )
            for (severity, code, message, fix), (count, at) in self._seen.items()
        )
