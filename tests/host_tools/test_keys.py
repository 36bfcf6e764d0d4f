"""This computer's keys: in a private file, or in the operating system's keyring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from host_tools.fake_object import KEY, Log
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.keys import HostKey, KeyFile, Keys
from kitbag_tools.system_keys import SERVICE, SystemKeys

OTHER = HostKey(b"\x09\x08\x07\x06", "clinician", bytes(range(16, 32)))


class Ring(keyring.backend.KeyringBackend):
    """What an operating system keeps, for as long as a test takes. `locked`: nobody opened it."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")

    def _open(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("00112233")


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture(params=["file", "keyring"])
def keys(request: pytest.FixtureRequest, tmp_path: Path, ring: Ring) -> Keys:
    return KeyFile(tmp_path / "new" / "keys.json") if request.param == "file" else SystemKeys()


def test_each_object_has_a_key_of_its_own(keys: Keys) -> None:
    assert keys.get("c0ffee01") is None
    keys.forget("c0ffee01")
    keys.keep("c0ffee01", KEY)
    keys.keep("c0ffee02", OTHER)
    assert (keys.get("c0ffee01"), keys.get("c0ffee02")) == (KEY, OTHER)
    keys.keep("c0ffee02", KEY)
    keys.forget("c0ffee01")
    assert (keys.get("c0ffee01"), keys.get("c0ffee02")) == (None, KEY)


def test_the_file_is_this_users_alone(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    keys.keep("c0ffee01", KEY)
    assert keys.path.stat().st_mode & 0o777 == 0o600


SPOILED = [
    "",
    "[]",
    "7",
    "{",
    '{"host": "00"}',
    '{"host": 1, "role": "therapist", "secret": ""}',
    pytest.param("[" * 100_000, id="nested without end"),
    pytest.param("1" * 5_000, id="digits without end"),
]


@pytest.mark.parametrize("content", SPOILED)
def test_what_cannot_be_read_is_told_without_being_shown(
    content: str, tmp_path: Path, ring: Ring
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(f'{{"c0ffee01": {content}}}')
    ring.set_password(SERVICE, "c0ffee01", content)
    for keys in (KeyFile(path), SystemKeys()):
        with pytest.raises(KitbagError) as caught:
            keys.get("c0ffee01")
        assert caught.value.reason is Reason.INVALID_FILE
        assert caught.value.given == ""


def test_keys_of_another_user_ask_for_a_permission(tmp_path: Path, closed) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    keys.keep("c0ffee01", KEY)
    with closed(keys.path), pytest.raises(KitbagError) as caught:
        keys.get("c0ffee01")
    assert caught.value.reason is Reason.INVALID_FILE
    assert "chmod 600" in caught.value.next_step
    assert "adopt" not in caught.value.told()


def test_a_locked_keyring_is_told_and_quotes_nothing(ring: Ring) -> None:
    keys = SystemKeys()
    ring.locked = True
    for act in (
        lambda: keys.get("c0ffee01"),
        lambda: keys.keep("c0ffee01", KEY),
        lambda: keys.forget("c0ffee01"),
    ):
        with pytest.raises(KitbagError) as caught:
            act()
        assert caught.value.reason is Reason.KEYRING
        assert "00112233" not in caught.value.told()
        assert "KITBAG_KEYS" in caught.value.next_step


def test_no_keyring_at_all_is_told() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    try:
        with pytest.raises(KitbagError) as caught:
            SystemKeys().get("c0ffee01")
    finally:
        keyring.set_keyring(before)
    assert caught.value.reason is Reason.KEYRING


def test_a_computer_is_adopted_into_its_keyring(fake, kitbag, env, ring: Ring) -> None:
    env.keys_path.unlink()
    there = fake(Log(), device="c0ffee03")
    port = ["--port", there.path]
    assert kitbag("status", *port, KITBAG_KEYS="keyring")[0] == 5
    code, told, _ = kitbag("adopt", *port, KITBAG_KEYS="keyring")
    assert (code, told) == (0, "Object c0ffee03 has adopted this computer as a therapist's.\n")
    assert json.loads(ring.kept[SERVICE, "c0ffee03"])["role"] == "therapist"
    assert kitbag("status", *port, KITBAG_KEYS="keyring")[0] == 0
    assert not env.keys_path.exists()
    assert kitbag("status", *port)[0] == 5  # without it: the file, where no key is


def test_another_place_for_keys_is_refused(fake, kitbag) -> None:
    code, told, said = kitbag("status", "--port", fake(Log()).path, KITBAG_KEYS="vault")
    assert (code, told) == (2, "")
    assert "file (as without it) or keyring" in said
