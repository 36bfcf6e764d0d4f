"""What every test may ask for."""

import contextlib
import os
from pathlib import Path

import pytest

from kitbag_tools import image
from kitbag_tools.errors import KitbagError
from kitbag_tools.sim import board_code


def pytest_configure(config: pytest.Config) -> None:
    # Before there are several processes: two that want the same folder must not both build it
    if not hasattr(config, "workerinput"):
        with contextlib.suppress(KitbagError):  # whoever needs it says so
            board_code.build()
            image.build("sim")
            image.build("esp32_s3")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The source checkout under test."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real measurements; the test skips where RECORDINGS does not name one."""
    folder = os.environ.get("RECORDINGS")
    if not folder:
        pytest.skip("RECORDINGS is not set: no recordings to replay")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"RECORDINGS names {path}, which is no folder")
    return path
