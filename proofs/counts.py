"""What was found, to be added up."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar, Self

_EXAMPLES = 5


@dataclass
class Counts:
    """Every field is a count but `examples`: a few sentences on what was wrong."""

    WRONG: ClassVar[tuple[str, ...]] = ()  # fields that must be 0
    MOST: ClassVar[tuple[str, ...]] = ()  # fields of which the largest counts, not the sum

    examples: list[str] = field(default_factory=list[str], kw_only=True)

    def add(self, other: Self) -> None:
        for one in fields(self):
            if one.name in self.MOST:
                setattr(self, one.name, max(getattr(self, one.name), getattr(other, one.name)))
            elif one.name != "examples":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.examples = [*self.examples, *other.examples][:_EXAMPLES]

    def wrong_with(self, what: str, how_many: int, sentence: str) -> None:
        if how_many:
            setattr(self, what, getattr(self, what) + how_many)
            if len(self.examples) < _EXAMPLES:
                self.examples.append(f"{what}: {sentence}")

    @property
    def good(self) -> bool:
        return not any(getattr(self, what) for what in self.WRONG)
