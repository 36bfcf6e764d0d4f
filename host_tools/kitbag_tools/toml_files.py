"""Reading TOML files that somebody wrote or sent: small, of text, no deeper than any of ours."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_DEEPEST = 16
_MOST_DOTS = 100  # in a line: the parser's time grows with the square of those in a key
_INTEGER_BITS = 63  # TOML 1.0; a longer one cannot even be shown in an error


class UnreadableError(Exception):
    """Why there is no text to be had from a file."""


class NotTomlError(Exception):
    """What is wrong with a text that should be TOML."""


def load(path: Path, most_kb: int) -> tuple[str, dict[str, Any]]:
    """(text, tree) of a file or pipe of at most `most_kb` KB.

    Whatever lies there, this ends soon, and so does whoever walks the tree.
    """
    text = _text(path, most_kb)
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    if any(line.count(".") > _MOST_DOTS for line in lines):
        raise NotTomlError(f"a line with more than {_MOST_DOTS} dots")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(str(error)) from error
    except RecursionError as error:
        raise NotTomlError("nested without end") from error
    except ValueError as error:  # Python does not read thousands of digits
        raise NotTomlError("a number that is too long") from error
    _check(tree)
    return text, tree


def _text(path: Path, most_kb: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(most_kb * 1024 + 1)  # not all: /dev/zero has no end
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    if len(data) > most_kb * 1024:
        raise UnreadableError(f"more than {most_kb} KB")
    try:
        return data.decode("utf-8-sig")  # editors on Windows begin a file with a mark
    except UnicodeDecodeError as error:
        raise UnreadableError("not UTF-8 text") from error


def _check(tree: dict[str, Any]) -> None:
    left: list[tuple[object, int]] = [(tree, 0)]
    while left:
        value, depth = left.pop()
        if depth > _DEEPEST:
            raise NotTomlError(f"nested more than {_DEEPEST} deep")
        if isinstance(value, dict):
            left += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, int) and value.bit_length() > _INTEGER_BITS:
            raise NotTomlError("a whole number of more than 64 bits")
