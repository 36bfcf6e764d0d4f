"""Object and host with one precaution taken away: some visit has to notice."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_copy import Edit
from flows import ADOPT, AGAIN, SET_UP, SYNC

_VISITS = "kitbag_tools.visits"
_ADOPTION = "kitbag_tools.adoption"
_CLIENT = "kitbag_tools.object_client"
_DOOR = "kitbag.link.door"
_SESSION = "kitbag.link.session"
_CARE = "kitbag.care"


@dataclass(frozen=True)
class Mutant:
    """`removes` is what the `edits` take away; the drops of `flow` must notice, in `field`."""

    removes: str
    flow: str
    field: str
    edits: tuple[Edit, ...]


def _going_on(so_much_later: int) -> tuple[Edit, ...]:
    """A host that reads on so many records behind where the line was lost."""
    return (
        Edit(_VISITS, "                self.hello = self._client.reconnect(self.hello)\n",
             "                self.hello = self._client.reconnect(self.hello)\n"
             f"                self.later = {so_much_later}\n"),
        Edit(_VISITS, "self._client.read(at, count, self.hello.epoch)",
             "self._client.read(at + (later := vars(self).pop('later', 0)), count - later,"
             " self.hello.epoch)"),
    )  # fmt: skip


MUTANTS = (
    Mutant("storing before acknowledging", SYNC.name, "early", (
        Edit(_VISITS, "    added = store.add(\n",
             "    client.acknowledge(hello.next)\n    added = store.add(\n"),)),
    Mutant("going on at the very record where the line was lost", SYNC.name, "digest",
           _going_on(1)),
    Mutant("going on no earlier than where the line was lost", SYNC.name, "stuck",
           _going_on(-9)),
    Mutant("reading no more again than is needed", AGAIN.name, "twice", (
        Edit(_VISITS, "OVERLAP_SLOTS = 4\n", "OVERLAP_SLOTS = 400\n"),)),
    Mutant("telling what was overwritten meanwhile", AGAIN.name, "untold", (
        Edit(_VISITS, "    gaps = overwritten + download.gaps\n", "    gaps = download.gaps\n"),)),
    Mutant("keeping the key before the object does", ADOPT.name, "shut_out", (
        Edit(_ADOPTION, "        keys.keep(device, key)  # before the object does: a key too many "
             "opens nothing\n        client.hello()\n",
             "        client.hello()\n        keys.keep(device, key)\n"),)),
    Mutant("that the object keeps whom it has adopted only once it was shown the secret",
           ADOPT.name, "shut_out", (
        Edit(_DOOR, "        self._new = host, role, secret\n",
             "        self._new = host, role, secret\n"
             "        self._about.hosts.keep(host, role, secret)\n"),)),
    Mutant("following the old plan until the new one is whole", SET_UP.name, "mixed", (
        Edit(_SESSION, "        self._upload_crc = _whole(fields[\"crc\"], 0, 0xFFFFFFFF)\n",
             "        self._upload_crc = _whole(fields[\"crc\"], 0, 0xFFFFFFFF)\n"
             "        self._about.care.apply(b'{\"schema\":1}')\n"),)),
    Mutant("that a plan is switched to when it is kept", SET_UP.name, "mixed", (
        Edit(_CARE, "        self._memory.keep_number(_CURRENT, spare)\n", ""),)),
)  # fmt: skip
