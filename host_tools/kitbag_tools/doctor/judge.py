"""What the figures of a bladder mean, in one word and one sentence: pure, nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..errors import ExitCode
from .figures import Figures

USUAL_NOISE_PA = 0.8  # data sheet, pressure x4, filter 4
RIGID_PA_PER_K = 340.0  # P / T: no bladder does more

_NOISY_PA = 3 * USUAL_NOISE_PA  # the chip's coarsest setting has 3.3
_STIR_PA = 5.0  # a door of 40 Pa in the minute makes 2, a hand on the cloth more than this
# A minute of the worst weather (0.11 Pa/s) and of the sensor's own drift (5 Pa) together
WEATHER_PA_PER_MIN = 7.0
_DRIFT_PA_PER_MIN = 12.0
_CLIPPED_PA = 109_500.0
_FELT_PA = 100.0  # below this a touch says nothing to the object
_NOTHING_PA = 10.0
_HUG_S = 3.0
# Arms creep by 20 % in 29 s, that is 0.7 % a second, and pressed air that cools gives up to 29 %
# of its pressure back within some seconds, at most 4 % a second once the arms have settled
_LEAK_PER_S = 0.08


class Health(Enum):
    """(word, exit code)"""

    GOOD = "good", ExitCode.OK
    DEAD = "dead", ExitCode.FAILED
    RESTLESS = "restless", ExitCode.INCOMPLETE
    NOISY = "noisy", ExitCode.FAILED
    CLIPPED = "clipped", ExitCode.FAILED
    BLOCKED = "blocked", ExitCode.FAILED
    SLACK = "slack", ExitCode.FAILED
    BRIEF = "brief", ExitCode.INCOMPLETE
    LEAKING = "leaking", ExitCode.FAILED

    def __init__(self, word: str, exit_code: ExitCode) -> None:
        self.word = word
        self.exit_code = exit_code


@dataclass(frozen=True)
class Verdict:
    """What it is, why in one sentence, and what to do about it."""

    health: Health
    why: str
    next_step: str


def judge(figures: Figures) -> Verdict:
    """The first thing that is wrong; what comes later could not be believed before it."""
    for look in (_sensor, _rest, _hug):
        found = look(figures)
        if found is not None:
            return found
    return Verdict(
        Health.GOOD,
        "The air stays in the bladder and a hug reaches the sensor.",
        "nothing to do; look again after a repair, or when hugs are felt less than before",
    )


def beyond_pa_per_min(figures: Figures) -> float:
    """How much of the drift at rest the bladder's own warming or cooling does not explain."""
    drift, k = figures.drift_pa_per_min, figures.drift_k_per_min
    if drift is None or k is None:
        return 0.0
    taut = figures.tautness_pa_per_k
    # A learned tautness may be off by half; an unknown one is anything from slack to rigid
    slopes = (0.0, RIGID_PA_PER_K) if taut is None else (taut / 2, taut * 1.5)
    low, high = sorted(k * slope for slope in slopes)
    return min(drift - low, 0.0) + max(drift - high, 0.0)


def is_more_than_weather(pa_per_min: float) -> bool:
    """Whether neither air nor sensor drift so fast by themselves."""
    return abs(pa_per_min) > _DRIFT_PA_PER_MIN


def _sensor(figures: Figures) -> Verdict | None:
    if figures.live:
        return None
    return Verdict(
        Health.DEAD,
        "The pressure sensor does not answer, or says the same for ever.",
        "take the object's power away and give it back; if that changes nothing, look at the "
        "sensor's four wires, then replace it (`sense_fault` in its log says how it was lost)",
    )


def _rest(figures: Figures) -> Verdict | None:
    noise, stir = figures.noise_pa, figures.stir_pa
    if stir is None or stir > max(_STIR_PA, 3 * (noise or 0.0)):
        return Verdict(
            Health.RESTLESS,
            "No quiet stretch was found: something kept moving the object or its air.",
            "lay it on a table away from doors, fans and people, and repeat the command",
        )
    if noise is not None and noise > _NOISY_PA:
        return Verdict(
            Health.NOISY,
            f"The sensor's noise is {noise:.1f} Pa where {USUAL_NOISE_PA:g} Pa is usual.",
            "look at the sensor's wires and its supply, and that it is a real BME280; then "
            "repeat the command",
        )
    beyond = beyond_pa_per_min(figures)
    if beyond < 0 and is_more_than_weather(beyond):
        return Verdict(
            Health.LEAKING,
            f"At rest the pressure fell by {-beyond:.0f} Pa a minute more than weather and its "
            "own cooling make it fall.",
            "repeat the command to be sure that nobody carried it upstairs; then look for the "
            "leak at the seams, the valve and the sensor's wires",
        )
    return None


def _hug(figures: Figures) -> Verdict | None:
    top, peak = figures.top_pa, figures.peak_pa
    if top is None or peak is None or peak < _NOTHING_PA:
        return Verdict(
            Health.BLOCKED,
            "No hug reached the sensor.",
            "if nobody hugged it, repeat the command; if somebody did, look for a kinked or "
            "blocked way between bladder and sensor, or a bladder that has come open",
        )
    if top > _CLIPPED_PA:
        return Verdict(
            Health.CLIPPED,
            "The hug went past what the sensor can measure, so its peak is higher than is told.",
            "hug it less hard and repeat the command; if gentle hugs get there too, let some air "
            "out of the bladder",
        )
    if peak < _FELT_PA:
        return Verdict(
            Health.SLACK,
            f"The hug raised the pressure by {peak:.0f} Pa; below {_FELT_PA:.0f} Pa the object "
            "takes nothing for a touch.",
            "put more air into the bladder, or let less of the filling lie between it and the "
            "arms, and repeat the command",
        )
    if figures.hug_s is None or figures.hug_s < _HUG_S or figures.fall_per_s is None:
        return Verdict(
            Health.BRIEF,
            "The hug was too short or too uneven to say whether the bladder leaks.",
            "repeat the command and hold on, evenly, for five seconds; if you did, the air went "
            "out at once: look for a large leak",
        )
    if figures.fall_per_s > _LEAK_PER_S:
        return Verdict(
            Health.LEAKING,
            f"A steady hug lost {figures.fall_per_s * 100:.0f} % of its pressure a second; arms "
            "that tire lose about 1 %.",
            "repeat the command, holding evenly; if it stays, look for the leak at the seams, "
            "the valve and the sensor's wires",
        )
    return None
