"""What a table is: its columns, each described once. Header, cells and codebook come from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float | bool | None
Row = Mapping[str, Value]
Kind = Literal["text", "number", "time"]


@dataclass(frozen=True)
class Column:
    """One column. `decimals` rounds numbers; `levels` explains the words that a cell may hold."""

    name: str
    kind: Kind
    description: str
    unit: str = ""
    derivation: str = ""
    decimals: int = 3
    levels: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if len(self.name) > 32 or not self.name.isidentifier() or self.name != self.name.lower():
            raise ValueError(self.name)

    def cell(self, value: Value) -> str:
        """What stands in the file: nothing for None, plain decimals, harmless text."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            text = f"{value:.{self.decimals}f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return "0" if text == "-0" else text
        return harmless(value)


@dataclass(frozen=True)
class Table:
    """A table: `name`.csv and its codebook."""

    name: str
    description: str
    row: str
    columns: Sequence[Column]

    def codebook(self) -> dict[str, object]:
        """The description of the table and every column, for people and programs."""
        columns: dict[str, object] = {}
        for column in self.columns:
            entry: dict[str, object] = {"type": column.kind, "description": column.description}
            if column.unit:
                entry["unit"] = column.unit
            if column.levels:
                entry["levels"] = dict(column.levels)
            if column.derivation:
                entry["derivation"] = column.derivation
            if column.kind == "number":
                entry["decimals"] = column.decimals
            columns[column.name] = entry
        return {
            "table": self.name,
            "description": self.description,
            "one_row": self.row,
            "missing": "an empty cell",
            "columns": columns,
        }


def harmless(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula, and on one line."""
    text = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
