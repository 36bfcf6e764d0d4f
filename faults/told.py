"""Lines out of cases and what came of them."""

from __future__ import annotations

from typing import Any

import cases
import judge
import pairs
from cases import Case
from jobs import Result
from lines import Line
from mutants import Mutant
from pairs import Pair


def of_case(case: Case, result: Result, twin: Result | None = None) -> Line:
    """`twin` is what CPython made of a case that the VM has repeated."""
    assert case.asked is not None
    found = cases.verdict(case, result)
    problems = list(found.problems)
    if twin is not None and "error" not in result:
        problems = _differences(result, twin)
    return Line(
        part=case.part,
        row=case.row,
        where=case.where,
        pad_w=case.pad_w,
        must=case.asked.must,
        reaction=found.reaction,
        function=found.function,
        time_s=found.time_s,
        within_s=found.deadline_s,
        told_s=found.told_s,
        **_heat(result),
        good=not problems,
        why="; ".join(problems),
    )


def of_pair(pair: Pair, result: Result) -> Line:
    found = pairs.outcome(pair, result)
    noticed, _, function = found.noticed.partition(" ")
    return Line(
        "pairs", pair.name, pair.condition, pair.pad_w, "", noticed, function, found.heat_s, None,
        found.told_s, **_heat(result), good=not found.problems,
        why=found.words or "; ".join(found.problems),
    )  # fmt: skip


def of_soak(plant: int, pad_w: float, result: Result) -> Line:
    ended = result.get("ended", [])
    wrong = [one for one in ended if not one[3]]
    _, reaction, function, _ = wrong[0] if wrong else (0.0, "none", "", True)
    why = result.get("error") or (
        f"{result['warm_s'] / 3600:.1f} h warm in {result['begun']} sessions, {len(ended)} ended "
        f"by the guard" + "".join(f"; {r} by {f} at {t_s:.0f} s" for t_s, r, f, _ in wrong)
    )
    problems = judge.oracles(result) if "error" not in result else []
    return Line(
        "soak", "soak", f"plant {plant}", pad_w, "none", reaction, function, None, None, None,
        **_heat(result), good=not wrong and not problems and "error" not in result,
        why="; ".join([why, *problems]),
    )  # fmt: skip


def of_mutant(mutant: Mutant, result: Result) -> Line:
    killed = result.get("killed_by")
    why = result.get("error") or (
        f"{killed}: {result['how']}" if killed else f"survived {result['tried']} plays"
    )
    return Line(
        "mutants", mutant.function, mutant.name, None, "", "noticed" if killed else "survived", "",
        None, None, None, None, None, None, good=bool(killed), why=why,
    )  # fmt: skip


def _heat(result: Result) -> dict[str, Any]:
    return {key: result.get(key) for key in ("peak_pad_c", "peak_skin_c", "cem43")}


# What CPython and the VM must agree on, to the sixth digit
def _differences(one: Result, other: Result) -> list[str]:
    found = [
        f"{key}: {one[key]} on the VM, {other[key]} on CPython"
        for key in ("reactions", "state", "kept", "switch1", "switch2")
        if one[key] != other[key]
    ]
    for key in ("peak_pad_c", "peak_skin_c", "cem43", "heat_s"):
        a, b = one[key], other[key]
        if (a is None) != (b is None) or (a is not None and f"{a:.6f}" != f"{b:.6f}"):
            found.append(f"{key}: {a} on the VM, {b} on CPython")
    return found
