"""Two processes, one job at a time in each."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

PROCESSES = 2

Job = TypeVar("Job")
Found = TypeVar("Found")

_workers: list[Callable[[Any], Any]] = []  # of this process: one, once it has begun


def _begin(make: Callable[..., Callable[[Any], Any]], given: tuple[Any, ...]) -> None:
    # Ctrl-C is the parent's, who then ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _workers.append(make(*given))


def _work(job: Any) -> tuple[Any, Any]:
    return job, _workers[0](job)


def run(
    jobs: Sequence[Job], make: Callable[..., Callable[[Job], Found]], given: tuple[Any, ...],
    done: Callable[[Job, Found], None],
) -> None:  # fmt: skip
    """Call `done` for every job as it is done; each process works with what `make(*given)` gives.
    Ctrl-C ends all processes.
    """
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(PROCESSES, _begin, (make, given))
    try:
        found: Iterable[tuple[Job, Found]] = pool.imap_unordered(_work, jobs)
        for job, findings in found:
            done(job, findings)
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()
