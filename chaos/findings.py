"""What was found to be wrong: how often, by check, and some examples in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# What must be 0, and its heading
CHECKS = {
    "unnamed": "seqs that neither are there nor are named",
    "false_gap": "gaps that are none, or have another reason",
    "not_stored": "records on flash that no sync brought home",
    "lost": "records gone from the store, or changed",
    "reused": "seqs given out twice, or conflicts",
    "acked": "acknowledged, and not in the store",
    "visit": "visits that failed for no reason, or last ones that failed",
    "error": "errors that nobody injected",
    "time": "times that are wrong, or claimed and not known",
    "silent": "presses of the button that are not told",
    "withheld": "records of use that were to be withheld",
    "heat": "limits of heat passed",
    "output": "outputs that nobody began",
}
_EXAMPLES = 5


@dataclass
class Findings:
    """`wrong` counts by the names of `CHECKS`."""

    wrong: Counter[str] = field(default_factory=Counter[str])
    examples: list[str] = field(default_factory=list[str])
    seen: Counter[str] = field(default_factory=Counter[str])  # how much was looked at

    @property
    def good(self) -> bool:
        return not self.wrong

    def found(self, check: str, said: str, count: int = 1) -> None:
        assert check in CHECKS
        if count:
            self.wrong[check] += count
            if len(self.examples) < _EXAMPLES:
                self.examples.append(f"{check}: {said}")

    def add(self, other: Findings) -> None:
        self.wrong.update(other.wrong)
        self.seen.update(other.seen)
        self.examples += other.examples
