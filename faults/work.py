"""All the work of a run in one list, whatever part it belongs to, and the lines it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cases
import hunt
import mutants
import pairs
import told
from cases import Case, Choice
from jobs import Job, Result
from lines import Line

_HERE = Path(__file__).parent
_HUNTING = (
    "hunt.py",
    "patches.py",
    "judge.py",
    "rows.py",
    "story.py",
    "pairs.py",
    "cases.py",
    "level.py",
    "conditions.py",
)


@dataclass(frozen=True)
class Item:
    """One job. `line` makes a line of its result; `twin` is another item's job, whose result it
    is compared with.
    """

    job: Job
    line: Callable[[Result, Result | None], Line]
    twin: Job | None = None


def everything(choice: Choice, root: Path) -> list[Item]:
    """What `choice` asks for; mutants are those of the firmware in `root`."""
    found: list[Item] = []
    if "vm" in choice.parts:
        found += map(case, (*cases.on_vm(choice), *cases.on_table(choice)))
    if "plants" in choice.parts:
        found += _plants(choice)
    whole = not choice.rows and not choice.conditions
    if "pairs" in choice.parts and not choice.rows:
        found += map(_pair, pairs.pairs(choice.conditions, choice.pads_w, choice.seed))
    if "soak" in choice.parts and whole:
        for pad_w, many in cases.SOAKS:
            if pad_w in choice.pads_w:
                found += (soak(n, pad_w, cases.SOAK_H, choice.seed) for n in range(many))
    if "mutants" in choice.parts and whole:
        found += (mutant(one) for one in mutants.mutants(root))
    return found


def lines(work: list[Item], found: dict[int, Result]) -> list[Line]:
    """One of each item, in their order."""
    by_job = {id(item.job): found[number] for number, item in enumerate(work)}
    return [
        item.line(found[number], None if item.twin is None else by_job[id(item.twin)])
        for number, item in enumerate(work)
    ]


def case(one: Case, twin: Job | None = None) -> Item:
    """`twin` is the job that a repeated one is compared with."""
    return Item(one.job, lambda result, other: told.of_case(one, result, other), twin)


# The case that the VM repeats comes right before it
def _plants(choice: Choice) -> list[Item]:
    found: list[Item] = []
    for one in cases.on_plants(choice):
        found.append(case(one, found[-1].job if one.part == cases.REPEATED else None))
    return found


def _pair(pair: pairs.Pair) -> Item:
    return Item(pair.job, lambda result, _: told.of_pair(pair, result))


def soak(plant: int, pad_w: float, hours: float, seed: int) -> Item:
    """`hours` of healthy life."""
    job: Job = {"do": "soak", "plant": plant, "pad_w": pad_w, "hours": hours, "seed": seed}
    return Item(job, lambda result, _: told.of_soak(plant, pad_w, result))


def mutant(one: mutants.Mutant, *, wide: bool = True) -> Item:
    """`wide`: where those that are named first do not notice, everything else is asked."""
    job: Job = {"do": "mutant", "mutant": hunt.plain(one), "wide": wide, "as": _stamp()}
    return Item(job, lambda result, _: told.of_mutant(one, result))


# Who hunts decides too what is found
def _stamp() -> str:
    digest = hashlib.sha256()
    for name in _HUNTING:
        digest.update((_HERE / name).read_bytes())
    return digest.hexdigest()[:16]
