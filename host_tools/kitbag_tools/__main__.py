"""Where `kitbag` and `python -m kitbag_tools` begin: who ends it early ends it in peace.

Until `main` runs, Ctrl-C is Python's, which shows a traceback: little is imported here.
"""

from __future__ import annotations

import os
import signal
import sys

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, before anything is imported


def main() -> None:
    """Run `kitbag` with the command line's arguments and end with its exit code."""
    ends = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell does with nohup
        ends.append(signal.SIGINT)
    # While modules are loaded there is nothing to tidy up
    for end in ends:
        signal.signal(end, lambda *_: os._exit(_INTERRUPTED))
    from . import cli

    # Who is told to end ends as at Ctrl-C: nothing is left behind
    for end in ends:
        signal.signal(end, signal.default_int_handler)
    try:
        code = cli.main()
    except KeyboardInterrupt:  # a second one, while the first was told
        code = _INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
