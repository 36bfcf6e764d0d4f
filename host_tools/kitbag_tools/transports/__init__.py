"""Ways to reach an object: a serial port, a simulated object; radio later."""

from __future__ import annotations

from pathlib import Path

from ..errors import KitbagError, Reason
from .base import Transport

__all__ = ["Transport", "open_port"]


def open_port(spec: str) -> Transport:
    """The open transport that `--port` names: a serial path, `sim:DIR`, later `ble:ID`."""
    # Imported on use: asking for help must not wait for pyserial
    if spec.startswith("sim:"):
        from .sim import open_sim

        return open_sim(Path(spec.removeprefix("sim:")))
    if spec.startswith("ble:"):
        raise KitbagError(
            where="--port",
            reason=Reason.NOT_BUILT_YET,
            problem="reaching an object by radio is not built yet",
            given=spec,
            allowed="a serial path such as /dev/ttyACM0 or COM3, or sim:DIR",
            next_step="plug the object in by USB and give its port",
        )
    from .serial import open_serial

    return open_serial(spec)
