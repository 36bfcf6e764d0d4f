"""What a host does with an object, each time from a state of both to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cable import Back, Cable
from harm import Findings, compare
from kitbag.wire import plan, records, requests
from kitbag_tools.keys import FILE, HostKey, KeyFile
from kitbag_tools.store import Store
from software import DEVICE, PORT, Software
from thing import Thing

SECTORS = 15  # of 252 records: a window of the download has 1,008
_ROUND = SECTORS * records.RECORDS_PER_SECTOR
_STORE = "store.sqlite3"
_THERAPIST, _CLINICIAN = requests.ROLES.split()
_OLD: dict[str, Any] = {"warmth": {"level_c": 35}, "scent": {"name": "orange blossom"}}
_NEW: dict[str, Any] = {
    "warmth": {"level_c": 37, "session_min": 25}, "scent": {"name": "lavender, and a long night"},
}  # fmt: skip


class Host:
    """A computer: what it keeps lies in `folder`."""

    def __init__(self, software: Software, folder: Path) -> None:
        self.software = software
        self.path = folder / _STORE
        self.keys = KeyFile(folder / FILE)

    def sync(self) -> None:
        """`kitbag sync`."""
        with self.software.connect(self.keys) as client, Store(self.path) as store:
            self.software.visits.sync(client, store)

    def set_up(self) -> None:
        """`kitbag plan apply`, with an anchor."""
        with self.software.connect(self.keys) as client, Store(self.path) as store:
            self.software.visits.set_up(client, _NEW, store)

    def status(self) -> None:
        """`kitbag status`."""
        with self.software.connect(self.keys) as client:
            client.status()
            client.bye()

    def adopt(self) -> None:
        """`kitbag adopt`."""
        self.software.adopt(_THERAPIST, self.keys)

    def come_in(self) -> None:
        """`kitbag adopt --role clinician`."""
        self.software.adopt(_CLINICIAN, self.keys)


@dataclass(frozen=True)
class Scene:
    """What there is before: flash and NVS of the object, the files of the host. `admits`: it lets
    a clinician in.
    """

    flash: bytes
    kept: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    admits: bool = False

    def thing(self, software: Software) -> Thing:
        thing = Thing(software, self.flash, self.kept)
        if self.admits:
            thing.admit(requests.CLINICIAN)
        return thing

    def host(self, software: Software, folder: Path) -> Host:
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return Host(software, folder)


@dataclass(frozen=True)
class Flow:
    """`visit` may be dropped anywhere and is then repeated; whenever it came to its end, `check`
    tells whether it did what it says.
    """

    name: str
    scene: Callable[[Software, Path], Scene]
    visit: Callable[[Host], None]
    check: Callable[[Thing, Host, Findings], None]
    downloads: bool = False


def plans() -> tuple[bytes, bytes]:
    """The old plan and the new one, as they are stored."""
    return tuple(bytes(plan.to_json(plan.parse(tree)[0])) for tree in (_OLD, _NEW))  # pyright: ignore[reportReturnType]


# --- states to begin with ----------------------------------------------------------------------


def _scene(thing: Thing, host: Host | None = None, *, admits: bool = False) -> Scene:
    paths = (host.path, host.keys.path) if host else ()
    files = {path.name: path.read_bytes() for path in paths}
    return Scene(bytes(thing.nor.data), dict(thing.memory.values), files, admits)


def _plugged(software: Software, thing: Thing) -> None:
    software.plugs[PORT] = lambda: Cable(thing, software.clock, None, Back.FORGOT, returns=False)


def _fresh(software: Software, sectors: int = SECTORS) -> Thing:
    thing = Thing(software, b"\xff" * (sectors * records.SECTOR), {})
    thing.care.apply(plans()[0])
    return thing


def _adopted(software: Software, folder: Path, thing: Thing) -> Host:
    host = Host(software, folder)
    Store(host.path).close()
    _plugged(software, thing)
    host.adopt()
    return host


def _full(software: Software, folder: Path) -> Scene:
    """A ring that has come round, over three boots, with a record that went bad and some that the
    holder took back.
    """
    thing = _fresh(software)
    host = _adopted(software, folder, thing)
    for count in (1_000, _ROUND - 400, 700):
        thing.write(count)
        thing.start()
    # The anchor of the visit begins a sector: each broken visit takes one off the other end
    thing.write(-thing.journal.next % records.RECORDS_PER_SECTOR)
    for seq in (_ROUND - 700, _ROUND - 699):
        thing.journal.clear(seq)
    thing.spoil(_ROUND - 600)
    return _scene(thing, host)


def _known(software: Software, folder: Path) -> Scene:
    """The same after a visit, and records of more than a round since."""
    before = _full(software, folder)
    thing, host = before.thing(software), before.host(software, folder)
    _plugged(software, thing)
    host.sync()
    thing.start()
    thing.write(_ROUND - 300)
    return _scene(thing, host)


def _set(software: Software, folder: Path) -> Scene:
    thing = _fresh(software, 4)
    return _scene(thing, _adopted(software, folder, thing))


def _new(software: Software, _: Path) -> Scene:
    return _scene(_fresh(software, 4))


def _let_in(software: Software, folder: Path) -> Scene:
    """Another computer is adopted, and lets one more in."""
    thing = _fresh(software, 4)
    _adopted(software, folder, thing)
    return Scene(bytes(thing.nor.data), dict(thing.memory.values), admits=True)


def _sent_away(software: Software, folder: Path) -> Scene:
    """The same, and what comes was here before: its key is of no use any more."""
    scene = _let_in(software, folder)
    keys = KeyFile(folder / FILE)
    keys.keep(DEVICE, HostKey(b"gone", _CLINICIAN, bytes(16)))
    return Scene(scene.flash, scene.kept, {FILE: keys.path.read_bytes()}, admits=True)


# --- what must be afterwards -------------------------------------------------------------------


def _whole(thing: Thing, host: Host, found: Findings) -> None:
    compare(thing.log, host.path, found)


def _in_force(thing: Thing, host: Host, found: Findings) -> None:
    new = plans()[1]
    found.wrong_with("mixed", thing.plans() != (new, new), "the new plan is not in force")
    crc = int(thing.care.crc)
    with Store(host.path) as store:
        found.wrong_with("mixed", store.plan(DEVICE, crc) is None, "the plan is not in the store")


def _knows(hosts: int) -> Callable[[Thing, Host, Findings], None]:
    def check(thing: Thing, host: Host, found: Findings) -> None:
        host.status()
        known = len(thing.about.hosts.all())
        found.wrong_with("shut_out", known != hosts, f"{known} computers are adopted, not {hosts}")

    return check


SYNC = Flow("sync", _full, Host.sync, _whole, downloads=True)
AGAIN = Flow("sync again", _known, Host.sync, _whole, downloads=True)
SET_UP = Flow("set up", _set, Host.set_up, _in_force)
ADOPT = Flow("adopt", _new, Host.adopt, _knows(1))
LET_IN = Flow("adopt a second", _let_in, Host.come_in, _knows(2))
COME_BACK = Flow("adopt one sent away", _sent_away, Host.come_in, _knows(2))

FLOWS = (SYNC, AGAIN, SET_UP, ADOPT, LET_IN, COME_BACK)
