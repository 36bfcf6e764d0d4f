"""Ways to reach an object: a serial port, a simulated object, the radio in its link window."""

from __future__ import annotations

from pathlib import Path

from .base import Transport

__all__ = ["Transport", "open_port"]


def open_port(spec: str) -> Transport:
    """The open transport that `--port` names: a serial path, `sim:DIR` or `ble:ID`."""
    # Imported on use: asking for help must not wait for pyserial
    if spec.startswith("sim:"):
        from .sim import open_sim

        return open_sim(Path(spec.removeprefix("sim:")))
    if spec.startswith("ble:"):
        from .ble import open_ble

        return open_ble(spec.removeprefix("ble:"))
    from .serial import open_serial

    return open_serial(spec)
