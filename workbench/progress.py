"""A word on standard error while something takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

PATIENCE_SECONDS = 1.0


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show ``what`` with a spinner as long as the block runs, once it has run for a second.

    ``what`` says the step, never a value or a file's name: a terminal is often recorded.
    """
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    thread = Thread(target=_spin, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _spin(what: str, done: Event) -> None:
    if done.wait(PATIENCE_SECONDS):
        return
    from rich.console import Console  # 0.1 s that a quick run need not pay

    with Console(stderr=True).status(what):
        done.wait()
