"""What happens while warmth is wanted: the session, the controller, and what heat has to prove.

Loaded when warmth is first wanted. It asks; what the heater gets is the guard's to permit.
"""

from micropython import const

from .. import limits
from ..warmth.control import Control
from ..warmth.proof import EarlyProbe, Probe, Proof
from ..warmth.response import Response
from ..warmth.session import Session
from ..warmth.tremor import Tremor

_COLD_AFTER_MS = const(15 * 60_000)  # unheated so long, the pad is at rest with its surroundings
_PROBE_AGAIN_MS = const(60_000)  # after a probe that found nothing
_SIDES_EARLY_MS = const(27_000)  # so long after the start, an embrace hides less ...
_SIDES_AFTER_MS = const(115_000)  # ... and now no longer which side is heated, ...
_SIDES_DOUBTED_MS = const(85_000)  # ... or from here, where there is a doubt anyway
_SIDES_UNTIL_MS = const(8 * 60_000)
_ROOM_MC = const(700)
_STRONG_CAP = const(700)


class Warming:
    """One object's warmth, session after session.

    `closes`: whether the second switch is to be held closed. `failed`: what a trial found,
    (reaction, function), or None.
    """

    def __init__(self, board, heater, one, care, dose, touch):
        self.session = Session()
        self._control = Control()
        self._board = board
        self._heater = heater
        self._guard = one
        self._care = care
        self._dose = dose
        self._touch = touch
        self._trial = None  # what has the heater now in the controller's stead
        self._tremor = Tremor()
        self._blame = 0  # of probes that failed one after the other
        self._warm_ms = 0
        self._probed_ms = limits.PROBE_EVERY_MS  # since the coupling was last proved
        self._sides_ms = limits.PROBE_EVERY_MS  # ... and which side is which
        self._asked_early = False  # this session
        self._saturated = False
        self.closes = False
        self.failed = None

    def start(self, r, rested_ms):
        """Begin a session, if the plan lets it: True then. `rested_ms`: since the last heat."""
        pad_c = r.pad_mc / 1000
        if not self.session.start(self._care.plan, pad_c):
            return False
        self._control.start(pad_c, rested_ms >= _COLD_AFTER_MS)
        self._guard.watch(Response(self._guard))
        self._trial = Proof(self._board, self._guard, rested_ms)
        self._blame = self._warm_ms = 0
        self._saturated = self._asked_early = False
        self.closes = False
        self.failed = None
        return True

    def extend(self):
        return self.session.extend(self._care.plan)

    def end(self):
        self._trial = None
        self._guard.watch(None)
        self.closes = False
        self.session.end()

    def rest(self, dt_ms):
        self.session.rest(dt_ms)
        self._probed_ms += dt_ms
        self._sides_ms = min(limits.PROBE_EVERY_MS, self._sides_ms + dt_ms)

    def step(self, r):
        """One cycle. Returns why the session ended in it, or None while it goes on."""
        pad_c = r.pad_mc / 1000
        session = self.session
        why = session.step(
            min(r.dt_ms, limits.STALE_MS),
            self._care.plan,
            pad_c,
            self._touch.quiet_ms,
            self._dose.umin,
            self._saturated,
        )
        if not session.active:
            return why
        self._warm_ms += r.dt_ms
        self._probed_ms += r.dt_ms
        self._sides_ms = min(limits.PROBE_EVERY_MS, self._sides_ms + r.dt_ms)
        if not self._on_trial(r):
            self._follow(r, pad_c)
        return None

    # Control asks for what the pad needs to follow its target; the guard gives what it permits
    def _follow(self, r, pad_c):
        session = self.session
        pad = self._guard.pad
        full_w = pad.full_mw(r.battery_mv) / 1000
        cap_w = full_w * pad.cap(r.battery_mv) / 1000
        power_w = self._control.ask(
            session.target_c,
            session.ramp_c_per_s,
            pad_c,
            r.face_mc / 1000,
            r.dt_ms / 1000,
            cap_w,
        )
        self._saturated = power_w >= 0.97 * cap_w
        power_w += self._tremble(r) / 1000
        asked = round(1000 * power_w / full_w) if full_w > 0 else 0
        self._heater.drive(self._guard.permitted(asked, r))
        self.closes = True

    # While the pad is held at its level: what the heat is more or less by, in mW
    def _tremble(self, r):
        tremor = self._tremor
        if self.session.ramp_c_per_s or self._saturated or self.session.state != "holding":
            tremor.begin()
        elif tremor.step(r) and tremor.lost:
            self._guard.response.doubt = 6
        return tremor.mw

    # The trial that has the heater now, one cycle further. Returns False where control has it
    def _on_trial(self, r):
        if self._trial is None and self._probe_due(r):
            self._trial = self._probe(r)
        trial = self._trial
        if trial is None:
            return False
        duty = trial.step(r)
        self.closes = trial.closes
        if duty is not None:
            self._heater.drive(self._guard.permitted(duty, r, True))
            return True
        self._trial = None
        if isinstance(trial, Proof):
            if trial.function:
                self.failed = trial.reaction, trial.function
        elif trial.function == 0:
            self._blame = 0
            self._probed_ms = 0
            self._guard.response.trust(r)
        else:
            # A strong pad leaves no time to ask twice, unless it was a body that moved the face
            sure = trial.function == 6 or trial.lost_face
            hurry = self._strong(r) and trial.blame > 1 and sure
            self._blame += trial.CONDEMNS if hurry else trial.blame
            if self._blame >= trial.CONDEMNS:
                self.failed = trial.reaction, trial.function
            else:
                self._trial = trial.again(r)
        return False

    def _strong(self, r):
        return self._guard.pad.cap(r.battery_mv) < _STRONG_CAP

    # At the start; once more when an embrace no longer hides which side is heated; when doubted
    def _probe_due(self, r):
        if self._guard.response.doubt:
            return self._probed_ms >= _PROBE_AGAIN_MS
        if self._probed_ms >= limits.PROBE_EVERY_MS:
            return self._warm_ms < _SIDES_EARLY_MS or self._has_room(r)
        return self._sides_due(r) and self._has_room(r)

    def _sides_due(self, r):
        early = self._warm_ms >= _SIDES_EARLY_MS and self._strong(r) and not self._asked_early
        return self._sides_unknown(_SIDES_EARLY_MS if early else _SIDES_AFTER_MS)

    def _sides_unknown(self, after_ms):
        unknown = self._sides_ms >= limits.PROBE_EVERY_MS
        return unknown and after_ms <= self._warm_ms < _SIDES_UNTIL_MS

    # A pulse may lift the pad above its level only where heat has not been proved before
    def _has_room(self, r):
        return r.pad_mc < int(self.session.level_c * 1000) - _ROOM_MC

    def _probe(self, r):
        warm_ms = self._warm_ms
        if self._guard.response.doubt:
            sides = self._sides_unknown(_SIDES_DOUBTED_MS)
        else:
            sides = warm_ms >= _SIDES_AFTER_MS
            if not sides and warm_ms >= _SIDES_EARLY_MS and self._strong(r):
                self._asked_early = True
                return EarlyProbe(self._guard, r)
        if sides:
            self._sides_ms = 0
        sides_mc = limits.PROBE_SIDES_MC if sides else None
        return Probe(self._guard, r, sides_mc, warm_ms < _SIDES_EARLY_MS)
