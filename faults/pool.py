"""Two processes, one job at a time in each, and what they did before."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import crew
import worker
from jobs import Job, Result
from results import Results
from sources import Sources

PROCESSES = 2

Done = Callable[[Job, Result], None]


def run(
    jobs: Iterable[Job], sources: Sources, results: Results, done: Done, processes: int = PROCESSES
) -> None:
    """Call `done` for every job as it is done, known ones first. Ctrl-C ends all processes."""
    waiting: list[Job] = []
    for job in jobs:
        known = results.get(job)
        if known is None:
            waiting.append(job)
        else:
            done(job, known)
    if not waiting:
        return
    with crew.pool(processes, worker.begin, (str(sources.root),)) as pool:
        _, made = pool.apply(worker.work, ((0, {"do": "prepare"}),))
        if "error" in made:
            raise RuntimeError(made["error"])
        for number, result in pool.imap_unordered(worker.work, enumerate(waiting)):
            results.keep(waiting[number], result)
            done(waiting[number], result)
