"""What the care plan lets be written: withheld here, before a record exists, never at export.

Level 0: nothing about use. 1: one tally a night. 2: events. 3: events and bladder samples.
What concerns safety, time and the log itself is always written; it says nothing about use.
"""

from micropython import const

from .wire import records

_ALWAYS = (
    records.BOOT,
    records.ANCHOR,
    records.GUARD,
    records.EXCEPTION,
    records.SENSE_FAULT,
    records.PLAN,
    records.BATTERY,
)
_TALLY_LEVEL = const(1)
_EVENT_LEVEL = const(2)
_SAMPLE_LEVEL = const(3)


class Log:
    """The journal as the rest of the firmware may write it."""

    def __init__(self, journal, care):
        self._journal = journal
        self._care = care
        self._clear()

    def write(self, kind, *values, at=None):
        """Write a record, or count it, or neither, as the plan's logging level says."""
        if kind in _ALWAYS:
            self._journal.write(kind, *values, at=at)
            return
        level = self._care.plan["logging.level"]
        if level >= (_SAMPLE_LEVEL if kind == records.BLADDER else _EVENT_LEVEL):
            self._journal.write(kind, *values, at=at)
        elif level == _TALLY_LEVEL:
            self._count(kind, values)

    def _clear(self):
        self._holds = self._scents = 0
        self._held_s = self._touch_s = self._warm_s = 0.0

    def _count(self, kind, values):
        if kind in (records.HOLD, records.LONG_HOLD):
            self._holds += 1
            self._held_s += values[0]
        elif kind == records.SCENT:
            self._scents += 1
        elif kind == records.TOUCH_END:
            self._touch_s += values[1]
        elif kind == records.WARMTH_SAMPLE:
            self._warm_s += WARMTH_SAMPLE_S

    def tally(self):
        """Write the totals since the last tally, if there is anything to tell.

        Where the plan has come to allow not even that, they are forgotten.
        """
        if not (self._holds or self._scents or self._touch_s or self._warm_s):
            return
        if self._care.plan["logging.level"] >= _TALLY_LEVEL:
            self._journal.write(
                records.TALLY,
                self._holds,
                self._held_s / 60,
                self._warm_s / 60,
                self._scents,
                self._touch_s / 60,
            )
        self._clear()


WARMTH_SAMPLE_S = 60  # a WARMTH_SAMPLE is written this often while it is warm
