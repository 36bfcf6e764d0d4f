# Runs on CPython and on the MicroPython VM
from binascii import crc32, unhexlify
from hashlib import sha256

from kitbag.care import Care
from kitbag.journal import Journal
from kitbag.link.hosts import Hosts
from kitbag.link.session import Session
from kitbag.wire import asking, frames, plan, records, requests
from support.fakes import Clock, Memory
from support.lcg import Random
from support.nor import Nor


class About:
    """link.about.About over real parts, without the app."""

    def __init__(self):
        self.clock = Clock(500_000)
        self.memory = Memory()
        self.care = Care(self.memory)
        self.nor = Nor(4)
        self.journal = Journal(self.nor, 3, self.clock)
        self.admitted = None, 0
        self.hosts = Hosts(self)
        self.acked = 0
        self.changes = 0

    def uptime_ms(self):
        return self.clock.uptime_ms()

    def hello(self):
        return {"kitbag": requests.PROTOCOL, "next": self.journal.next}

    def status(self):
        return {"state": "idle"}

    @property
    def feel(self):
        return self

    def now(self):
        return {"pressure_pa": 101325.5, "step_pa": None}

    def acknowledge(self, seq):
        self.acked = seq

    def plan_changed(self):
        self.changes += 1


HOST = b"\x01\x02\x03\x04"


class Host:
    def __init__(self, kept=0, role=requests.THERAPIST):
        self.role = role
        self.about = About()
        self.session = Session(self.about)
        self.turn = 0
        for number in range(kept):
            self.about.journal.write(records.DROPPED, number)

    def answer(self, body):
        return self.session.answer(body, HOST, self.role)

    def ask(self, op, **fields):
        """The answer's fields, checked for its form."""
        self.turn = (self.turn + 1) & 0xFF
        return self.told(self.answer(asking.request(op, self.turn, **fields)))

    def told(self, body):
        assert body[0] == frames.ANSWER
        found = requests.fields_of(body)
        assert found["n"] == self.turn
        assert found["ok"] == ("error" not in found)
        return found

    def part(self, offset, data):
        self.turn = (self.turn + 1) & 0xFF
        return self.told(self.answer(asking.part(self.turn, offset, data)))

    def upload(self, data, order=None, crc=None, size=None):
        """The last answer of a whole upload of `data`."""
        crc = crc32(data) if crc is None else crc
        assert self.ask("plan_open", size=len(data) if size is None else size, crc=crc)["ok"]
        offsets = list(range(0, len(data), asking.PART_MAX))
        for offset in order(offsets) if order else offsets:
            self.part(offset, data[offset : offset + asking.PART_MAX])
        return self.ask("plan_apply", crc=crc)


def plan_bytes(**changes):
    p = plan.defaults()
    for key, value in changes.items():
        p[key.replace("__", ".")] = value
    return plan.to_json(p)


NEW = plan_bytes(scent__name='orange "blossom" \\ é薰', scent__enabled=True)


def state(host):
    about = host.about
    return bytes(about.nor.data), dict(about.memory.values), about.care.to_json(), about.acked


# --- Reading ---------------------------------------------------------------------------------


def test_hello_status_feel_and_time_are_answered_with_the_turn():
    host = Host()
    assert host.ask("hello")["kitbag"] == requests.PROTOCOL
    assert host.ask("status")["state"] == "idle"
    felt = host.ask("feel")
    assert (felt["pressure_pa"], felt["step_pa"]) == (101325.5, None)
    assert host.ask("time")["uptime_ms"] == 500_000
    assert host.ask("bye")["ok"]


def test_records_come_as_they_lie_on_flash():
    host = Host(kept=300)
    seq = 1
    numbers = []
    while seq < host.about.journal.next:
        body = host.answer(asking.request("read", 9, **{"from": seq, "count": 126}))
        assert body[0] == frames.RECORDS
        assert len(body) <= frames.ANSWER_MAX
        slots = body[asking.RECORDS_HEADER_SIZE :]
        assert body[1] == 9
        epoch, first, boot = [int.from_bytes(body[at : at + 4], "little") for at in (2, 6, 10)]
        assert (epoch, first, boot) == (host.about.journal.epoch, seq, 3)
        for i in range(len(slots) // 16):
            assert records.check(slots[16 * i : 16 * i + 16], epoch, seq + i) == "good"
            numbers.append(int.from_bytes(slots[16 * i + 6 : 16 * i + 10], "little"))
        seq += len(slots) // 16
    assert numbers == list(range(300))


def test_what_is_not_held_is_refused_with_what_is():
    host = Host(kept=5)
    for seq in (0, 6, 1000, 0xFFFFFFFF):
        answer = host.ask("read", **{"from": seq, "count": 1})
        assert answer["error"] == requests.E_NO_SUCH_RECORD
        assert (answer["first"], answer["next"]) == (1, 6)


def test_it_says_how_many_records_there_are_from_a_seq_on():
    host = Host(kept=1100)
    journal = host.about.journal
    assert journal.first > 1  # the ring has come round
    held = journal.next - journal.first
    for seq, count in ((0, held), (journal.first, held), (journal.next - 3, 3), (journal.next, 0)):
        assert host.ask("count", **{"from": seq})["count"] == count
    assert host.ask("count", **{"from": 0xFFFFFFFF})["count"] == 0
    assert host.ask("count", **{"from": -1})["error"] == requests.E_BAD_REQUEST


def test_a_digest_is_over_what_a_read_gives():
    host = Host(kept=700)
    for seq, count in ((1, 1), (1, 126), (250, 5), (3, 600), (690, 4000)):
        body = host.answer(asking.request("read", 9, **{"from": seq, "count": count}))
        slots = b""
        while body is not None:
            slots += body[asking.RECORDS_HEADER_SIZE :]
            body = host.session.more()
        assert len(slots) == 16 * min(count, 701 - seq)
        told = host.ask("digest", **{"from": seq, "count": count})["digest"]
        assert unhexlify(told) == sha256(slots).digest()
    before = told
    host.about.journal.clear(695)
    assert host.ask("digest", **{"from": 690, "count": 4000})["digest"] != before


def test_a_digest_of_what_is_not_held_or_of_too_much_is_refused():
    host = Host(kept=5)
    for seq in (0, 6, 0xFFFFFFFF):
        answer = host.ask("digest", **{"from": seq, "count": 1})
        assert answer["error"] == requests.E_NO_SUCH_RECORD
    for count in (0, -1, requests.WINDOW_MAX + 1):
        answer = host.ask("digest", **{"from": 1, "count": count})
        assert answer["error"] == requests.E_BAD_REQUEST


def test_whatever_is_asked_next_ends_a_window():
    for op in ("abort", "hello", "time", "bye"):
        host = Host(kept=300)
        assert host.answer(asking.request("read", 9, **{"from": 1, "count": 300})) is not None
        assert host.session.more() is not None
        assert host.ask(op)["ok"]
        assert host.session.more() is None


def test_reading_changes_nothing():
    host = Host(kept=20)
    before = state(host)
    for op in ("hello", "status", "time", "abort", "bye"):
        host.ask(op)
    host.ask("plan_get", at=0)
    host.ask("count", **{"from": 1})
    host.ask("digest", **{"from": 1, "count": 20})
    host.answer(asking.request("read", 1, **{"from": 1, "count": 20}))
    assert state(host) == before


def test_an_acknowledgement_is_a_mark():
    host = Host(kept=20)
    flash = bytes(host.about.nor.data)
    assert host.ask("ack", seq=21)["acked"] == 21
    assert host.about.acked == 21
    assert bytes(host.about.nor.data) == flash
    assert not host.ask("ack", seq=22)["ok"]


def test_an_anchor_is_a_record():
    host = Host()
    host.about.clock.ms = 700_000
    utc_ms = 1_800_000_000_123
    answer = host.ask("anchor", utc_ms=utc_ms, uptime_ms=690_000, rtt_ms=7)
    assert answer["ok"]
    buffer = bytearray(16)
    host.about.journal.read(1, 1, buffer)
    assert buffer[0] == records.ANCHOR
    kept_ms = int.from_bytes(buffer[6:10], "little") * 1000 + int.from_bytes(
        buffer[10:12], "little"
    )
    assert kept_ms == utc_ms + 10_000


def test_an_anchor_of_a_wrong_clock_or_another_time_is_refused():
    host = Host()
    good = {"utc_ms": 1_800_000_000_000, "uptime_ms": 499_000, "rtt_ms": 5}
    for wrong in (
        {"utc_ms": 0},
        {"utc_ms": 1_600_000_000_000},
        {"utc_ms": 5_000_000_000_000},
        {"uptime_ms": 500_001},
        {"uptime_ms": 400_000},
        {"uptime_ms": -1},
        {"rtt_ms": -1},
        {"rtt_ms": 60_001},
        {"utc_ms": 1.8e12},
        {"utc_ms": True},
        {"rtt_ms": "5"},
    ):
        fields = dict(good)
        fields.update(wrong)
        assert host.ask("anchor", **fields)["error"] == requests.E_BAD_REQUEST, wrong
    assert host.about.journal.next == 1


# --- The care plan ---------------------------------------------------------------------------


def test_a_plan_comes_back_in_pieces():
    host = Host()
    assert host.upload(NEW)["ok"]
    data = b""
    while True:
        answer = host.ask("plan_get", at=len(data))
        data += answer["data"].encode()
        assert answer["next"] == len(data)
        if len(data) >= answer["size"]:
            break
    assert data == NEW
    assert answer["crc"] == crc32(NEW)


def test_a_long_plan_is_cut_between_its_characters():
    host = Host()
    host.upload(NEW)
    plain = requests.PLAN_PIECE
    try:
        for size in range(1, 9):
            requests.PLAN_PIECE = size if size > 3 else 4
            data = b""
            while len(data) < len(NEW):
                answer = host.ask("plan_get", at=len(data))
                assert answer["ok"]
                assert answer["next"] > len(data)
                data += answer["data"].encode()
            assert data == NEW
    finally:
        requests.PLAN_PIECE = plain


def test_a_plan_is_uploaded_in_pieces():
    host = Host()
    answer = host.upload(NEW)
    assert answer == {"n": host.turn, "ok": True, "crc": crc32(NEW)}
    assert host.about.care.to_json() == NEW
    assert host.about.changes == 1


def test_a_piece_that_is_sent_again_does_no_harm():
    host = Host()
    twice = host.upload(NEW, order=lambda offsets: [o for o in offsets for _ in range(2)])
    assert twice["ok"]
    host = Host()
    assert host.upload(NEW, order=lambda offsets: offsets[:3] + offsets[1:])["ok"]
    assert host.about.care.to_json() == NEW


def test_a_piece_that_is_missing_or_out_of_order_is_refused():
    for order in (
        lambda offsets: offsets[1:],
        lambda offsets: offsets[:2] + offsets[3:],
        lambda offsets: offsets[:-1],
        lambda offsets: offsets[::-1],
        lambda offsets: [],
    ):
        host = Host()
        before = state(host)
        assert host.upload(NEW, order=order)["error"] == requests.E_PLAN_INCOMPLETE
        assert state(host) == before
        assert host.upload(NEW)["ok"]


def test_a_wrong_crc_or_size_is_refused():
    for settings in ({"crc": 1}, {"size": len(NEW) + 1}):
        host = Host()
        before = state(host)
        assert host.upload(NEW, **settings)["error"] == requests.E_PLAN_INCOMPLETE
        assert state(host) == before


def test_a_piece_beyond_the_end_is_refused():
    host = Host()
    host.ask("plan_open", size=10, crc=0)
    assert host.part(0, b"x" * 11)["error"] == requests.E_BAD_REQUEST
    assert host.part(0, b"x" * 10)["arrived"] == 10
    assert host.part(8, b"xxx")["error"] == requests.E_BAD_REQUEST


def test_what_is_no_plan_is_refused_by_name():
    host = Host()
    before = state(host)
    answer = host.upload(b'{"warmth":{"level_c":41},"nonsense":1}')
    assert answer["error"] == requests.E_PLAN_INVALID
    assert answer["key"] in ("warmth.level_c", "nonsense")
    assert answer["more"] == 1
    assert answer["allowed"]
    for data in (b"x", b"[]", b"{" * 100, b'{"a":' * 600 + b"1" + b"}" * 600):
        assert host.upload(data)["error"] == requests.E_PLAN_INVALID
    assert state(host) == before
    assert host.about.changes == 0


def test_every_refusal_fits_a_frame():
    host = Host()
    key = b"k" * 3_000
    answer = host.upload(b'{"' + key + b'":1}')
    assert answer["error"] == requests.E_PLAN_INVALID
    body = host.answer(asking.request("hello", 1))
    assert len(body) <= frames.ANSWER_MAX
    host.ask("plan_open", size=3_006, crc=crc32(b'{"' + key + b'":1}'))
    for offset in range(0, 3_006, 48):
        host.part(offset, (b'{"' + key + b'":1}')[offset : offset + 48])
    body = host.answer(asking.request("plan_apply", 1, crc=0))
    assert len(body) <= frames.ANSWER_MAX


def test_an_upload_is_forgotten_when_another_host_comes():
    for op in ("hello", "bye"):
        host = Host()
        host.ask("plan_open", size=len(NEW), crc=crc32(NEW))
        host.part(0, NEW[:48])
        host.ask(op)
        assert host.part(48, NEW[48:96])["error"] == requests.E_PLAN_INCOMPLETE
        assert host.ask("plan_apply", crc=crc32(NEW))["error"] == requests.E_PLAN_INCOMPLETE


def test_flash_that_fails_is_an_answer():
    host = Host()

    def broken(*_):
        raise OSError(5)

    host.about.memory.keep_blob = broken
    before = host.about.care.to_json()
    assert host.upload(NEW)["error"] == requests.E_STORE_FAILED
    assert host.about.care.to_json() == before


# --- Whatever else comes ---------------------------------------------------------------------

OPS = sorted(name for name in Session._OPS if name not in ("ack", "admit"))  # these two may
ODD = (None, True, -1, 0, 1, 2**40, 1.5, "", "x", [], {}, [1], 255, 256, 4096)


def test_an_unknown_wish_is_said_to_be_unknown():
    host = Host()
    for op in ("", "warm", "start", "scent", "reset", "_hello", "drop"):
        assert host.ask(op)["error"] == requests.E_UNKNOWN_OP


def test_no_request_crashes_or_changes_what_it_must_not():
    random = Random(21)
    host = Host(kept=10)
    before = state(host)
    for _ in range(1500):
        fields = {"op": random.choice(OPS), "n": random.below(256)}
        for name in ("utc_ms", "uptime_ms", "rtt_ms", "from", "count", "at", "size", "crc", "seq"):
            if random.below(2):
                fields[name] = random.choice(ODD)
        if random.below(10) == 0:
            fields["n"] = random.choice(ODD)
        if random.below(10) == 0:
            fields["op"] = random.choice(ODD)
        turn = fields.pop("n")
        op = fields.pop("op")
        body = host.answer(
            bytes([frames.REQUEST]) + asking.request("x", 0, **fields)[1:-1] + tail(op, turn)
        )
        assert body[0] in (frames.ANSWER, frames.RECORDS)
    assert state(host) == before


# The end of a JSON object: "op" and "n" again, whatever they are (the last one counts)
def tail(op, turn):
    import json

    return (', "op": ' + json.dumps(op) + ', "n": ' + json.dumps(turn) + "}").encode()


def test_no_bytes_crash_it():
    random = Random(22)
    host = Host(kept=10)
    before = state(host)
    for _ in range(1500):
        body = bytes([random.choice((1, 2, 3, 4, 5, 200))]) + random.bytes(random.below(60))
        answer = host.answer(body)
        assert answer is None or answer[0] == frames.ANSWER
    for body in (b"\x01" + b"[" * 120, b"\x01" + b'{"a":' * 24, b"\x01{}", b"\x01", b"\x04\x00"):
        assert host.answer(body)[0] == frames.ANSWER
    assert state(host) == before
