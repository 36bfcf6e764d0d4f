"""Whether holds, squeezes and pats are told apart."""

from collections.abc import Callable
from typing import Any

from figures import Figure
from sense.played import HOLD, Of, Senses, Told
from sense.row import percent, row

NAMED = "holds, squeezes and pats named rightly"
_PUBLISHED = "published: 88 % with a microphone as well, 77 % on a grid of force sensors"
_NAMES = {"hold": (*HOLD, "rest"), "squeeze": ("squeeze",), "pat": ("pat",)}
_BOUND = (">=", 95.0)


def measure(senses: Senses) -> list[Figure]:
    """All together and each kind, over every length and clear of the border at 0.3 s."""
    found: list[Figure] = []
    for name, share in (
        (NAMED, lambda of: _right([*of.holds, *of.squeezes, *of.pats])),
        ("  holds (or rest)", lambda of: _right(of.holds)),
        ("  squeezes of 0.3 to 1.5 s", lambda of: _right(of.squeezes)),
        ("  pats of up to 0.3 s", lambda of: _right(of.pats)),
        ("  squeezes of more than 0.35 s", lambda of: _right(_clear(of.squeezes))),
        ("  pats of less than 0.25 s", lambda of: _right(_clear(of.pats))),
    ):
        found += _rows(senses, name, share)
    peer, beside = _best(senses, lambda of: _counted(of.squeezes))
    counted = _counted(senses.ours.squeezes)
    return [*found, row("  squeezes whose number is right too", counted, "%", None, peer, beside)]


def _rows(senses: Senses, name: str, share: Callable[[Of], float]) -> list[Figure]:
    ours = share(senses.ours)
    peer, beside = _best(senses, share)
    words = f"{peer}; {_PUBLISHED}" if name == NAMED else peer
    chip = f"    {name.strip()}, in the chip's arithmetic"
    return [
        row(name, ours, "%", _BOUND, words, beside),
        row(chip, share(senses.chip), "%", _BOUND, senses.ours.name, ours),
    ]


# Whichever peer does best
def _best(senses: Senses, share: Callable[[Of], float]) -> tuple[str, float]:
    best = max(senses.peers, key=share)
    return best.name, share(best)


def named(kind: str, felt: Any) -> bool:
    """Exactly one gesture was told, and by its name."""
    return len(felt.gestures) == 1 and felt.gestures[0].kind in _NAMES[kind]


def _right(told: Told) -> float:
    return percent(sum(named(drawn.kind, felt) for drawn, felt in told), len(told))


def _clear(told: Told) -> Told:
    return [(drawn, felt) for drawn, felt in told if drawn.clear]


def _counted(told: Told) -> float:
    right = sum(
        named("squeeze", felt) and felt.gestures[0].count == len(drawn.each_s)
        for drawn, felt in told
    )
    return percent(right, len(told))
