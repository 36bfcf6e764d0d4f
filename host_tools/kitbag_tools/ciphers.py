"""AES as the object has it (MicroPython's cryptolib.aes): both sides seal with one code."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_ECB = 1
_CBC = 2


class Aes:
    """`aes(key, mode, iv)`: mode 1 is ECB, 2 is CBC. Whole blocks of 16 bytes only."""

    def __init__(self, key: bytes, mode: int, iv: bytes | None = None) -> None:
        if mode == _CBC and iv is not None:
            self._cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
        elif mode == _ECB:
            self._cipher = Cipher(algorithms.AES(key), modes.ECB())
        else:
            raise ValueError(f"mode {mode}")

    def encrypt(self, data: bytes) -> bytes:
        cipher = self._cipher.encryptor()
        return cipher.update(data) + cipher.finalize()

    def decrypt(self, data: bytes) -> bytes:
        cipher = self._cipher.decryptor()
        return cipher.update(data) + cipher.finalize()
