"""One line that tells how far things are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType


def _rewrites() -> bool:
    """Whether standard error shows a line that is written again over the first."""
    stream = sys.stderr
    if stream is None:
        return False
    # ipykernel's stream says that it is no terminal.
    return stream.isatty() or type(stream).__module__.startswith("ipykernel")


class Bar:
    """A progress line on standard error, at most ten times a second.

    Nothing when off, and nothing where standard error is no terminal: a log is not a screen. In a
    notebook it is not one either, but a line there is rewritten as on a screen.
    """

    def __init__(self, on: bool, what: str) -> None:
        self._what = what
        self._last = 0.0
        self._shown = False
        self.callback: Callable[[int, int], None] | None = self._show if on and _rewrites() else None

    def _show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if total == 0 or (now - self._last < 0.1 and done < total):
            return
        self._last = now
        self._shown = True
        filled = 30 * done // total
        sys.stderr.write(f"\r[{'█' * filled}{'·' * (30 - filled)}] {done}/{total} {self._what}")
        sys.stderr.flush()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            sys.stderr.write("\n")
