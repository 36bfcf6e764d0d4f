"""Whether object and host behaved: visits, errors, heat, and outputs that nobody asked for."""

from __future__ import annotations

from collections import Counter

import ring
from findings import Findings
from played import Played

_PAD_MOST_C, _SKIN_MOST_C = 46.0, 41.5
_TOUCHES = ("hug", "squeeze", "pat", "breathe", "button")
_OUTPUTS = ("heater_duty", "scent", "motor")
# After these a visit may fail, at once or, as with link mode, minutes later
_TROUBLE = (
    "watchdog_reset", "soft_reset", "brownout", "task_exception", "vm_hang", "crash_loop",
    "starvation", "link_lost", "update_interrupted",
)  # fmt: skip
# These make the firmware's own code fail, which is what they are for
_BREAK = ("setpoint_garbage",)


def judge(played: Played, found: Findings) -> None:
    if played.broke:
        found.found("error", played.broke.strip().splitlines()[-1])
    if "Traceback" in played.console:
        found.found("error", "a traceback on the console")
    _errors(played, found)
    _visits(played, found)
    _heat(played, found)
    _outputs(played, found)


# The log's own records of errors, by task: only where a fault put them there
def _errors(played: Played, found: Findings) -> None:
    told = Counter(
        ring.TASKS[slot.raw[6]] for slot in played.end.good.values()
        if slot.kind == ring.EXCEPTION and slot.seq >= played.before.next
    )  # fmt: skip
    injected = Counter(
        one.values["parameters"]["task"] for one in played.scenario.events
        if one.do == "fault" and one.values["kind"] == "task_exception"
    )  # fmt: skip
    if any(played.times("fault", kind) for kind in _BREAK):
        return
    # The journal's own error is met by whoever writes
    spare = injected["journal"]
    for task, count in told.items():
        beyond = max(0, count - injected[task])
        spare -= beyond
        if spare < 0:
            found.found("error", f"{count} errors in {task}, {injected[task]} injected")
    dropped = [s for s in played.end.good.values() if s.kind == ring.DROPPED]
    found.found("error", "records that flash refused", len(dropped))


def _visits(played: Played, found: Findings) -> None:
    syncs = [look for look in played.looks if look.kind == "sync"]
    found.seen["syncs"] += len(syncs)
    found.seen["syncs that failed"] += sum(look.done is None for look in syncs)
    if not syncs or syncs[-1].done is None:
        why = str(played.problems[-1]).replace("\n", "; ") if played.problems else "it never came"
        found.found("visit", f"the last one: {why}")
    presses = [one for one in played.scenario.events if one.do == "button"]
    troubled = (
        played.times("power") or any(played.times("fault", kind) for kind in _TROUBLE)
        or any(one.values["hold_s"] > 4.5 for one in presses)
    )  # fmt: skip
    if not troubled and played.problems:
        found.found("visit", str(played.problems[0]).replace("\n", "; "), len(played.problems))


def _heat(played: Played, found: Findings) -> None:
    for name, most_c in (("peak_pad_c", _PAD_MOST_C), ("peak_skin_c", _SKIN_MOST_C)):
        peak_c = played.summary.get(name)
        if peak_c is not None and peak_c > most_c:
            found.found("heat", f"{name} {peak_c}")


# Where nobody touches it, no fault of link, power or clock and no visit may begin anything
def _outputs(played: Played, found: Findings) -> None:
    if any(played.times(do) for do in _TOUCHES) or any(
        kind.startswith(("bme280", "bladder"))
        for kind in (one.values["kind"] for one in played.scenario.events if one.do == "fault")
    ):
        return
    found.seen["untouched"] += 1
    for row in played.outputs:
        if row["what"] in _OUTPUTS and float(row["value"]) > 0:
            found.found("output", f"{row['what']} at {row['t_ms']} ms, and nobody touched it")
