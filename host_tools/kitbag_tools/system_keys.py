"""Keys in the operating system's keyring instead of a file: Keychain, Credential Locker, Secret
Service. Asked for by KITBAG_KEYS=keyring; needs the extra `keyring`.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from .errors import KitbagError, Reason
from .keys import Keys

SERVICE = "kitbag"


class SystemKeys(Keys):
    """One entry an object, under the service "kitbag" and the object's id.

    Raises KitbagError where the package or a keyring to unlock is missing.
    """

    where = "the keyring of this computer"

    def __init__(self) -> None:
        try:
            import keyring
            import keyring.errors
        except ImportError as error:
            raise KitbagError(
                where="KITBAG_KEYS",
                reason=Reason.PART_MISSING,
                problem="keeping keys in the keyring needs the package keyring",
                given="keyring",
                next_step="install it with `pip install kitbag[keyring]`, or unset KITBAG_KEYS",
            ) from error
        self._keyring = keyring
        self._errors = keyring.errors

    def forget(self, device: str) -> None:
        with self._told():
            if self._keyring.get_password(SERVICE, device) is not None:
                self._keyring.delete_password(SERVICE, device)

    def _entry(self, device: str) -> Any:
        with self._told():
            kept = self._keyring.get_password(SERVICE, device)
        try:
            return None if kept is None else json.loads(kept)
        except (ValueError, RecursionError):  # also nested without end
            raise self._unreadable() from None

    def _put(self, device: str, entry: dict[str, str]) -> None:
        with self._told():
            self._keyring.set_password(SERVICE, device, json.dumps(entry))

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except self._errors.KeyringError:  # what it says might quote what it was given
            raise KitbagError(
                where=self.where,
                reason=Reason.KEYRING,
                next_step="unlock it or install one, or unset KITBAG_KEYS to keep keys in a file",
            ) from None
