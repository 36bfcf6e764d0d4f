"""What is let be written: withheld here, before a record exists, never at export.

By the care plan: level 0: nothing about use. 1: one tally a night. 2: events. 3: events and
bladder samples. By the holder's button: *tonight is mine*. By the plan for a group: guest.
What concerns safety, time and the log itself is always written; it says nothing about use.
"""

from micropython import const

from .wire import records

# The first four also while guests have it: safety, and what a host does
ALWAYS = (
    records.GUARD,
    records.EXCEPTION,
    records.PLAN,
    records.ANCHOR,
    records.BOOT,
    records.SENSE_FAULT,
    records.BATTERY,
)
_WITH_GUESTS = const(4)
# Faults that show only where somebody holds it, or has just done
_BY_HANDS = const(("clipped", "leak"))
_TALLY_LEVEL = const(1)
_EVENT_LEVEL = const(2)
_SAMPLE_LEVEL = const(3)

# The holder's choice, in one number of NVS: it must outlive a power cut
_KEY = const("mine")
_MINE = const(1)  # tonight is withheld
_ENDING = const(2)  # chosen again: withheld until what is going on is over
_MODE = const(3)
_GUESTS_GONE = const(4)  # the plan in force says guest, but that is over
_DUE = const(8)  # a marker is due, this many times 6 h ago (at most 7)
_DUES = const(7 * 8)
_LEFT = const(64)  # 6 h of powered time, counted down
_DAY = const(4 * 64)
_AFTER = const(5 * 64)  # at least a day, whatever is left of the first 6 h
_QUIET_MS = const(6 * 3_600_000)  # nobody has touched it for so long: the night is over
_ENDING_MS = const(30 * 60_000)  # and so long until pad and air tell nothing of before


class Log:
    """The journal as the rest of the firmware may write it.

    While `waits` is set, records about use are only kept ready: the press of the button that
    brings them about may turn out to withhold them.
    """

    def __init__(self, journal, care, memory):
        self._journal = journal
        self._care = care
        self._memory = memory
        self._state = memory.number(_KEY)
        self.waits = False
        self._held = []
        self._sum = [0] * 5  # holds, s held, s warm, scents, s of touch

    def write(self, kind, *values, at=None):
        """Write a record, or count it, or neither, as the holder and the plan have chosen."""
        state = self._state
        guest = self.guest()
        if kind in ALWAYS and not (kind == records.SENSE_FAULT and values[0] in _BY_HANDS):
            if kind == records.PLAN:  # set anew, so guests may come again
                self._keep(state & ~_GUESTS_GONE)
            if not guest or kind in ALWAYS[:_WITH_GUESTS]:
                self._journal.write(kind, *values, at=at)
            return
        if guest or state & _MODE:
            return
        if self.waits:
            at = self._journal.clock.uptime_ms() if at is None else at
            self._held.append((kind, values, at))
            return
        if state >= _LEFT:  # what these tell of the day before is what was withheld
            if kind == records.SCENT_REFUSED:
                values = ("none", None)
            elif kind in (records.PICKED_UP, records.SCENT, records.WARMTH_SAMPLE):
                values = values[:-1] + (None,)
        level = self._care.plan["logging.level"]
        if level >= (_SAMPLE_LEVEL if kind == records.BLADDER else _EVENT_LEVEL):
            self._journal.write(kind, *values, at=at)
        elif level == _TALLY_LEVEL:
            self._count(kind, values)

    # --- What the holder withholds -----------------------------------------------------------

    def resume(self):
        """The press of the button withholds nothing: write what it brought about."""
        self.waits = False
        for kind, values, at in self._held:
            self.write(kind, *values, at=at)
        self._held.clear()

    def choose(self, ago=None):
        """*Tonight is mine*, or, where it was chosen, no longer. Returns True for the first.

        With `ago` it is last night that is taken back; its middle was so many times 6 h ago.
        """
        state = self._state
        mode, due = state & _MODE, state & _DUES
        if ago is not None:
            state = mode | (ago + 1) * _DUE | _AFTER
        elif mode != _MINE:
            state = _MINE | (due or _DUE) | _AFTER
        else:
            state = _ENDING | due | _AFTER
        # What was counted or waits is withheld with the rest
        self._held.clear()
        self._sum = [0] * 5
        self._keep(state | self._state & _GUESTS_GONE)
        return state & _MODE == _MINE

    def look(self, quiet_ms, six_hours):
        """Every second: nobody has touched it for `quiet_ms`. `six_hours`: so much powered time
        is over since the last time that it was told.
        """
        state = self._state
        if quiet_ms >= _QUIET_MS:
            if state & _MINE or self.guest():
                state = state & _DUES | _AFTER | _GUESTS_GONE
            self._totals()
        if state & _ENDING and quiet_ms >= _ENDING_MS:
            state &= ~_MODE
        if six_hours and state >= _LEFT:
            state -= _LEFT
            if state & _MINE and state < _LEFT:  # a day after its mark: another night
                state |= _DAY | _DUE
        self._keep(state)
        if six_hours:  # no closer: the mark must not say when someone chose
            self._note()

    def guest(self):
        """True while others have it: nobody can choose for them, or for its holder."""
        return self._care.plan["logging.guest"] and not self._state & _GUESTS_GONE

    def _keep(self, state):
        if state != self._state:
            self._state = state
            self._memory.keep_number(_KEY, state)

    def _note(self):
        due = self._state & _DUES
        if due and not self.guest():
            if self._care.plan["logging.marker"]:
                self._journal.write(records.WITHHELD, due // _DUE * 6 - 3)
            self._keep(self._state & ~_DUES)

    # --- Totals ------------------------------------------------------------------------------

    def _count(self, kind, values):
        told = self._sum
        if kind in (records.HOLD, records.LONG_HOLD):
            told[0] += 1
            told[1] += values[0]
        elif kind == records.SCENT:
            told[3] += 1
        elif kind == records.TOUCH_END:
            told[4] += values[1]
        elif kind == records.WARMTH_SAMPLE:
            told[2] += WARMTH_SAMPLE_S

    def tally(self):
        """Write what is due before a host reads: a marker, and the totals since the last tally,
        if there is anything to tell.
        """
        self._note()
        self._totals()

    # Where the plan has come to allow not even totals, they are forgotten
    def _totals(self):
        if not any(self._sum):
            return
        holds, held_s, warm_s, scents, touch_s = self._sum
        if self._care.plan["logging.level"] >= _TALLY_LEVEL:
            self._journal.write(
                records.TALLY, holds, held_s / 60, warm_s / 60, scents, touch_s / 60
            )
        self._sum = [0] * 5


WARMTH_SAMPLE_S = 60  # a WARMTH_SAMPLE is written this often while it is warm
