"""Two processes, one job at a time in each."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Sequence

from firmware_copy import load
from parts import Job, Proof, Size
from promise import Findings

PROCESSES = 2

_proofs: list[Proof] = []  # of this process: one, once it has begun


def _begin(seed: int, size: Size) -> None:
    # Ctrl-C is the parent's, who then ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _proofs.append(Proof(load(), seed, size))


def _work(job: Job) -> tuple[Job, Findings]:
    return job, _proofs[0].run(job)


def run(jobs: Sequence[Job], seed: int, size: Size, done: Callable[[Job, Findings], None]) -> None:
    """Call `done` for every job as it is done. Ctrl-C ends all processes."""
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(PROCESSES, _begin, (seed, size))
    try:
        found: Iterable[tuple[Job, Findings]] = pool.imap_unordered(_work, jobs)
        for job, findings in found:
            done(job, findings)
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()
