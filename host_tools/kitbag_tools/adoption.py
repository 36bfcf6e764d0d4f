"""Adoption: how a computer comes to be one of an object's own, and how it ceases to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import KitbagError, Reason
from .keys import Keys
from .object_client import ObjectClient
from .transports import discovery, open_port


@dataclass(frozen=True)
class Done:
    """What came of it, in words for people and as fields for programs."""

    words: str
    fields: dict[str, Any]


def adopt(
    port: str | None,
    role: str,
    keys: Keys,
    now_utc_ms: Callable[[], int],
    random_bytes: Callable[[int], bytes],
    *,
    opener: discovery.Opener = open_port,
) -> Done:
    """Have the object at `port` adopt this computer.

    Raises KitbagError, exit 5, where it takes no further one. A computer that is one of its own
    already stays what it is.
    """
    client, greeting = discovery.meet(port, now_utc_ms, opener=opener, random_bytes=random_bytes)
    with client:
        device = greeting.device
        key = keys.get(device)
        if key is not None and greeting.adopted and _still_known(client, keys, device):
            again = f"Object {device} knows this computer already ({key.role})."
            return Done(again, {"object": device, "role": key.role, "new": False})
        key = client.adopt(device, role)
        keys.keep(device, key)  # before the object does: a key too many opens nothing
        client.hello()
        client.bye()
    words = f"Object {device} has adopted this computer as a {role}'s."
    return Done(words, {"object": device, "role": role, "new": True})


def _still_known(client: ObjectClient, keys: Keys, device: str) -> bool:
    """Whether the key that is kept still opens the object; the client is then open."""
    key = keys.get(device)
    if key is None:
        return False
    client.unlock(key, device)
    try:
        client.hello()
    except KitbagError as error:
        if error.reason is not Reason.NOT_ADOPTED:
            raise
        return False  # it was sent away
    client.bye()
    return True


def listed(client: ObjectClient) -> Done:
    """Who has been adopted."""
    hosts = client.hosts()
    lines = [f"{host}  {role}" for host, role in hosts]
    return Done("\n".join(lines), {"hosts": [{"host": h, "role": r} for h, r in hosts]})


def admitted(client: ObjectClient, role: str) -> Done:
    """The door is open for one more."""
    client.admit(role)
    words = (
        f"Within ten minutes another computer may be adopted as a {role}'s: plug the object in "
        f"there and run kitbag adopt --role {role}."
    )
    return Done(words, {"admitted": role})


def revoked(client: ObjectClient, host: str) -> Done:
    """The computer with that id is sent away."""
    if len(host) != 8 or not all(c in "0123456789abcdef" for c in host):
        raise KitbagError(
            where="--revoke",
            reason=Reason.USAGE,
            given=host,
            allowed="the eight digits of an id that kitbag adopt --list shows",
            next_step="kitbag adopt --list",
        )
    if not client.revoke(host):
        raise KitbagError(
            where=client.name,
            reason=Reason.REQUEST_REFUSED,
            problem="no computer of that id has been adopted",
            given=host,
            next_step="kitbag adopt --list",
        )
    return Done(f"{host} gets nothing from the object any more.", {"revoked": host})
