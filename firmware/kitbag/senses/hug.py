"""Gestures from the pressure in the bladder: holds, squeezes and pats.

Pure and streaming: fed with one sample at a time, bounded memory. What is not a gesture moves the
pressure too, and is told apart by how fast it does:

- weather (at most 0.1 Pa/s), a lift (up to 50 Pa/s), a slow leak and the heater warming the air
  (up to 20 Pa/s) are slower than an arm that closes. The baseline follows anything slower than
  `_FOLLOW_PA_PER_S`; only what outruns it by `_ONSET_PA` is a touch.
- while something holds the object the baseline cannot be seen. The end of a hold is therefore a
  fast fall from the level of the last seconds, never a return to an old number, and no hold ever
  times out.

Figures: notes in docs/sensing.md; times of hugs from HuggieBot (Block et al. 2023), pressures
from Kim et al. (RO-MAN 2016), shapes from measured pillow and cuff recordings.
"""

from array import array

from micropython import const

# The baseline at rest
_FOLLOW_PA_PER_S = const(62)  # a lift at 42 and warming air at 17; an express alone at 48
_FOLLOW_TAU_S = const(0.5)
_ONSET_PA = const(60)  # a door slam in the next room is 20-40
_GESTURE_PA = const(100)  # a touch that never gets this far says nothing
_RESUME_MAX_PA = const(20_000)  # no arm presses harder (18.1 kPa, Kim et al.)

_BEFORE_MS = const(1_200)  # longer, and a lift would have moved on meanwhile

# Some boards give lone dips of 10 to 200 Pa several times an hour
_DIP_PA = const(80)  # a door stays below
_NEIGHBOURS = const(3)  # so many times less do these differ: the chip's filter has a tail

# A touch: what it is by how long it lasts
_SQUEEZE_MAX_MS = const(1_750)
_HOLD_MS = const(2_000)
LONG_HOLD_MS = 30_000
# At the falling edge, before the tail is seen. A row of them is known better than one: the reading
# before a touch is up to 100 ms old
_SQUEEZE_FROM_MS = const(285)
_SQUEEZES_FROM_MS = const(302)
_UNLIKE_MS = const(500)  # nor do a long one and one of half its length belong together
_GROUP_MS = const(3_000)  # squeezes and pats within this belong together ...
_GROUP_QUIET_MS = const(1_200)  # ... and so does one that follows this soon
_PATS_MIN = const(3)

# A hold
_LEVEL_TAU_S = const(8)
_LEVEL_UP_TAU_S = const(2)
_FALL = const(0.5)  # of the hold's own pressure
_BRIDGE_MS = const(1_000)  # a re-grip lasts up to 0.74 s
_SETTLE_MS = const(400)  # a release is over when the pressure has stood still so long ...
_SETTLE_MAX_MS = const(3_000)  # ... or at the latest after this
_SLOW_END_MS = const(3_000)
_EDGE = const(0.12)  # of the height: where a touch begins and ends
_ON_TOP = const(0.35)  # of the hold's own pressure: a squeeze while holding
_ON_TOP_PA = const(120)

# Tautness
_RIGID_PA_PER_K = const(340)  # P / T: what a rigid bladder does
_LEARN_EVERY_MS = const(30_000)
_LEARN_FROM_K = const(0.2)
_LEARN_KEEP = const(0.9)
_LEARN_ENOUGH_K2 = const(0.5)

_TIME_MASK = const(0x3FFFFFFF)
_RING = const(112)  # samples: more than 4 s at 25 Hz

# Phases
_REST = const(0)
_TOUCHED = const(1)  # up, and not yet known as what
HELD = const(2)


class Gesture:
    """A gesture that is over. Times in ms of the samples' clock, pressures in Pa over baseline."""

    def __init__(self, kind, start_ms, end_ms, noticed_ms, count, peak_pa, mean_pa, confidence):
        self.kind = kind
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.noticed_ms = noticed_ms
        self.count = count
        self.peak_pa = peak_pa
        self.mean_pa = mean_pa
        self.confidence = confidence


class HugSense:
    """Feed it with `sample`; it tells `listener` what it feels, as it feels it:

    `on_touch(now_ms)` something touched the object (the `noticed` of what follows);
    `on_hold(start_ms, noticed_ms, peak_pa, tautness_pa_per_k)` it has lasted 2 s: a hold began;
    `on_squeeze(count, now_ms)` a squeeze was let go, the `count`th in a row;
    `on_gesture(gesture)` a gesture is over and known;
    `on_resume()` before `on_hold`: this hold was on already when the object started.

    `rest_pa` and `rest_c` are what the bladder has, or had before it was touched: the baseline.
    """

    def __init__(self, listener):
        self._to = listener
        self.phase = _REST
        self.gauge_pa = 0  # over baseline, as far as it can be known
        self.tautness_pa_per_k = None  # None until it has been seen
        self._last_ms = None
        self.rest_pa = 0
        self.rest_c = 0
        self._times = array("i", [0] * _RING)
        self._pressures = array("f", [0] * _RING)
        self._offset_pa = 0  # the ring holds pressures over this, to keep float32's last digits
        self._at = 0
        # A touch or hold
        self._start_ms = self._noticed_ms = 0
        self._peak_pa = self._level_pa = self._cap_pa = 0
        self._sum = 0
        self._n = 0
        self._fall_ms = None
        self._fall_pa = 0
        self._still_ms = 0
        self._still_pa = 0
        self._slow_ms = 0
        self._top_ms = None  # a squeeze on top of a hold: since when
        self._top_peak_pa = 0
        # Squeezes or pats in a row
        self._group_ms = 0  # that they lasted together
        self._group_first_ms = self._group_last_ms = self._group_noticed_ms = 0
        self._group_count = 0
        self._group_peak_pa = self._group_mean_pa = 0
        # Learning the tautness
        self._learn_ms = None
        self._learn_pa = self._learn_c = 0
        self._sxy = self._sxx = 0

    @property
    def active(self):
        """True while every sample counts: sample fast."""
        return self.phase != _REST or self._group_count > 0

    def held_ms(self, now_ms):
        """How long the present hold has lasted, 0 when there is none. While it may be ending it
        does not grow.
        """
        if self.phase != HELD:
            return 0
        return (now_ms if self._fall_ms is None else self._fall_ms) - self._start_ms

    def sample(self, now_ms, pressure_pa, bladder_c):
        """One reading of the barometer at `now_ms` (monotone ms)."""
        if not 20_000 < pressure_pa < 200_000:  # NaN too
            return
        if self._last_ms is None:
            self._last_ms = now_ms
            self._begin(now_ms, pressure_pa, bladder_c)
        dt_ms = now_ms - self._last_ms
        if dt_ms < 0:
            return
        self._last_ms = now_ms
        at = self._at = (self._at + 1) % _RING
        self._times[at] = now_ms & _TIME_MASK
        self._pressures[at] = pressure_pa - self._offset_pa
        if self.phase == _REST:
            over = pressure_pa - self.rest_pa
            if over > _ONSET_PA:
                self._touch(now_ms, pressure_pa, bladder_c)
            else:
                # Follow, but never faster upwards than any lift
                dt_s = dt_ms * 0.001
                step = over * (dt_s / _FOLLOW_TAU_S if dt_s < _FOLLOW_TAU_S else 1)
                limit = _FOLLOW_PA_PER_S * dt_s
                self.rest_pa += step if step < limit else limit
                self.gauge_pa = over
                if self._learn_ms is None:
                    self._learn_ms = now_ms
                    self._learn_pa = self.rest_pa
                    self._learn_c = bladder_c
                elif now_ms - self._learn_ms >= _LEARN_EVERY_MS:
                    self._learn(now_ms, bladder_c)
        elif self.phase == _TOUCHED:
            self._touched(now_ms, pressure_pa, bladder_c)
        else:
            self._held(now_ms, pressure_pa, bladder_c, dt_ms * 0.001)
        if self._group_count and self.phase != _TOUCHED:
            together = now_ms - self._group_first_ms < _GROUP_MS
            if not together and now_ms - self._group_last_ms >= _GROUP_QUIET_MS:
                self._close_group()

    @property
    def pressed(self):
        """True while something presses it, whatever that will turn out to be."""
        return self.phase == HELD or (self.phase == _TOUCHED and self.gauge_pa >= _GESTURE_PA)

    @property
    def dip_pa(self):
        """How far the last reading but one was below both its neighbours, alone: the chip or its
        bus, not the air. 0 where it was not, and while anything touches the object.
        """
        ring, at = self._pressures, self._at
        first, low, last = ring[at - 2], ring[at - 1], ring[at]
        dip = min(first, last) - low
        lone = dip > max(_DIP_PA, _NEIGHBOURS * abs(last - first))
        return dip if lone and not self.active and self._times[at - 2] else 0

    def resume(self, rest_pa, rest_c):
        """Before the first sample: a hold was on when the object was reset, after such a rest."""
        self.rest_pa = rest_pa
        self.rest_c = rest_c

    # The first sample: rest, as far as anyone can know, unless a hold is still on
    def _begin(self, now_ms, pressure_pa, bladder_c):
        self._offset_pa = pressure_pa
        over = pressure_pa - self.rest_pa
        if self.rest_pa and _GESTURE_PA <= over <= _RESUME_MAX_PA:
            self._start_ms = self._noticed_ms = now_ms
            self._peak_pa = pressure_pa
            self._to.on_resume()
            self._hold(now_ms, pressure_pa)
        else:
            self.rest_pa = pressure_pa
            self.rest_c = bladder_c

    # --- At rest -----------------------------------------------------------------------------

    # dP/dT of the bladder, from the heater's own warming and cooling while nobody holds it
    def _learn(self, now_ms, bladder_c):
        dt_k = bladder_c - self._learn_c
        if abs(dt_k) >= _LEARN_FROM_K:
            self._sxy = _LEARN_KEEP * self._sxy + dt_k * (self.rest_pa - self._learn_pa)
            self._sxx = _LEARN_KEEP * self._sxx + dt_k * dt_k
            if self._sxx >= _LEARN_ENOUGH_K2:
                taut = self._sxy / self._sxx
                self.tautness_pa_per_k = max(0, min(_RIGID_PA_PER_K, taut))
            self._learn_ms = None
        elif now_ms - self._learn_ms >= 4 * _LEARN_EVERY_MS:
            self._learn_ms = None  # weather, not warmth

    # --- A touch -----------------------------------------------------------------------------

    def _touch(self, now_ms, pressure_pa, bladder_c):
        self.phase = _TOUCHED
        self._noticed_ms = now_ms
        self.rest_pa = self._before(now_ms)
        self.rest_c = bladder_c
        self._start_ms = self._edge_before(now_ms, pressure_pa)
        self._peak_pa = pressure_pa
        self._sum = 0
        self._n = 0
        self._fall_ms = None
        self._learn_ms = None
        if not self._group_count:
            self._group_noticed_ms = now_ms
        self._to.on_touch(now_ms)

    # The pressure just before the touch: the lowest mean of three samples of the last moments.
    # The baseline itself has already begun to follow.
    def _before(self, now_ms):
        lowest = None
        ring = self._pressures
        at = self._at
        for back in range(1, _RING - 2):
            i = (at - back) % _RING
            if (now_ms - self._times[i]) & _TIME_MASK > _BEFORE_MS or not self._times[i]:
                break
            mean = (ring[i] + ring[i - 1] + ring[i - 2]) / 3
            if lowest is None or mean < lowest:
                lowest = mean
        return self.rest_pa if lowest is None else min(self.rest_pa, lowest + self._offset_pa)

    # When the pressure left the baseline: walk back from now to the foot of the rise
    def _edge_before(self, now_ms, pressure_pa):
        foot = self.rest_pa - self._offset_pa + max(6, 0.08 * (pressure_pa - self.rest_pa))
        start_ms = self._walk_back(now_ms, foot, False)
        # Where pats follow closely the chip's filter fills the valley between them
        return start_ms if self._fall_ms is None else max(start_ms, self._fall_ms)

    # When the pressure crossed `level`, looking back from now to the latest sample that is below
    # (or above) it: between that sample and the next
    def _walk_back(self, now_ms, level, above):
        newer = 0
        for back in range(1, _RING):
            i = (self._at - back) % _RING
            age = (now_ms - self._times[i]) & _TIME_MASK
            if age > 7_000 or not self._times[i]:
                break
            if (self._pressures[i] > level) == above:
                return now_ms - (age + newer) // 2
            newer = age
        return now_ms

    def _touched(self, now_ms, pressure_pa, bladder_c):
        over = pressure_pa - self.rest_pa
        self.gauge_pa = over
        if self._fall_ms is None:
            if pressure_pa > self._peak_pa:
                self._peak_pa = pressure_pa
            self._sum += over
            self._n += 1
            if over < _FALL * (self._peak_pa - self.rest_pa):
                self._fall_ms = now_ms
                self._fall_pa = pressure_pa
                self._let_go(now_ms)
            elif now_ms - self._start_ms >= _HOLD_MS:
                self._become_hold(now_ms, pressure_pa)
            return
        # Letting go: wait for the tail, or for the next squeeze
        peak = self._peak_pa - self.rest_pa
        if over < max(_EDGE * peak, 8) or now_ms - self._fall_ms > 600:
            self._touch_over(now_ms, pressure_pa)
        elif over > max(0.65 * peak, (self._fall_pa - self.rest_pa) + 0.3 * peak):
            self._touch_over(now_ms, pressure_pa)
            self._touch(now_ms, pressure_pa, bladder_c)
        elif pressure_pa < self._fall_pa:
            self._fall_pa = pressure_pa

    # The falling edge: what must be answered at once (a third squeeze is a stop) is told here
    def _let_go(self, now_ms):
        if self._peak_pa - self.rest_pa < _GESTURE_PA:
            return
        lasted_ms = now_ms - self._start_ms
        row = not self._unlike(lasted_ms)
        count = self._group_count + 1 if row else 1
        if self._squeezed(lasted_ms + (self._group_ms if row else 0), count):
            self._to.on_squeeze(count, now_ms)

    # Whether so many touches that lasted so long together are squeezes
    def _squeezed(self, sum_ms, count):
        enough = _SQUEEZE_FROM_MS if count < _PATS_MIN else _SQUEEZES_FROM_MS
        return sum_ms >= enough * count

    # Whether a touch of that length is something else than the row that is on
    def _unlike(self, lasted_ms):
        count = self._group_count
        if not count:
            return False
        usual_ms = self._group_ms // count
        longer, shorter = max(lasted_ms, usual_ms), min(lasted_ms, usual_ms)
        return longer > _UNLIKE_MS and longer > 2 * shorter

    def _touch_over(self, now_ms, pressure_pa):
        peak = self._peak_pa - self.rest_pa
        edge = self.rest_pa - self._offset_pa + _EDGE * peak
        end_ms = max(self._walk_back(now_ms, edge, True), self._fall_ms or now_ms)
        self.phase = _REST
        # The tail that still falls is no new touch; what stays up after it is one
        if pressure_pa - self.rest_pa <= max(_EDGE * peak, _ONSET_PA):
            self.rest_pa = pressure_pa
        else:
            self.rest_pa += _ONSET_PA
        if peak >= _GESTURE_PA:
            lasted_ms = (self._fall_ms or now_ms) - self._start_ms
            self._join_group(lasted_ms, end_ms, peak, self._sum / max(1, self._n))

    # --- Squeezes and pats in a row ----------------------------------------------------------

    def _join_group(self, lasted_ms, end_ms, peak_pa, mean_pa):
        if self._unlike(lasted_ms):
            self._close_group()
        if not self._group_count:
            self._group_first_ms = self._start_ms
            self._group_noticed_ms = self._noticed_ms
            self._group_ms = 0
            self._group_peak_pa = self._group_mean_pa = 0
        count = self._group_count = self._group_count + 1
        self._group_ms += lasted_ms
        self._group_last_ms = end_ms
        self._group_peak_pa = max(self._group_peak_pa, peak_pa)
        self._group_mean_pa += (mean_pa - self._group_mean_pa) / count
        return count

    def _close_group(self):
        count, self._group_count = self._group_count, 0
        squeezed = self._squeezed(self._group_ms, count)
        if not count or (not squeezed and count < _PATS_MIN):
            return
        self._to.on_gesture(
            Gesture(
                "squeeze" if squeezed else "pat",
                self._group_first_ms,
                self._group_last_ms,
                self._group_noticed_ms,
                count,
                self._group_peak_pa,
                self._group_mean_pa,
                min(1, self._group_peak_pa / (4 * _GESTURE_PA)),
            )
        )

    # --- A hold ------------------------------------------------------------------------------

    def _become_hold(self, now_ms, pressure_pa):
        if self._peak_pa - self.rest_pa < _GESTURE_PA:
            # Up, small and steady: no arm. Take it as the new rest.
            self.phase = _REST
            self.rest_pa = pressure_pa
            return
        if self._group_count == 1 and self._start_ms < self._group_last_ms:
            # The grip was changed early on: no squeeze came before, it was this hold's beginning
            self._group_count = 0
            self._start_ms = self._group_first_ms
            self._noticed_ms = self._group_noticed_ms
        self._close_group()
        self._hold(now_ms, pressure_pa)

    def _hold(self, now_ms, pressure_pa):
        self.phase = HELD
        self._level_pa = pressure_pa
        self._cap_pa = pressure_pa - self.rest_pa
        self._slow_ms = 0
        self._top_ms = None
        peak = self._peak_pa - self.rest_pa
        self._to.on_hold(self._start_ms, self._noticed_ms, peak, self.tautness_pa_per_k)

    def _held(self, now_ms, pressure_pa, bladder_c, dt_s):
        level = self._level_pa
        # The air's own warming has moved the hidden baseline; in doubt only its cooling did
        taut = self.tautness_pa_per_k
        drift_pa = (_RIGID_PA_PER_K if taut is None else taut) * (bladder_c - self.rest_c)
        base = self.rest_pa + (min(0, drift_pa) if taut is None else drift_pa)
        # The hold's own pressure: what the arm added, not what warmth or weather added since
        height = min(self._cap_pa, max(level - base, 0.6 * self._cap_pa))
        self.gauge_pa = height + pressure_pa - level
        if self._fall_ms is not None:
            if pressure_pa > level - _FALL * height:
                self._fall_ms = None  # a new grip, not the end
            elif self._released(now_ms, pressure_pa):
                self._hold_over(now_ms, pressure_pa)
            return
        if pressure_pa < level - _FALL * height:
            self._fall_ms = self._still_ms = now_ms
            self._still_pa = pressure_pa
            return
        over = self.gauge_pa
        self._sum += over
        self._n += 1
        if self._on_top(now_ms, pressure_pa, level, height):
            return
        if base + over > self._peak_pa and over <= 1.5 * self._cap_pa:
            self._peak_pa = base + over
        # Upwards it follows closely: a fall from warming air must be measured from where it began
        tau_s = _LEVEL_TAU_S if pressure_pa < level else _LEVEL_UP_TAU_S
        self._level_pa += (pressure_pa - level) * min(1, dt_s / tau_s)
        # A release too slow to fall: back at a baseline that cannot have dropped by itself
        if pressure_pa < base + 0.2 * self._cap_pa:
            self._slow_ms += int(dt_s * 1000)
            if self._slow_ms >= _SLOW_END_MS:
                self._fall_ms = now_ms - self._slow_ms
                self._hold_over(now_ms, pressure_pa)
        else:
            self._slow_ms = 0

    # A squeeze on top of a hold: up fast and down again. Returns True while it lasts.
    def _on_top(self, now_ms, pressure_pa, level, height):
        if self._top_ms is None:
            if pressure_pa > level + max(_ON_TOP * height, _ON_TOP_PA):
                self._top_ms = now_ms
                self._top_peak_pa = pressure_pa
            return self._top_ms is not None
        self._top_peak_pa = max(self._top_peak_pa, pressure_pa)
        lasted = now_ms - self._top_ms
        if pressure_pa < level + _FALL * (self._top_peak_pa - level):
            self._top_ms = None
            if lasted >= _SQUEEZE_FROM_MS - 60:
                self._squeezed_on_top(now_ms, lasted, self._top_peak_pa - level)
            return True
        if lasted > _SQUEEZE_MAX_MS:
            # Held tighter now
            self._top_ms = None
            self._cap_pa += pressure_pa - level
            self._level_pa = pressure_pa
        return True

    def _squeezed_on_top(self, now_ms, lasted, peak_pa):
        kept = self._start_ms, self._noticed_ms
        self._start_ms = now_ms - lasted
        self._noticed_ms = self._start_ms
        # Patting what one holds is squeezing it
        count = self._join_group(max(lasted, _SQUEEZES_FROM_MS), now_ms, peak_pa, 0.6 * peak_pa)
        self._start_ms, self._noticed_ms = kept
        self._to.on_squeeze(count, now_ms)

    # Has the fall come to rest at a new level, past the longest re-grip?
    def _released(self, now_ms, pressure_pa):
        if abs(pressure_pa - self._still_pa) > 0.04 * self._cap_pa + 3:
            self._still_pa = pressure_pa
            self._still_ms = now_ms
        since = now_ms - self._fall_ms
        still = now_ms - self._still_ms >= _SETTLE_MS
        return (since >= _BRIDGE_MS and still) or since >= _SETTLE_MAX_MS

    def _hold_over(self, now_ms, pressure_pa):
        edge = pressure_pa + _EDGE * (self._level_pa - pressure_pa) - self._offset_pa
        end_ms = max(self._walk_back(now_ms, edge, True), self._fall_ms or 0)
        mean = self._sum / max(1, self._n)
        peak = max(self._peak_pa - self.rest_pa, mean)
        self.phase = _REST
        self.rest_pa = self._offset_pa = pressure_pa
        for i in range(_RING):  # after the offset has moved, what the ring held is of no use
            self._times[i] = 0
        self._close_group()
        lasted = end_ms - self._start_ms
        self._to.on_gesture(
            Gesture(
                "long_hold" if lasted >= LONG_HOLD_MS else "hold",
                self._start_ms,
                end_ms,
                self._noticed_ms,
                1,
                peak,
                mean,
                min(1, 0.5 + peak / (10 * _GESTURE_PA)),
            )
        )
