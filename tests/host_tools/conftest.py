"""Fixtures of the host tool's tests: an environment of their own and objects to talk to."""

from __future__ import annotations

import ctypes
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from host_tools.fake_object import KEY, FakeObject, Log
from host_tools.made_nights import EVENING_MS
from kitbag_tools import cli
from kitbag_tools.environment import Environment
from kitbag_tools.keys import FILE as KEYS
from kitbag_tools.keys import KeyFile
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.store import Store
from kitbag_tools.transports import discovery, open_port


@dataclass
class Clock:
    """A host clock that stands still until it is moved."""

    now_ms: int = EVENING_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Callable[..., FakeObject]]:
    """Makes plugged-in objects; they are unplugged at the end of the test."""
    made: list[FakeObject] = []
    with ExitStack() as stack:

        def make(log: Log | None = None, **more: Any) -> FakeObject:
            link = tmp_path / f"port{len(made)}"
            made.append(stack.enter_context(FakeObject(log or Log(), link, **more)))
            return made[-1]

        yield make


@pytest.fixture
def client(clock: Clock) -> Iterator[Callable[..., ObjectClient]]:
    """Makes clients with short time-outs. Only one is open at a time: the port is exclusive."""
    with ExitStack() as stack:

        def make(fake: FakeObject, **more: Any) -> ObjectClient:
            stack.close()
            settings: dict[str, Any] = {"answer_timeout_s": 0.5, "patience_s": 3.0, **more}
            return stack.enter_context(ObjectClient(open_port(fake.path), clock, **settings))

        yield make


@pytest.fixture
def env(tmp_path: Path, clock: Clock) -> Environment:
    """An environment with nothing of this machine in it but the key to every fake object. Its
    streams are StringIO.
    """
    keys = KeyFile(tmp_path / "config" / KEYS)
    for device in ("c0ffee01", "c0ffee02"):
        keys.keep(device, KEY)
    return Environment(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        config_dir=tmp_path / "config",
        data_dir=tmp_path / "data",
        now_utc_ms=clock,
        variables={"KITBAG_ZONE": "Europe/London"},
    )


_CAPABILITIES = (ctypes.c_uint32 * 2)(0x2008_0522, 0)  # the call's version 3, for this thread
_OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root in everywhere


@pytest.fixture
def closed() -> Callable[[Path], AbstractContextManager[None]]:
    """A block in which a file or folder is closed to who runs the tests, be it root."""
    if os.geteuid() == 0 and sys.platform != "linux":
        pytest.skip("root may look everywhere")

    @contextmanager
    def block(path: Path) -> Iterator[None]:
        mode = path.stat().st_mode
        path.chmod(0)
        kept = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
        if os.geteuid() == 0:
            libc = ctypes.CDLL(None)
            assert libc.capget(_CAPABILITIES, kept) == 0
            assert libc.capset(_CAPABILITIES, _without(kept, _OVERRIDE)) == 0
        try:
            yield
        finally:
            if os.geteuid() == 0:
                assert libc.capset(_CAPABILITIES, kept) == 0
            path.chmod(mode)

    return block


def _without(capabilities: ctypes.Array[ctypes.c_uint32], which: int) -> object:
    return (ctypes.c_uint32 * 6)(capabilities[0] & ~which, *capabilities[1:])


@pytest.fixture
def kitbag(env, tmp_path, monkeypatch):
    """Runs a command; (exit code, stdout, stderr) with the test's folder written as DIR."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "HANDSHAKE_S", 0.1)

    def run(*arguments: object, **variables: str) -> tuple[int, str, str]:
        for stream in (env.stdout, env.stderr):
            stream.seek(0)
            stream.truncate()
        given = replace(env, variables={**env.variables, **variables})
        code = cli.main([str(argument) for argument in arguments], given)
        told = [s.getvalue().replace(str(tmp_path), "DIR") for s in (env.stdout, env.stderr)]
        return code, told[0], told[1]

    return run
