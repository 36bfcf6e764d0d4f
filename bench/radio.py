"""How much of a radio link the download of the log fills, by virtual controllers.

The whole firmware on the real VM, sealed and paired, and bleak; the air between them is a model
with a byte rate and a connection interval of 15 ms. No real radio was there.
"""

import sys
import tempfile
from pathlib import Path

from figures import Figure
from kitbag_tools import vm
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.transports.ble import BleTransport

sys.path.insert(0, str(vm.root() / "tests"))
from support.ble import on_bumble, rate
from support.ble.linked_object import LinkedObject
from support.ble.room import Room

_HOW = ".venv/bin/python bench radio"
_RECORDS = 6_300  # 100 kB
_STEPS: list[list[object]] = [
    [2, "visit", "adopt"],
    [5, "button", True],
    [11, "button", False],
]


def measure() -> list[Figure]:
    """Bytes of log over what the air could carry, in percent."""
    with (
        tempfile.TemporaryDirectory(prefix="kitbag-") as scratch,
        Room() as room,
        LinkedObject(Path(scratch), _STEPS, room.address, log=_RECORDS) as thing,
    ):
        thing.visit(lambda _: None)
        thing.wait_for("reset")
        thing.plug_in()
        client, scanner = on_bumble.backend(room.computer(thing.passkey))
        link = BleTransport("", client=client, scanner=scanner, loop=room.loop)
        with ObjectClient(link, lambda: 0, answer_timeout_s=10) as host:
            thing.unlock(host)
            slow = rate.share(room, host, 20e3, 1)
            fast = rate.share(room, host, 100e3, 5)
    return [
        Figure("share of a 20 kB/s link", 100 * slow, "%", _HOW, bound=(">=", 80)),
        Figure(
            "share of a 100 kB/s link, at a fifth of its speed",
            100 * fast, "%", _HOW, bound=(">=", 80),
        ),
    ]  # fmt: skip
