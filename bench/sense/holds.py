"""Recall and precision of holds, what is felt of air alone, how soon they begin and end."""

from statistics import quantiles

from figures import Figure
from sense import draws, played
from sense.airs import rooms
from sense.played import Of, Sense, Senses, Told
from sense.row import percent, row
from support.pressure import Barometer

AIR_H = 24.0
RECALL = "holds of 0.2 to 6 kPa that are felt, once and where they were"
PRECISION = "  of what is told as a hold, was one"


def measure(senses: Senses) -> list[Figure]:
    """The firmware's beside each peer, and in the chip's arithmetic."""
    ours = senses.ours
    of_air = _of_air(ours.sense)
    found: list[Figure] = []
    for peer in senses.peers:
        found += [
            row(RECALL, recall(ours.holds), "%", (">=", 98), peer.name, recall(peer.holds)),
            row(PRECISION, _precision(ours), "%", (">=", 98), peer.name, _precision(peer)),
            row(f"  told in {AIR_H:.0f} h of air with nobody", of_air, "", ("==", 0), peer.name,
                _of_air(peer.sense)),
        ]  # fmt: skip
    chip = senses.chip
    found += [
        row("  felt in the chip's arithmetic", recall(chip.holds), "%", (">=", 98),
            ours.name, recall(ours.holds)),
        row("  and was one", _precision(chip), "%", (">=", 98), ours.name, _precision(ours)),
    ]  # fmt: skip
    return [*found, *_when(ours, senses.peers[0]), _split(ours, senses.peers[0])]


def recall(told: Told) -> float:
    """Percent of the holds that were told once and where they were."""
    return percent(sum(len(played.there(*one)) == 1 for one in told), len(told))


def _precision(of: Of) -> float:
    """Percent of the holds told, of whatever was done, that were holds."""
    right = sum(len(played.there(*one)) == 1 for one in of.holds)
    told = sum(len(played.held(felt)) for _, felt in (*of.holds, *of.squeezes, *of.pats))
    return percent(right, told)


def _of_air(sense: Sense) -> int:
    airs = rooms()
    told = 0
    for number, air in enumerate(airs):
        barometer = Barometer(seed=number, sense=sense)
        told += played.begun(barometer.play(air.pressure, AIR_H * 3600 / len(airs)))
    return told


def _when(ours: Of, peer: Of) -> list[Figure]:
    noticed, ends, tellings = _times(ours.holds)
    _, ends_beside, tellings_beside = _times(peer.holds)
    return [
        row("  noticed after, 95 of 100", _most_of(noticed), "s", ("<=", 0.3)),
        row("  the latest", max(noticed), "s", ("<=", 0.3)),
        row("  logged end off the arm's opening, 95 of 100", _most_of(ends), "s", ("<=", 1.5),
            peer.name, _most_of(ends_beside)),
        row("  end told after the arm had opened, 95 of 100", _most_of(tellings), "s", None,
            peer.name, _most_of(tellings_beside)),
    ]  # fmt: skip


# Seconds of every hold told: noticed after its start, its logged end off, told after its end. An
# end that is wrong counts, however far off
def _times(told: Told) -> tuple[list[float], list[float], list[float]]:
    noticed: list[float] = []
    ends: list[float] = []
    tellings: list[float] = []
    for drawn, felt in told:
        for g, told_ms in zip(felt.gestures, felt.told_ms, strict=True):
            if g.kind in played.HOLD:
                noticed.append(g.noticed_ms / 1000 - drawn.start_s)
                ends.append(abs(g.end_ms / 1000 - drawn.shape.ends_s))
                tellings.append(told_ms / 1000 - drawn.shape.ends_s)
    return noticed, ends, tellings


def _most_of(values: list[float]) -> float:
    return quantiles(values, n=20)[18]


def _split(ours: Of, peer: Of) -> Figure:
    def split(of: Of) -> int:
        told = played.play(draws.regripped(), of.sense)
        return sum(len(felt.gestures) > 1 for _, felt in told)

    return row(
        f"  of {draws.EACH} with grips changed for up to 0.74 s, told as more than one",
        split(ours), "", ("==", 0), peer.name, split(peer),
    )  # fmt: skip
