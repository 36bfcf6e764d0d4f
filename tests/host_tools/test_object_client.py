"""One request, one answer: whatever happens to the bytes on the way."""

from __future__ import annotations

import pytest

from host_tools.fake_object import Log
from kitbag.wire import frames, plan, records, requests
from kitbag.wire.asking import nested
from kitbag_tools.errors import KitbagError, Reason, RequestRefused
from kitbag_tools.keys import HostKey
from kitbag_tools.object_client import Felt


def a_log(count: int = 300) -> Log:
    log = Log()
    for i in range(count):
        log.add(records.BATTERY, 1, i * 1000, 3.9)
    return log


def flip(frame: bytes) -> bytes:
    return frame[:5] + bytes([frame[5] ^ 0x10]) + frame[6:]


def test_hello_tells_who_is_there(fake, client):
    hello = client(fake(a_log())).hello()
    assert (hello.device, hello.firmware, hello.boot) == ("c0ffee01", "0.1.0", 1)
    assert (hello.first, hello.next) == (1, 301)


def test_whoever_is_not_known_any_more_asks_to_be_adopted_as_a_stranger(fake, client):
    there = client(fake())
    there.unlock(HostKey(b"gone", "clinician", bytes(16)), "c0ffee01")
    with pytest.raises(KitbagError) as caught:
        there.hello()
    assert caught.value.reason is Reason.NOT_ADOPTED
    there.adopt("c0ffee01", "clinician")
    assert there.hello().device == "c0ffee01"


FELT = {
    "uptime_ms": 5000,
    "pressure_pa": 101325.5,
    "bladder_c": 21,
    "step_pa": None,
    "tautness_pa_per_k": 120.0,
    "touched": False,
    "lost": False,
}


def test_what_is_felt_comes_as_numbers(fake, client):
    there = fake()
    there.feelings = lambda: FELT
    assert client(there).feel() == Felt(5000, 101325.5, 21.0, None, 120.0, False, False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pressure_pa", None),
        ("pressure_pa", "101325"),
        ("pressure_pa", float("nan")),
        ("bladder_c", True),
        ("step_pa", float("inf")),
        ("tautness_pa_per_k", "slack"),
        ("uptime_ms", -1),
    ],
)
def test_what_cannot_be_felt_is_no_answer(fake, client, key, value):
    there = fake()
    there.feelings = lambda: FELT | {key: value}
    with pytest.raises(KitbagError) as caught:
        client(there).feel()
    assert caught.value.reason is Reason.BAD_ANSWER
    assert key in str(caught.value)


def test_a_damaged_answer_is_asked_for_again(fake, client):
    there = fake(a_log(), spoil=lambda number, frame: flip(frame) if number == 0 else frame)
    asking = client(there)
    assert asking.hello().next == 301
    assert there.requests == ["hello", "hello"]
    assert asking.repeats == 1


def test_a_silent_object_is_asked_again_and_then_given_up(fake, client):
    there = fake(a_log(), spoil=lambda number, frame: None)
    with pytest.raises(KitbagError) as caught:
        client(there, answer_timeout_s=0.05, tries=3).hello()
    assert caught.value.reason is Reason.NO_ANSWER
    assert there.requests == ["hello"] * 3


def test_a_late_answer_never_passes_for_another(fake, client):
    kept: list[bytes] = []

    def spoil(number: int, frame: bytes) -> bytes | None:
        if number == 0:
            kept.append(frame)  # held back, and sent in front of the next one
            return None
        return kept.pop() + frame if kept else frame

    there = fake(a_log(), spoil=spoil, uptime_ms=iter(range(1000, 9000)).__next__)
    asking = client(there, answer_timeout_s=0.1)
    assert asking.hello().uptime_ms == 1001  # of the second asking, not of the first
    assert asking.exchange_time(1, times=1).uptime_ms == 1002


def test_noise_before_the_first_answer_costs_one_repeat(fake, client):
    def spoil(number: int, frame: bytes) -> bytes:
        return b"ESP-ROM:esp32s3-20210327\r\n" + frame if number == 0 else frame

    assert client(fake(a_log(), spoil=spoil)).hello().next == 301


def test_turns_go_round_without_zero(fake, client):
    there = fake(a_log())
    asking = client(there)
    for _ in range(260):
        asking.hello()
    decoder = frames.Decoder(256)
    turns = [requests.fields_of(body)["n"] for body in decoder.feed(there.received)]
    assert turns == [i % 255 + 1 for i in range(260)]


def test_every_request_fits_the_objects_ring(fake, client):
    there = fake(a_log())
    asking = client(there)
    tree = nested(plan.defaults() | {"scent.name": "É" * 40})
    asking.hello()
    contact = asking.exchange_time(1)
    asking.set_anchor(contact)
    asking.read(1, 126, there.log.epoch)
    asking.plan_apply(tree)
    asking.acknowledge(2**32 - 1)
    sent = [frame + frames.END for frame in there.received.split(frames.END)[:-1]]
    assert max(map(len, sent)) <= frames.REQUEST_MAX


def test_the_same_visit_sends_the_same_bytes(fake, client):
    sent = []
    for _ in range(2):
        there = fake(a_log())
        asking = client(there)
        asking.hello()
        asking.set_anchor(asking.exchange_time(1))
        asking.read(1, 126, there.log.epoch)
        asking.plan_apply({"warmth": {"level_c": 37}})
        asking.bye()
        sent.append(there.received)
    assert sent[0] == sent[1]


def test_records_come_as_they_lie_and_not_across_a_sector(fake, client):
    there = fake(a_log())
    asking = client(there)
    epoch = asking.hello().epoch
    chunk = asking.read(200, 126, epoch)
    assert (chunk.first_seq, chunk.count) == (200, 53)  # 252 is the last of the first sector
    assert chunk.slots == b"".join(there.log.slots[199:252])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda log, body: requests.records(body[1], log.epoch ^ 1, 1, 1, body[16:32]), "epoch"),
        (lambda log, body: requests.records(body[1], log.epoch, 0, 1, body[16:32]), "first seq"),
        (lambda log, body: requests.records(body[1], log.epoch, 1, 1, b""), "first seq"),
        (lambda log, body: body[:-3], "count"),
    ],
)
def test_records_of_another_log_or_place_are_refused(fake, client, change, what):
    log = a_log()

    def spoil(number: int, frame: bytes) -> bytes:
        if number == 0:
            return frame
        body = frames.Decoder(4096).feed(frame)[0]
        return frames.encode(change(log, body))

    asking = client(fake(log, spoil=spoil))
    epoch = asking.hello().epoch
    with pytest.raises(KitbagError) as caught:
        asking.read(1, 126, epoch)
    assert caught.value.reason is Reason.BAD_ANSWER
    assert f"'{what}'" in caught.value.problem


@pytest.mark.parametrize(
    "wrong",
    [{"boot": -1}, {"boot": "one"}, {"first": 400}, {"id": "../../etc"}, {"epoch": None}],
)
def test_a_hello_that_makes_no_sense_is_refused(fake, client, wrong):
    there = fake(a_log())
    good = requests.fields_of(there._on_hello(1, {}))
    there.answer_with["hello"] = {k: v for k, v in (good | wrong).items() if k not in ("n", "ok")}
    with pytest.raises(KitbagError) as caught:
        client(there).hello()
    assert caught.value.reason is Reason.BAD_ANSWER


def test_another_protocol_is_told_as_such(fake, client):
    there = fake(a_log())
    there.answer_with["hello"] = {"kitbag": 1}
    with pytest.raises(KitbagError) as caught:
        client(there).hello()
    assert caught.value.given == "1"
    assert "version" in caught.value.next_step


def test_a_refusal_has_its_code(fake, client):
    asking = client(fake(a_log()))
    with pytest.raises(RequestRefused) as caught:
        asking.read(9999, 1, asking.hello().epoch)
    assert caught.value.code == requests.E_NO_SUCH_RECORD


def test_of_several_exchanges_the_quickest_counts(fake, client, clock):
    rtts = iter([40, 6, 90, 30, 50])

    def uptime() -> int:
        clock.now_ms += next(rtts)  # all of it while the host waits
        return clock.now_ms - 1_000_000

    begun = clock.now_ms
    contact = client(fake(a_log(), uptime_ms=uptime)).exchange_time(7)
    assert contact.rtt_ms == 6
    assert contact.boot == 7
    assert contact.utc_ms == begun + 40 + 3


def test_a_clock_that_is_set_back_in_between_does_not_count(fake, client, clock):
    steps = iter([-5000, 10, -5000, 20, 30])

    def uptime() -> int:
        clock.now_ms += next(steps)
        return 1

    assert client(fake(a_log(), uptime_ms=uptime)).exchange_time(1).rtt_ms == 10


def test_a_plan_is_read_back_and_compared(fake, client):
    there = fake(a_log())
    tree = {"scent": {"name": 'lavender "Été"', "enabled": True}, "warmth": {"level_c": 37.5}}
    kept = client(there).plan_apply(tree)
    assert kept.crc == plan.crc(plan.parse(tree)[0])
    assert there.plan == plan.to_json(plan.parse(tree)[0])


def test_a_plan_that_is_not_kept_is_told(fake, client):
    there = fake(a_log())
    there.keeps = plan.to_json(plan.defaults())
    with pytest.raises(KitbagError) as caught:
        client(there).plan_apply({"warmth": {"level_c": 37}})
    assert caught.value.reason is Reason.PLAN_DIFFERS


def test_an_unsafe_plan_never_reaches_the_wire(fake, client):
    there = fake(a_log())
    with pytest.raises(KitbagError) as caught:
        client(there).plan_apply({"warmth": {"level_c": 45}})
    assert caught.value.reason is Reason.INVALID_PLAN
    assert there.requests == []
