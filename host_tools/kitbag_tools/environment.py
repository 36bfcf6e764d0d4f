"""Everything the tool takes from the machine it runs on, passed in so that nothing is global."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from . import streams
from .errors import KitbagError, Reason


@dataclass(frozen=True)
class Environment:
    """Streams, places, clock and settings of one run of the tool.

    `now_utc_ms` is the host's wall clock in milliseconds since 1970 (in the simulator: a virtual
    one); `random_bytes(n)` is nobody's to guess. `is_tty` says whether `stderr` is a terminal
    that can show progress. A folder is None for a user without a home, such as a service: most
    verbs do without. `variables` are the environment variables the tool may look at.
    """

    stdout: TextIO
    stderr: TextIO
    config_dir: Path | None
    data_dir: Path | None
    now_utc_ms: Callable[[], int]
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    is_tty: bool = False
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def store_path(self) -> Path:
        """Where the nights of all objects are kept."""
        return _known(self.data_dir, "KITBAG_DATA") / "kitbag.sqlite3"

    @property
    def keys_path(self) -> Path:
        """Where this computer's keys to all objects are kept."""
        return _known(self.config_dir, "KITBAG_CONFIG") / "keys.json"


def _known(folder: Path | None, variable: str) -> Path:
    if folder is None:
        raise KitbagError(
            where="kitbag",
            reason=Reason.USAGE,
            problem="this user has no home folder to keep anything in",
            allowed=f"HOME, or {variable} with a folder of this user's",
            next_step=f"set {variable} and run it again",
        )
    return folder


def real() -> Environment:
    """The environment of a person at a computer."""
    streams.hold_places()
    variables = dict(os.environ)
    stderr = streams.words()
    return Environment(
        stdout=streams.data(),
        stderr=stderr,
        config_dir=_if_at_home(_config_dir, variables),
        data_dir=_if_at_home(_data_dir, variables),
        now_utc_ms=lambda: time.time_ns() // 1_000_000,
        is_tty=stderr.isatty(),
        variables=variables,
    )


def _if_at_home(
    folder: Callable[[Mapping[str, str]], Path], variables: Mapping[str, str]
) -> Path | None:
    try:
        return folder(variables)
    except RuntimeError:  # Path.home() found none
        return None


def _data_dir(variables: Mapping[str, str]) -> Path:
    """A local folder of this user: XDG on Linux, Application Support on macOS, AppData on Windows.

    `KITBAG_DATA` names another one. Windows' local (not roaming) folder, because a database on a
    network share may be torn.
    """
    if chosen := variables.get("KITBAG_DATA"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(variables.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "Kitbag"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Kitbag"
    return Path(variables.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "kitbag"


def _config_dir(variables: Mapping[str, str]) -> Path:
    if chosen := variables.get("KITBAG_CONFIG"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(variables.get("APPDATA") or Path.home() / "AppData/Roaming") / "Kitbag"
    if sys.platform == "darwin":
        return Path.home() / "Library/Preferences/Kitbag"
    return Path(variables.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kitbag"
