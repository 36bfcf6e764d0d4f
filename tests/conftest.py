"""What every test may ask for."""

import os
from pathlib import Path

import pytest


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
