"""Standard input that can be read again: raw records are reached a second time, and a pipe gives its content once."""

from __future__ import annotations

import io
import sys

import click


def keep_standard_input(ctx: click.Context) -> None:
    """Hold what the pipe gives in memory until the command ends; nothing of it is put on disk."""
    before = sys.stdin

    def restore() -> None:
        sys.stdin = before

    sys.stdin = _Rewound(before.buffer.read())
    ctx.call_on_close(restore)


class _Rewound(io.TextIOWrapper):
    """Text over bytes, whose ``buffer`` begins anew each time it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        super().__init__(io.BytesIO(data))

    @property
    def buffer(self) -> io.BytesIO:
        return io.BytesIO(self._data)
