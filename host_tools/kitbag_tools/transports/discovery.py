"""Finding the object: which ports there are, and which of them answers as a Kitbag does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import KitbagError, LinkLost, Reason
from ..keys import Keys
from ..object_client import GONE, Greeting, ObjectClient
from . import Transport, open_port

HANDSHAKE_S = 1.0
HANDSHAKE_TRIES = 3

Opener = Callable[[str], Transport]


@dataclass(frozen=True)
class Port:
    """A serial port of this computer. `hello` is what answered there, `why` why nothing did."""

    path: str
    label: str
    usb: bool
    hello: Greeting | None = None
    why: str = ""


def serial_ports() -> list[Port]:
    """All serial ports, those on USB first."""
    from serial.tools import list_ports

    ports = [
        Port(info.device, info.product or info.description or "", info.vid is not None)
        for info in list_ports.comports()
    ]
    return sorted(ports, key=lambda port: (not port.usb, port.path))


def survey(
    ports: Sequence[Port], now_utc_ms: Callable[[], int], opener: Opener = open_port
) -> list[Port]:
    """Ask at each of `ports` who is there."""
    return [_asked(port, now_utc_ms, opener) for port in ports]


def _asked(port: Port, now_utc_ms: Callable[[], int], opener: Opener) -> Port:
    try:
        client, greeting = _greeted(port.path, now_utc_ms, opener)
    except KitbagError as error:
        return Port(port.path, port.label, port.usb, None, error.problem)
    client.close()
    return Port(port.path, port.label, port.usb, greeting)


def connect(
    spec: str | None,
    now_utc_ms: Callable[[], int],
    keys: Keys,
    *,
    opener: Opener = open_port,
    list_ports: Callable[[], list[Port]] = serial_ports,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> ObjectClient:
    """A client for the object at `spec`, or for the only one that is plugged in, unlocked with
    the key of `keys`.

    Raises KitbagError: exit 3 when there is none, more than one, or something else at `spec`;
    exit 5 when it has not been adopted from here.
    """
    client, greeting = meet(
        spec, now_utc_ms, opener=opener, list_ports=list_ports, random_bytes=random_bytes
    )
    try:
        key = keys.get(greeting.device)
        if key is None:
            raise not_adopted(client, greeting)
    except KitbagError:
        client.close()
        raise
    client.unlock(key, greeting.device)
    return client


def not_adopted(client: ObjectClient, greeting: Greeting) -> KitbagError:
    """Why this computer gets nothing from the object, and what to do."""
    return KitbagError(
        where=client.name,
        reason=Reason.NOT_ADOPTED,
        given=f"object {greeting.device}",
        next_step="with the object in hand and plugged in by USB: kitbag adopt"
        if not greeting.adopted
        else "another computer has adopted it: kitbag adopt --admit clinician there, then within "
        f"ten minutes kitbag adopt --role clinician here; {GONE}",
    )


def meet(
    spec: str | None,
    now_utc_ms: Callable[[], int],
    *,
    opener: Opener = open_port,
    list_ports: Callable[[], list[Port]] = serial_ports,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[ObjectClient, Greeting]:
    """A client for the object at `spec`, or for the only one that is plugged in, and what that
    tells a stranger. Raises KitbagError (exit 3) when there is none, more than one, or something
    else at `spec`.
    """
    if spec is not None:
        return _greeted(spec, now_utc_ms, opener, random_bytes)
    ports = list_ports()
    # What is not on USB is a port of the computer itself; asked only where there is no other
    asked = survey([p for p in ports if p.usb] or ports, now_utc_ms, opener)
    found = [port for port in asked if port.hello]
    if len(found) == 1:
        return _greeted(found[0].path, now_utc_ms, opener, random_bytes)
    if found:
        raise KitbagError(
            where="--port",
            reason=Reason.SEVERAL_OBJECTS,
            allowed=", ".join(f"{p.path} (object {p.hello.device})" for p in found if p.hello),
            next_step="name one of them with --port",
        )
    raise KitbagError(
        where="USB",
        reason=Reason.NO_OBJECT,
        given="; ".join(f"{port.path}: {port.why}" for port in asked),
        next_step="plug the object in with a data cable (some cables only charge); a simulated "
        "one is reached with --port sim:DIR",
    )


def _greeted(
    spec: str,
    now_utc_ms: Callable[[], int],
    opener: Opener,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[ObjectClient, Greeting]:
    """An open client whose object has said who it is."""
    transport = opener(spec)
    try:
        client = ObjectClient(
            transport,
            now_utc_ms,
            answer_timeout_s=HANDSHAKE_S,
            tries=HANDSHAKE_TRIES,
            random_bytes=random_bytes,
        )
        greeting = client.greet()
    except KitbagError as error:
        transport.close()
        if error.reason is Reason.NO_ANSWER or isinstance(error, LinkLost):
            raise KitbagError(
                where=transport.name,
                reason=Reason.NOT_A_KITBAG,
                problem="what is plugged in there does not answer as a Kitbag does",
                given=spec,
                next_step="list what is there with `kitbag ports`; after holding the button at "
                "reset the object answers again once it has been restarted",
            ) from error
        raise
    except BaseException:
        transport.close()
        raise
    # The same client goes on: its turns do, and so a late answer stays a late answer
    client.trust()
    return client, greeting
