# Runs on the MicroPython VM only: the peripheral and its window, with hosts that are played by
# calling the radio's interrupt.
import asyncio
from binascii import hexlify

from simulated import parts
from simulated.clock import Module


class Life:
    unique_id = b"\x01\x02\x03\x04\x05\x06"


parts.life = Life

import bluetooth  # noqa: E402 - asks for the chip's id
from kitbag.link import ble, window  # noqa: E402
from kitbag.wire import frames, gatt  # noqa: E402

CONN = 1
FRAMES_IN = 5  # the sixth characteristic
TURNS = 60  # that everybody gets between two acts, however slow this computer is


class Answers:
    """Says again what it was asked, `times` times."""

    def __init__(self, times=1):
        self.asked = []
        self.resets = 0
        self.times = times
        self.further = []

    def answer(self, body):
        self.asked.append(body)
        return body * self.times

    def more(self):
        """It goes on for as long as there are further words."""
        return self.further.pop(0) if self.further else None

    def reset(self):
        self.resets += 1


class NoBonds:
    def settle(self, trusted):
        pass

    forget_unsettled = get = put = lambda *_: None


class Host:
    """The radio around a peripheral: `said` is what the firmware told it."""

    def __init__(self, answers):
        bluetooth._stack = None
        radio = bluetooth.BLE()
        radio.active(True)
        self.stack = bluetooth._stack
        self.stack.say = self._hear
        self.said = []
        self.shown = []
        self.held = False  # packets stay in the queue
        self.turn_ms = 0  # 1 where it matters that a full queue is looked at every 5 ms only
        self.ble = ble.Ble(radio, ("sim", "0102", "1"), NoBonds(), answers, self.shown.append)

    def _hear(self, *words):
        self.said.append(words)
        if words[0] == "notify" and not self.held:
            self.stack.gone_out(1)

    def connect(self, mtu=None):
        self.stack.event(1, [CONN, 0, "060504030201"])
        if mtu:
            self.stack.event(21, [CONN, mtu])

    def leave(self):
        self.stack.event(2, [CONN, 0, "060504030201"])

    def write(self, data):
        self.stack.event(3, [CONN, FRAMES_IN, hexlify(data).decode()])

    def notified(self):
        return [bytes.fromhex(words[3]) for words in self.said if words[0] == "notify"]

    def words(self, word):
        return [words for words in self.said if words[0] == word]


def played(host, *acts):
    """Each act, and then turns enough for the peripheral to deal with it."""

    async def turns():
        for _ in range(TURNS):
            await asyncio.sleep_ms(host.turn_ms)

    async def play():
        task = asyncio.create_task(host.ble.run())
        for act in acts:
            await turns()
            act()
        await turns()
        assert not task.done()
        task.cancel()

    asyncio.run(play())


def notified(times, mtu, *pieces):
    """What comes of `pieces`, written one after the other."""
    host = Host(Answers(times))
    played(host, lambda: host.connect(mtu), lambda: [host.write(piece) for piece in pieces])
    return host.notified()


def test_a_frame_may_be_cut_anywhere():
    frame = frames.encode(b"\x01" + bytes(range(60)))
    for at in (1, 2, 17, 40, len(frame) - 2, len(frame) - 1):
        assert b"".join(notified(1, 247, frame[:at], frame[at:])) == frame, at


def test_answers_come_in_pieces_that_fit_the_air():
    for mtu, most in ((None, 20), (100, 97), (247, 244), (512, 244)):
        pieces = notified(9, mtu, frames.encode(b"\x01" + b"x" * 99))
        assert b"".join(pieces) == frames.encode((b"\x01" + b"x" * 99) * 9)
        assert {len(piece) for piece in pieces[:-1]} == {most}, (mtu, most)


def test_a_write_that_finds_no_room_costs_its_own_frame_and_is_counted():
    answers = Answers()
    host = Host(answers)
    frame = frames.encode(b"\x01" + b"a" * 115)
    after = frames.encode(b"\x01after")

    def flood():  # faster than the task can take it
        for _ in range(5):
            host.write(frame)
        host.write(after)

    played(host, host.connect, flood, lambda: host.write(after))
    assert len(frame) * 4 < 512 < len(frame) * 5
    assert host.ble.overruns == 1
    assert answers.asked == [b"\x01" + b"a" * 115] * 4 + [b"\x01after"] * 2


def test_the_end_of_a_frame_that_was_lost_does_not_spoil_the_next():
    answers = Answers()
    host = Host(answers)
    frame = frames.encode(b"\x01" + b"a" * 119)

    def flood():
        for _ in range(4):
            host.write(frame)
        host.write(frame[:8])
        host.write(frame[8:])  # fits no more

    played(host, host.connect, flood, lambda: host.write(frames.encode(b"\x01after")))
    assert host.ble.overruns == 1
    assert host.ble.damaged == 1
    assert answers.asked[4:] == [b"\x01after"]


def test_the_front_of_a_frame_that_was_lost_does_not_spoil_the_next():
    answers = Answers()
    host = Host(answers)
    frame = frames.encode(b"\x01" + b"a" * 119)

    def flood():
        for _ in range(4):
            host.write(frame)
        host.write(frame[:30])  # fits no more
        host.write(frame[30:40])

    played(host, host.connect, flood, lambda: host.write(frame[40:]), lambda: host.write(frame))
    assert host.ble.overruns == 1
    assert host.ble.damaged == 1
    assert len(answers.asked) == 5


def test_the_ring_goes_round_and_round():
    ring = ble.Ring(16)
    sent = got = b""
    for n in range(200):
        data = bytes([n] * (n % 12))
        ring.put(data)
        sent += data
        got += ring.take(ring.head)
    assert got == sent
    assert ring.overruns == 0


def test_what_was_written_before_a_host_left_is_forgotten():
    ring = ble.Ring(16)
    ring.put(b"old")
    ring.forget()
    ring.put(b"new")
    assert ring.take(ring.head) == b"new"
    ring.put(b"more")
    end = ring.head
    ring.put(b"late")
    assert ring.take(end) == b"more"
    assert ring.take(ring.head) == b"late"


def test_the_next_host_finds_nothing_of_the_one_before():
    answers = Answers()
    host = Host(answers)
    frame = frames.encode(b"\x01hello")

    def other():
        host.connect()
        host.write(frame)

    played(host, host.connect, lambda: host.write(frame[:4]), host.leave, other)
    assert answers.asked == [b"\x01hello"]
    assert answers.resets == 2
    assert host.ble.damaged == 0


def test_even_where_the_task_was_late_for_all_of_it():
    answers = Answers()
    host = Host(answers)
    frame = frames.encode(b"\x01hello")

    def change():
        host.write(frame[:4])
        host.leave()
        host.connect()
        host.write(frame)

    played(host, host.connect, change)
    assert answers.asked == [b"\x01hello"]


def test_a_full_queue_is_waited_for():
    answers = Answers(40)
    host = Host(answers)
    host.held = True
    host.turn_ms = 1
    question = frames.encode(b"\x01" + b"x" * 99)
    out = []

    def room():
        out.append(len(host.notified()))
        host.stack.gone_out(12)

    played(host, lambda: host.connect(247), lambda: host.write(question), room, room)
    assert out == [12, 17]
    assert b"".join(host.notified()) == frames.encode((b"\x01" + b"x" * 99) * 40)


def test_a_host_that_takes_nothing_any_more_is_let_go():
    host = Host(Answers(40))
    host.held = True
    waits = []

    async def at_once(ms):
        waits.append(ms)

    ble.asyncio = Module(asyncio)
    ble.asyncio.sleep_ms = at_once
    try:
        question = frames.encode(b"\x01" + b"x" * 99)
        played(host, lambda: host.connect(247), lambda: host.write(question))
    finally:
        ble.asyncio = asyncio
    assert host.words("disconnect") == [("disconnect", CONN)]
    assert 9_000 <= sum(waits) <= 11_000


def test_an_answer_of_several_frames_goes_on_until_the_host_says_something():
    answers = Answers()
    answers.further = [b"\x03%d" % n for n in range(40)]
    host = Host(answers)
    host.held = True
    host.turn_ms = 1
    question = frames.encode(b"\x01a")

    def another():
        host.held = False
        host.write(frames.encode(b"\x01b"))
        host.stack.gone_out(12)

    played(host, lambda: host.connect(247), lambda: host.write(question), another)
    said = frames.Decoder(99).feed(b"".join(host.notified()))
    before = said.index(b"\x01b")
    assert said[0] == b"\x01a"
    assert said[1:before] == [b"\x03%d" % n for n in range(before - 1)]
    assert 12 <= before <= 14


def test_it_is_found_again_after_a_host_left():
    host = Host(Answers())
    played(host, host.connect, host.leave)
    advertised = host.words("advertise")
    assert len(advertised) == 2
    assert advertised[0] == advertised[1]
    assert (
        gatt.SERVICE.replace("-", "")
        in hexlify(bytes(reversed(bytes.fromhex(advertised[0][2])))).decode()
    )


def test_a_passkey_is_shown_when_a_host_needs_one_and_is_never_zero():
    real = ble.os
    ble.os = Module()
    ble.os.urandom = bytes  # zeros
    try:
        host = Host(Answers())
    finally:
        ble.os = real
    played(host, host.connect, lambda: host.stack.event(31, [CONN, 3, 0]))
    assert host.shown == [1]
    assert host.words("passkey") == [("passkey", CONN, 3, 1)]


def test_pairings_that_fail_are_counted():
    host = Host(Answers())
    update = host.stack.event
    played(host, host.connect, lambda: update(28, [CONN, 1, 1, 1, 16]))
    assert host.ble.failures == 0
    played(host, lambda: update(28, [CONN, 0, 0, 0, 0]))
    assert host.ble.failures == 1


# --- the window -------------------------------------------------------------------------------


class Window(window.Window):
    """A window around a peripheral that is not there, on a clock that only its waits move."""

    def __init__(self):
        self.ms = 0
        self.connected_until = 0
        self.failures = 0
        self.pressed_at = 1 << 28
        self.ble = self.supply = self._watchdog = self._button = self
        self.fed = []

    @property
    def connected(self):
        return self.ms < self.connected_until

    def battery_mv(self):
        return 3_900

    def tell_battery(self, percent):
        assert percent == 73

    def feed(self):
        self.fed.append(self.ms)

    def value(self):
        return 0 if self.ms >= self.pressed_at else 1

    def done(self):
        return False

    def lasts_s(self):
        async def sleep_ms(ms):
            self.ms += ms

        real = window.time, window.asyncio
        window.time, window.asyncio = Module(window.time), Module(asyncio)
        window.time.ticks_ms = lambda: self.ms
        window.asyncio.sleep_ms = sleep_ms
        try:
            asyncio.run(self._until_over(self))
        finally:
            window.time, window.asyncio = real
        assert max([b - a for a, b in zip(self.fed, self.fed[1:])]) <= 1_000
        return self.ms / 1000


def test_a_window_is_over_when_nobody_was_there_for_three_minutes():
    assert Window().lasts_s() == 180
    used = Window()
    used.connected_until = 100_000
    assert 279 < used.lasts_s() <= 280


def test_a_window_is_over_after_a_quarter_of_an_hour_whoever_is_there():
    used = Window()
    used.connected_until = 1 << 28
    assert used.lasts_s() == 900


def test_a_window_is_over_at_the_second_failure_but_not_at_the_first():
    tried = Window()
    tried.failures = 1
    assert tried.lasts_s() == 180
    tried = Window()
    tried.failures = 2
    tried.fed = [0, 0]
    assert tried.lasts_s() == 0


def test_a_window_is_over_when_the_button_is_pressed():
    pressed = Window()
    pressed.connected_until = 1 << 28
    pressed.pressed_at = 5_000
    assert pressed.lasts_s() == 5
