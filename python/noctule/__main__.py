"""The command `noctule`: the same as the program, by the library of the wheel."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from . import _noctule


def main() -> int:
    """Do what the command line asks for; its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Python's would be called too, and end with a traceback a command that had stopped cleanly.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    started = Path(sys.argv[0])
    if started.name == "__main__.py":  # python -m noctule
        started = Path(sys.executable).with_name("noctule")
    return _noctule.command(started if started.is_file() else None, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
