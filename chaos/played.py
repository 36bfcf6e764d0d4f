"""A night, played: the real firmware on the real VM, the real host tool, and what was seen."""

from __future__ import annotations

import base64
import csv
import io
import json
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ring
from drawn import Night
from kitbag_tools.environment import Environment
from kitbag_tools.errors import KitbagError
from kitbag_tools.sim import runner, scenario
from kitbag_tools.sim.scenario import Scenario
from kitbag_tools.visits import SyncResult
from ring import Ring

Row = dict[str, str]


@dataclass(frozen=True)
class Stored:
    """What the host's store holds, read with nothing but SQL."""

    epochs: frozenset[int] = frozenset()
    records: dict[int, tuple[int, bytes]] = field(default_factory=dict[int, tuple[int, bytes]])
    gaps: dict[int, str] = field(default_factory=dict[int, str])  # seq: reason
    slots: dict[int, bytes] = field(default_factory=dict[int, bytes])  # as they came down
    quarantined: int = 0
    next: int = 0  # of the last sync


@dataclass(frozen=True)
class Look:
    """What there was at the end of a visit. `done` is None where it failed."""

    kind: str
    done: SyncResult | None
    flash: Ring
    stored: Stored
    acked: bytes


@dataclass
class Played:
    """Everything that the judges may look at. Seconds are true ones since the night's start."""

    night: Night
    scenario: Scenario
    before: Ring
    looks: list[Look]
    end: Ring
    stored: Stored
    broke: str = ""  # the traceback of whatever ended the run
    problems: list[KitbagError] = field(default_factory=list[KitbagError])
    summary: dict[str, Any] = field(default_factory=dict[str, Any])
    boots_s: list[float] = field(default_factory=list[float])
    console: str = ""
    events: list[Row] = field(default_factory=list[Row])
    outputs: list[Row] = field(default_factory=list[Row])

    @property
    def plan(self) -> dict[str, Any]:
        assert self.scenario.plan is not None
        return self.scenario.plan

    def times(self, do: str, kind: str | None = None) -> list[float]:
        return [
            one.t_s for one in self.scenario.events
            if one.do == do and (kind is None or one.values["kind"] == kind)
        ]  # fmt: skip

    def power_went(self) -> int:
        """How often a record may have been torn."""
        return len(self.times("power")) + len(self.times("fault", "brownout"))


def play(night: Night, folder: Path, object_image: Path) -> Played:
    """Play `night` in `folder`, which is made; its files stay there."""
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(night.plan)
    (folder / "night.toml").write_text(night.scenario)
    lived = night.earlier
    out = folder / "out"
    played = Played(
        night=night,
        scenario=scenario.load(folder / "night.toml"),
        before=ring.read(lived.log) if lived else Ring(0),
        looks=[],
        end=Ring(0),
        stored=Stored(),
    )
    flash, nvs = out / runner.FOLDER / "flash.bin", out / runner.FOLDER / "nvs.json"

    def look(kind: str, done: SyncResult | None) -> None:
        seen = ring.read(flash.read_bytes())
        kept = json.loads(nvs.read_text()).get("kitbag/acked", ["blob", ""])[1]
        acked = base64.b64decode(kept)
        played.looks.append(Look(kind, done, seen, _stored(out / runner.STORE), acked))

    env = Environment(
        io.StringIO(), io.StringIO(), folder / "config", folder / "data", lambda: 0
    )  # fmt: skip
    try:
        result = runner.run(
            played.scenario, out, env, object_image=object_image,
            log=lived.log if lived else None, settings=lived.settings if lived else None,
            visited=look,
        )  # fmt: skip
        played.problems = result.problems
        played.summary = result.summary
        played.boots_s = json.loads((out / runner.FOLDER / "physics.json").read_text())["boots_s"]
    except Exception:  # noqa: BLE001 - whatever it is, it is what this night has found
        played.broke = traceback.format_exc()
    played.end = ring.read(flash.read_bytes())
    played.stored = _stored(out / runner.STORE)
    played.console = (out / "console.txt").read_text(errors="replace")
    played.events = list(_rows(out / "events.csv"))
    played.outputs = list(_rows(out / "outputs.csv"))
    return played


def _rows(path: Path) -> Iterator[Row]:
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def _stored(path: Path) -> Stored:
    with closing(sqlite3.connect(path)) as db:
        slots: dict[int, bytes] = {}
        for first, raw in db.execute("SELECT first_seq, raw FROM chunks ORDER BY chunk"):
            for place in range(len(raw) // ring.SLOT):
                slots[first + place] = raw[place * ring.SLOT : (place + 1) * ring.SLOT]
        gaps: dict[int, str] = {}
        for first, last, reason in db.execute("SELECT first_seq, last_seq, reason FROM gaps"):
            for seq in range(first, last + 1):
                gaps[seq] = reason
        records = db.execute("SELECT seq, boot, slot FROM records")
        syncs = db.execute("SELECT next_seq FROM visits WHERE act = 'sync' ORDER BY visit")
        return Stored(
            epochs=frozenset(row[0] for row in db.execute("SELECT log_epoch FROM visits")),
            records={seq: (boot, slot) for seq, boot, slot in records},
            gaps=gaps,
            slots=slots,
            quarantined=db.execute("SELECT count(*) FROM quarantine").fetchone()[0],
            next=max((row[0] for row in syncs), default=0),
        )
