# Runs on CPython and on the MicroPython VM: the two simplest ways to feel a touch. Beside them is
# measured what the firmware's sense is worth and costs.
from micropython import const

_THRESHOLD_PA = const(100.0)
_PAT_MS = const(300)
_HOLD_MS = const(2_000)
_ROW_MS = const(3_000)
_PATS = const(3)
_FOLLOW_S = const(30.0)


class Gesture:
    """What a peer felt."""

    def __init__(self, kind, start_ms, end_ms, count):
        self.kind = kind
        self.start_ms = self.noticed_ms = start_ms
        self.end_ms = end_ms
        self.count = count


class Threshold:
    """Over so much more than the first reading: touched; by how long it lasts: a pat, a squeeze,
    a hold. Those that begin within three seconds are one gesture.
    """

    follow_s = 0.0

    def __init__(self, listener):
        self._to = listener
        self._base_pa = None
        self._from_ms = None
        self._last_ms = 0
        self._row = None
        self.active = True  # it has to look often

    def sample(self, now_ms, pressure_pa, _):
        """As the firmware's sense."""
        if self._base_pa is None:
            self._base_pa = pressure_pa
        over = pressure_pa - self._base_pa
        if self.follow_s:
            self._base_pa += over * min(1.0, (now_ms - self._last_ms) / 1000 / self.follow_s)
        self._last_ms = now_ms
        if over > _THRESHOLD_PA:
            if self._from_ms is None:
                self._from_ms = now_ms
        elif self._from_ms is not None:
            self._touched(self._from_ms, now_ms)
            self._from_ms = None
        elif self._row is not None and now_ms - self._row.start_ms >= _ROW_MS:
            self._tell()

    def _touched(self, start_ms, end_ms):
        lasted = end_ms - start_ms
        kind = "hold" if lasted >= _HOLD_MS else "squeeze" if lasted > _PAT_MS else "pat"
        row = self._row
        if kind == "hold" or row is None or row.kind != kind or start_ms - row.start_ms > _ROW_MS:
            self._tell()
            self._row = Gesture(kind, start_ms, end_ms, 1)
            if kind == "hold":
                self._tell()
        else:
            row.end_ms = end_ms
            row.count += 1

    def _tell(self):
        row, self._row = self._row, None
        if row is not None and (row.kind != "pat" or row.count >= _PATS):
            self._to.on_gesture(row)


class Following(Threshold):
    """The same over a baseline that follows everything in half a minute."""

    follow_s = _FOLLOW_S
