"""The simplest controller: all or nothing."""

_BAND_C = 0.25


class TwoPoint:
    """Full power from `_BAND_C` below the target to as much above it."""

    def __init__(self) -> None:
        self._on = False

    def again(self) -> "TwoPoint":
        return TwoPoint()

    def duty(self, target_c: float, pad_c: float) -> float:
        if pad_c <= target_c - _BAND_C:
            self._on = True
        elif pad_c >= target_c + _BAND_C:
            self._on = False
        return 1.0 if self._on else 0.0
