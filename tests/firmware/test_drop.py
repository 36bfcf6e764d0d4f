# Runs on CPython and on the MicroPython VM
from kitbag import drop
from kitbag.consent import Log
from kitbag.journal import Journal
from kitbag.wire import records
from support import fakes
from support.nor import SECTOR, Nor, PowerCut

SECTORS = 8
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
SAFETY = (
    (records.GUARD, "SF1", "O", 36.0, 35.0, 0.4),
    (records.EXCEPTION, "senses", 5),
    (records.ANCHOR, 1_772_000_000, 0, 6),
    (records.PLAN, 0x12345678, "host"),
    (records.SENSE_FAULT, "bus", None),
    (records.SENSE_FAULT, "glitch", -90),
    (records.DROPPED, 2),
    (records.WITHHELD, 3),
)
USE = (
    (records.PICKED_UP, 32_000),
    (records.HOLD_START, 2, 1500, 0.2, 120),
    (records.WARMTH_STATE, "warming", "hold", 21, 20, 36),
    (records.WARMTH_SAMPLE, 36, 35, 0.4, 1.2, 0.01),
    (records.BLADDER, 101_300.0, 25.0, 1400),
    (records.BREATH, 12.5, 4, 0.8),
    (records.TOUCH_START, "heartbeat", "hold", 0.4, 55),
    (records.TOUCH_END, "session_over", 30),
    (records.SENSE_FAULT, "clipped", 9000),
    (records.LONG_HOLD, 600, 1500, 0.8, 0.2, 0.9),
    (records.HOLD, 12, 1500, 0.8, 0.2, 0.9),
    (records.REST, 12, 1500, 0.8, 0.2, 0.9),
    (records.SQUEEZE, 1.6, 2400, 2, 0.8, 0.2, 0.9),
    (records.PAT, 1.2, 500, 4, 0.6, 0.1, 0.8),
    (records.SCENT, 4, "double_squeeze", 19),
    (records.SCENT_REFUSED, "gap", 19),
    (records.STOP, "button", "warming"),
    (records.BUTTON, 0.4),
    (records.TALLY, 2, 11, 40, 1, 5),
    (records.SENSE_FAULT, "leak", -60),
    (records.PLACED, 900),
)


class Care:
    def __init__(self, marker=True):
        self.plan = {"logging.level": 2, "logging.marker": marker, "logging.guest": False}


class Object:
    """A journal on a flash, with what was written: {seq: (when, of use?)}, in powered ms."""

    def __init__(self, sectors=SECTORS, marker=True):
        self.nor = Nor(sectors)
        self.memory = fakes.Memory()
        self.care = Care(marker)
        self.powered_ms = 0
        self.made = {}
        self.clock = None
        self.start(1)

    def start(self, boot):
        self.clock = fakes.Clock(0, boot)
        self.journal = Journal(self.nor, boot, self.clock)
        self.log = Log(self.journal, self.care, self.memory)
        self.write(records.BOOT, "power_on", "restart", 4.0, boot)

    def write(self, kind, *values):
        of_use = (kind,) + values in USE
        self.made[self.journal.next] = self.powered_ms, of_use
        self.journal.write(kind, *values)

    def wait(self, ms):
        """Powered time with nobody there: the battery, every quarter of an hour."""
        until = self.powered_ms + ms
        while self.powered_ms < until:
            step = min(until - self.powered_ms, 15 * MINUTE_MS)
            self.powered_ms += step
            self.clock.ms += step
            if step == 15 * MINUTE_MS:
                self.write(records.BATTERY, 3.9)

    def use(self, ms=10 * MINUTE_MS):
        """All that can be written of use, and safety in between."""
        for i in range(len(USE)):
            self.write(*USE[i])
            if i < len(SAFETY):
                self.write(*SAFETY[i])
            self.powered_ms += ms // len(USE)
            self.clock.ms += ms // len(USE)

    def night(self, hours=8):
        """Used at its beginning and its end and every two hours."""
        for _ in range(hours // 2):
            self.use()
            self.wait(2 * HOUR_MS - 10 * MINUTE_MS)
        self.use()

    def drop(self):
        for _ in drop.last_night(self.journal, self.memory, self.log):
            pass


def place(journal, seq):
    sector, place = divmod(seq - 1, records.RECORDS_PER_SECTOR)
    return sector % journal._sectors * SECTOR + (records.HEADER_SLOTS + place) * records.SLOT


def check(thing, before, since_ms):
    """After a drop: of use since `since_ms` nothing is left anywhere, and nothing else changed."""
    data = thing.nor.data
    gone = set()
    for seq in thing.made:
        when_ms, of_use = thing.made[seq]
        if of_use and when_ms >= since_ms:
            gone.add(place(thing.journal, seq))
    assert gone
    for at in range(0, len(data), records.SLOT):
        was = before[at : at + records.SLOT]
        now = data[at : at + records.SLOT]
        if at in gone:
            assert now == records.VOID
            assert data.find(was) == -1
        else:
            assert now == was, at
    return len(gone)


def test_last_night_is_cleared_in_place_and_nothing_else():
    thing = Object()
    thing.night()
    thing.wait(10 * HOUR_MS)
    began_ms = thing.powered_ms
    thing.night()
    thing.wait(HOUR_MS)
    before = bytes(thing.nor.data)
    erases, programmed = thing.nor.erases, thing.nor.programmed
    thing.drop()
    assert check(thing, before, began_ms) == 5 * len(USE)
    assert thing.nor.erases == erases
    assert thing.nor.programmed - programmed == 5 * len(USE) * records.SLOT
    assert thing.memory.blob("drop") is None


def test_what_is_done_while_dropping_goes_too_and_hides_no_night():
    thing = Object()
    began_ms = thing.powered_ms
    thing.night()
    thing.wait(9 * HOUR_MS)
    thing.write(*USE[0])  # picked up, to press the button
    thing.clock.ms += 20_000
    thing.powered_ms += 20_000
    before = bytes(thing.nor.data)
    thing.drop()
    assert check(thing, before, began_ms) == 5 * len(USE) + 1


def test_a_charger_or_a_guard_in_the_day_is_no_night():
    thing = Object()
    began_ms = thing.powered_ms
    thing.night()
    thing.wait(7 * HOUR_MS)
    for use in USE[2:5]:  # a state of the warmth, samples
        thing.write(*use)
    thing.wait(4 * HOUR_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    assert check(thing, before, began_ms) == 5 * len(USE) + 3


def test_the_night_before_last_is_not_last_night():
    thing = Object()
    thing.night()
    thing.wait(17 * HOUR_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    assert bytes(thing.nor.data) == before
    assert thing.memory.values == {}
    # ... also where it was touched just now
    began_ms = thing.powered_ms
    thing.use(MINUTE_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    assert check(thing, before, began_ms) == len(USE)


def test_a_night_is_at_most_sixteen_hours_long():
    thing = Object()
    thing.night(40)  # never left alone for long
    thing.wait(2 * HOUR_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    last_ms = max(thing.made[seq][0] for seq in thing.made if thing.made[seq][1])
    assert check(thing, before, last_ms - 16 * HOUR_MS) > 8 * len(USE)


def test_a_night_of_several_starts():
    thing = Object()
    thing.night(4)
    thing.wait(7 * HOUR_MS)
    began_ms = thing.powered_ms
    thing.use()
    thing.wait(HOUR_MS)
    thing.start(2)
    thing.wait(HOUR_MS)
    thing.use()
    thing.start(258)  # the same low byte as boot 2
    thing.use()
    thing.start(3)
    thing.wait(HOUR_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    assert check(thing, before, began_ms) == 3 * len(USE)


def test_time_in_earlier_starts_counts_as_far_as_records_tell_it():
    thing = Object()
    thing.use()
    thing.wait(10 * HOUR_MS)
    thing.start(2)
    thing.wait(7 * HOUR_MS)
    before = bytes(thing.nor.data)
    thing.drop()
    assert bytes(thing.nor.data) == before


def test_across_the_ring():
    thing = Object(4)
    for _ in range(20):
        thing.use()
        thing.wait(7 * HOUR_MS)
        thing.made.clear()
    began_ms = thing.powered_ms
    thing.night(14)
    assert thing.journal.first > 1
    before = bytes(thing.nor.data)
    thing.drop()
    assert check(thing, before, began_ms) == 8 * len(USE)


def test_a_damaged_record_of_that_night_goes_too():
    thing = Object()
    thing.night()
    seq = max(seq for seq in thing.made if not thing.made[seq][1])  # a battery's, say
    thing.nor.data[place(thing.journal, seq) + 8] ^= 0x01
    before = bytes(thing.nor.data)
    thing.made[seq] = thing.powered_ms, True
    thing.drop()
    assert check(thing, before, 0) == 5 * len(USE) + 1


# --- What is told of it ----------------------------------------------------------------------


def test_one_mark_says_that_a_night_was_withheld_and_about_when():
    thing = Object()
    thing.night()  # its middle is four hours before its end
    thing.wait(3 * HOUR_MS)
    thing.drop()
    last = thing.journal.next
    thing.log.look(0, True)
    thing.log.look(0, True)
    assert thing.journal.next == last + 1
    buffer = bytearray(records.SLOT)
    thing.journal.read(last, 1, buffer)
    assert (buffer[0], buffer[6]) == (records.WITHHELD, 9)


def test_no_mark_where_the_plan_wants_none():
    thing = Object(marker=False)
    thing.night()
    thing.drop()
    last = thing.journal.next
    thing.log.tally()
    for _ in range(9):
        thing.log.look(0, True)
    assert thing.journal.next == last


# --- Power cuts and flash that fails ---------------------------------------------------------


def small():
    thing = Object(2)
    thing.use()
    thing.wait(7 * HOUR_MS)
    since_ms = thing.powered_ms
    thing.use()
    thing.wait(2 * HOUR_MS)
    return thing, bytes(thing.nor.data), since_ms


def test_a_cut_at_any_moment_leaves_each_slot_as_it_was_or_void_and_is_finished_later():
    for done in (0, 0.25, 0.5, 0.75, 1):
        cut_at = 0
        while True:
            thing, before, since_ms = small()
            thing.nor.operations = 0
            thing.nor.cut_at, thing.nor.done = cut_at, done
            try:
                thing.drop()
            except PowerCut:
                pass
            torn = 0
            for at in range(0, len(before), records.SLOT):
                cut = thing.nor.data[at : at + records.SLOT]
                if cut not in (before[at : at + records.SLOT], records.VOID):
                    torn += 1
            assert torn <= 1  # the one that was being cleared; its bits can only have gone
            thing.nor = Nor(2, thing.nor.data)
            thing.journal = Journal(thing.nor, 2, fakes.Clock(0, 2))
            assert thing.memory.blob("drop") is not None or cut_at >= len(USE)
            if thing.memory.blob("drop"):
                for _ in drop.last_night(thing.journal, thing.memory):
                    pass
            assert check(thing, before, since_ms) == len(USE)
            assert thing.memory.blob("drop") is None
            cut_at += 1
            if cut_at > len(USE):
                break


def test_a_cut_before_the_flag_drops_nothing_and_after_it_everything():
    for cut_at in range(3):
        thing, before, since_ms = small()
        thing.memory.cut_at = cut_at
        try:
            thing.drop()
        except fakes.PowerCut:
            pass
        thing.journal = Journal(thing.nor, 2, fakes.Clock(0, 2))
        if thing.memory.blob("drop") is None:
            assert cut_at == 0 or thing.memory.commits == 2
        else:
            for _ in drop.last_night(thing.journal, thing.memory):
                pass
        if cut_at:
            check(thing, before, since_ms)
        else:
            assert bytes(thing.nor.data) == before


def test_what_is_written_after_a_cut_is_not_dropped_with_it():
    thing, before, since_ms = small()
    thing.nor.fails = True  # every slot refuses to be cleared
    thing.drop()
    assert bytes(thing.nor.data) == before
    assert thing.memory.blob("drop") is not None
    thing.nor.fails = False
    made = dict(thing.made)
    thing.journal.write(records.PAT, 1.2, 500, 4, 0.6, 0.1, 0.8)
    before = bytes(thing.nor.data)
    thing.journal = Journal(thing.nor, 2, fakes.Clock(0, 2))
    for _ in drop.last_night(thing.journal, thing.memory):
        pass
    thing.made = made
    assert check(thing, before, since_ms) == len(USE)


def test_a_log_goes_on_behind_what_was_cleared():
    thing, _, _ = small()
    last = thing.journal.next
    thing.drop()
    thing.journal = Journal(thing.nor, 2, fakes.Clock(0, 2))
    assert thing.journal.next == last
    thing.journal.write(records.BATTERY, 3.9)
    buffer = bytearray(records.SLOT)
    thing.journal.read(last, 1, buffer)
    assert records.check(buffer, thing.journal.epoch, last) == "good"


def test_others_get_their_turn_meanwhile():
    thing = Object()
    thing.night(14)
    turns = sum(1 for _ in drop.last_night(thing.journal, thing.memory, thing.log))
    assert turns >= 2 * (thing.journal.next - thing.journal.first) // 32 - 2
