"""Hosts, strangers and restarts in any order: a door against a model of who may do what."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from firmware.link.test_door import Host, Object, plan_bytes
from kitbag.link import HOSTS
from kitbag.link.door import Door
from kitbag.wire import asking, frames, requests

PLANS = [plan_bytes(warmth__level_c=float(level)) for level in (34, 36, 38)]
HEARD = st.sampled_from((True, True, False))
ROLES = st.sampled_from((requests.THERAPIST, requests.CLINICIAN))


class Doors(RuleBasedStateMachine):
    """`model`: host's id -> role of those that are adopted. Sessions belong to the host whose
    challenge was answered last and that has spoken since.
    """

    hosts = Bundle("hosts")

    @initialize(target=hosts, both=HEARD)
    def begin(self, both: bool) -> Any:
        """An object that nobody has adopted, or a therapist and a clinician."""
        self.about = Object()
        self.door = Door(self.about, True)
        self.model: dict[bytes, int] = {}
        self.admitted: tuple[int, int] | None = None
        self.session: Host | None = None  # whose frames the door opens
        self.asked: Host | None = None  # whose it will open
        self.acked = 0
        self.plan = self.about.care.to_json()
        self.said: list[bytes] = []
        self.fresh: Host | None = None  # has its share, and has not spoken yet
        if not both:
            return multiple()
        therapist = self.adopt(requests.THERAPIST)
        self.challenge(therapist)
        self.admit(therapist, requests.CLINICIAN)
        clinician = self.adopt(requests.CLINICIAN)
        self.challenge(clinician)
        self.read(clinician, "status")
        return multiple(therapist, clinician)

    def host(self) -> Host:
        host = Host(self.about, door=self.door)
        host.random.below(1 + len(self.said))
        return host

    def through(self, host: Host, body: bytes) -> dict[str, Any] | None:
        """What the door says to a sealed `body` of `host`; None where it is no JSON."""
        host.door = self.door
        sealed = host.out.close(body)
        self.said.append(sealed)
        answer = self.door.answer(sealed)
        if answer[0] == frames.SEALED:
            if host is self.asked:
                self.session, self.asked = host, None
                if host is self.fresh:
                    self.model[host.id] = host.role
                    self.admitted = None
                self.fresh = None
            assert host is self.session
            opened = host.into.open(answer)
            assert opened is not None
            return requests.fields_of(opened) if opened[0] == frames.ANSWER else None
        return requests.fields_of(answer)

    def speaks(self, host: Host, heard: bool) -> Host:
        """Mostly who would be heard: the others are refused soon."""
        return (self.asked or self.session or host) if heard else host

    def may_come(self, role: int) -> bool:
        if not self.model:
            return role == requests.THERAPIST
        now = self.about.clock.uptime_ms()
        return (
            self.admitted is not None
            and self.admitted[0] == role
            and now < self.admitted[1]
            and len(self.model) < requests.HOSTS_MAX
        )

    @rule(target=hosts, role=ROLES)
    def adopt(self, role: int) -> Any:
        host = self.host()
        host.random = type(host.random)(len(self.said) * 7 + len(self.model) + 13)
        self.said.append(b"adopt")
        refusal = host.adopt(role)
        assert (refusal is None) == self.may_come(role)
        if refusal is not None:
            return multiple()
        host.role = role
        self.fresh = host
        return host

    @rule(host=hosts)
    def challenge(self, host: Host) -> None:
        host.door = self.door
        known = host.id in self.model or host is self.fresh
        refusal = host.challenge()
        assert (refusal is None) == known
        if known:
            self.asked = host

    def open_for(self, host: Host) -> bool:
        return host.out is not None and host in (self.session, self.asked)

    def may(self, host: Host) -> bool:
        if not self.open_for(host):
            return False
        return host.id in self.model or (host is self.asked and host is self.fresh)

    @rule(
        host=hosts, heard=HEARD, op=st.sampled_from(("status", "hello", "time", "hosts", "feel"))
    )
    def read(self, host: Host, op: str, heard: bool = False) -> None:
        host = self.speaks(host, heard)
        if host.out is None:
            return
        may = self.may(host)
        fields = self.through(host, asking.request(op, 1))
        assert fields is not None
        assert fields["ok"] == may

    @rule(host=hosts, heard=HEARD, seq=st.integers(0, 21))
    def ack(self, host: Host, seq: int, heard: bool = False) -> None:
        host = self.speaks(host, heard)
        if host.out is None:
            return
        if self.may(host):
            self.acked = seq
        self.through(host, asking.request("ack", 1, seq=seq))

    @rule(host=hosts, heard=HEARD, plan=st.sampled_from(PLANS))
    def set_plan(self, host: Host, plan: bytes, heard: bool = False) -> None:
        host = self.speaks(host, heard)
        if host.out is None:
            return
        may = self.may(host) and host.role == requests.THERAPIST
        crc = frames.crc32(plan)
        self.through(host, asking.request("plan_open", 1, size=len(plan), crc=crc))
        for at in range(0, len(plan), asking.PART_MAX):
            self.through(host, asking.part(1, at, plan[at : at + asking.PART_MAX]))
        fields = self.through(host, asking.request("plan_apply", 1, crc=crc))
        assert fields is not None
        assert fields["ok"] == may
        if may:
            self.plan = plan

    @rule(host=hosts, heard=HEARD, role=ROLES)
    def admit(self, host: Host, role: int, heard: bool = False) -> None:
        host = self.speaks(host, heard)
        if host.out is None:
            return
        may = self.may(host) and host.role == requests.THERAPIST
        name = requests.ROLES.split()[role]
        self.through(host, asking.request("admit", 1, role=name))
        if may:
            until_ms = self.about.clock.uptime_ms() + 1000 * requests.ADMITTED_S
            self.admitted = (role, until_ms)

    @rule(host=hosts, heard=HEARD, other=hosts)
    def revoke(self, host: Host, other: Host, heard: bool = False) -> None:
        host = self.speaks(host, heard)
        if host.out is None:
            return
        may = self.may(host) and (host.role == requests.THERAPIST or host is other)
        self.through(host, asking.request("revoke", 1, host=other.id.hex()))
        if may:
            self.model.pop(other.id, None)

    @rule()
    def forget_all(self) -> None:
        self.about.memory.forget(HOSTS)
        self.model.clear()

    @rule(data=st.data(), noise=st.binary(min_size=1, max_size=64))
    def disturb(self, data: st.DataObject, noise: bytes) -> None:
        body = noise
        if self.said and data.draw(st.booleans()):
            body = bytearray(data.draw(st.sampled_from(self.said)))
            place = data.draw(st.integers(0, len(body) - 1))
            body[place] ^= data.draw(st.integers(1, 255))
        kind = body[0]
        size = len(body)
        if (kind == frames.CHALLENGE and size == 22) or (kind == frames.ADOPT and size == 19):
            return  # a well-formed one is another rule's
        answer = self.door.answer(bytes(body))
        assert answer is None or answer[0] == frames.ANSWER

    @rule()
    def leave(self) -> None:
        self.door.reset()
        self.session = self.asked = self.fresh = None

    @rule()
    def restart(self) -> None:
        self.about.boot += 1
        self.about.admitted = None, 0
        self.admitted = None
        self.door = Door(self.about, True)
        self.session = self.asked = self.fresh = None

    @rule(ms=st.sampled_from((1_000, 300_000, 1_000_000)))
    def wait(self, ms: int) -> None:
        self.about.clock.ms += ms

    @invariant()
    def what_is_kept_is_what_was_allowed(self) -> None:
        assert dict(self.about.hosts.all()) == self.model
        assert self.about.acked == self.acked
        assert self.about.care.to_json() == self.plan

    @invariant()
    def what_was_said_once_is_never_heard_again(self) -> None:
        for sealed in [one for one in self.said if one[0] == frames.SEALED][-3:]:
            assert requests.fields_of(self.door.answer(sealed))["error"] == requests.E_NO_SESSION


Machine: Callable[..., Any] = Doors.TestCase
Machine.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class TestDoors(Machine):  # type: ignore[misc]
    """The machine as pytest finds it."""


def test_the_machine_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that adopts whoever asks is caught."""
    from hypothesis.stateful import run_state_machine_as_test

    monkeypatch.setattr("kitbag.link.hosts.Hosts.may_come", lambda *_: True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Doors, settings=Machine.settings)
