"""A few processes, one job at a time in each."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

PROCESSES = 4  # two a core: host and object of a job wait for each other

J = TypeVar("J")
R = TypeVar("R")

_workers: list[Callable[[Any], Any]] = []  # of this process: one, once it has begun


def _begin(make: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
    # Ctrl-C is the parent's, who then ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _workers.append(make(*arguments))


def _work(job: Any) -> tuple[Any, Any]:
    return job, _workers[0](job)


def run(
    jobs: Sequence[J],
    make: Callable[..., Callable[[J], R]],
    arguments: tuple[Any, ...],
    done: Callable[[J, R], None],
) -> None:
    """Call `done` for every job as it is done. `make(*arguments)`, called once in each process,
    gives what does them. Ctrl-C ends all processes.
    """
    with pool(PROCESSES, _begin, (make, arguments)) as made:
        found: Iterable[tuple[J, R]] = made.imap_unordered(_work, jobs)
        for job, result in found:
            done(job, result)


@contextmanager
def pool(
    processes: int, begin: Callable[..., None], arguments: tuple[Any, ...]
) -> Generator[multiprocessing.pool.Pool]:
    """New processes, of which each has done `begin(*arguments)`; they end with it, at once where
    it ends with an error.
    """
    made = multiprocessing.get_context("spawn").Pool(processes, begin, arguments)
    try:
        yield made
        made.close()
    except BaseException:
        made.terminate()
        raise
    finally:
        made.join()
