# Runs on CPython and on the MicroPython VM
from cryptolib import aes

from firmware.link.test_session import NEW, About, plan_bytes
from kitbag.link import HOSTS
from kitbag.link.door import Door
from kitbag.link.session import Session
from kitbag.wire import asking, frames, records, requests, sealing
from support.lcg import Random

DEVICE = "c0ffee01"
OPS = sorted(Session._OPS)


class Object(About):
    """An object as a door sees it, with everything that a host could change in it."""

    def __init__(self):
        super().__init__()
        self.device = DEVICE
        self.boot = 3
        for number in range(20):
            self.journal.write(records.DROPPED, number)

    def greeting(self):
        return {"kitbag": requests.PROTOCOL, "id": DEVICE, "adopted": bool(self.hosts.all())}

    def state(self):
        """All of it, bit for bit."""
        return (
            bytes(self.nor.data),
            sorted(self.memory.values.items()),
            self.care.to_json(),
            self.acked,
            self.admitted,
        )


class Host:
    """The other side of a door, made of the shared parts alone."""

    def __init__(self, about, adopts=True, door=None):
        self.about = about
        self.door = door or Door(about, adopts)
        self.turn = 0
        self.id = self.secret = self.out = self.into = None
        self.random = Random(len(about.memory.values) + 1)

    def noise(self):
        return bytes([self.random.below(256) for _ in range(sealing.NONCE)])

    def adopt(self, role=requests.THERAPIST):
        """The refusal, or None."""
        share = self.noise()
        body = self.door.answer(bytes([frames.ADOPT, 5, role]) + share)
        if body[0] == frames.ANSWER:
            return requests.fields_of(body)["error"]
        assert body[:2] == bytes([frames.SHARE, 5])
        self.id, self.secret = sealing.adopted(share, body[2:], DEVICE)
        return None

    def challenge(self):
        """The refusal, or None once the object has shown that it knows the secret."""
        nonce = self.noise()
        body = self.door.answer(bytes([frames.CHALLENGE, 6]) + self.id + nonce)
        if body[0] == frames.ANSWER:
            return requests.fields_of(body)["error"]
        assert body[:2] == bytes([frames.PROOF, 6])
        keys = sealing.session_keys(self.secret, nonce, body[2:18], DEVICE)
        if body[18:] != sealing.proof(keys[1]):
            return "impostor"
        self.out, self.into = sealing.Seal(aes, keys[0]), sealing.Seal(aes, keys[1])
        return None

    def sealed(self, body):
        """The answer's body to a sealed `body`; a refusal of the door itself as it is."""
        answer = self.door.answer(self.out.close(body))
        return self.into.open(answer) if answer[0] == frames.SEALED else answer

    def ask(self, op, **fields):
        self.turn = self.turn % 255 + 1
        return requests.fields_of(self.sealed(asking.request(op, self.turn, **fields)))


def adopted(about=None, role=requests.THERAPIST):
    """A host in a session."""
    about = about or Object()
    host = Host(about)
    assert host.adopt(role) is None
    assert host.challenge() is None
    assert host.ask("time")["ok"]
    return host


def clinician(therapist):
    assert therapist.ask("admit", role="clinician")["ok"]
    return adopted(therapist.about, requests.CLINICIAN)


def every_request(turn=1):
    for op in OPS:
        yield asking.request(
            op, turn, **{"from": 1, "count": 5, "at": 0, "seq": 3, "size": len(NEW), "crc": 0}
        )
        yield asking.request(
            op,
            turn,
            role="therapist",
            host="00000000",
            utc_ms=1_800_000_000_000,
            uptime_ms=500_000,
            rtt_ms=3,
        )
    yield asking.part(turn, 0, NEW[:40])


# --- Strangers -------------------------------------------------------------------------------


def test_a_stranger_hears_who_it_is_and_nothing_more():
    for about in (Object(), adopted().about):
        before = about.state()
        door = Door(about, True)
        for body in every_request():
            fields = requests.fields_of(door.answer(body))
            if b'"hello"' in body:
                assert sorted(fields) == ["adopted", "id", "kitbag", "n", "ok"]
            else:
                assert not fields["ok"]
                assert sorted(fields) == ["error", "n", "ok"]
        assert about.state() == before


def test_a_host_of_another_object_gets_no_session():
    other = adopted()
    host = Host(adopted().about)
    host.id, host.secret = other.id, other.secret
    host.id = bytes([host.id[0] ^ 1]) + host.id[1:]
    assert host.challenge() == requests.E_NOT_ADOPTED


def test_an_id_without_its_secret_opens_nothing():
    about = adopted().about
    before = about.state()
    host = Host(about)
    host.id, _ = about.hosts.all()[0]
    host.secret = bytes(16)
    assert host.challenge() == "impostor"  # it cannot tell, and nor can the door be told
    keys = sealing.session_keys(host.secret, bytes(16), bytes(16), DEVICE)
    host.out = sealing.Seal(aes, keys[0])
    for body in every_request():
        answer = host.door.answer(host.out.close(body))
        assert requests.fields_of(answer)["error"] == requests.E_NO_SESSION
    assert about.state() == before


def test_what_was_recorded_cannot_be_played_again():
    host = adopted()
    spoken = []
    answer = host.door.answer

    def recorded(body):
        spoken.append(body)
        return answer(body)

    host.door.answer = recorded
    assert host.challenge() is None
    host.ask("plan_open", size=len(NEW), crc=frames.crc32(NEW))
    host.ask("ack", seq=7)
    before = host.about.state()
    assert host.about.acked == 7
    host.about.acked = 0
    before = host.about.state()
    # In the same session, in one that the same object opens, after a restart: another boot
    for door in (host.door, Door(host.about, True)):
        for body in spoken:
            said = answer(body) if door is host.door else door.answer(body)
            if body[0] == frames.SEALED:
                assert requests.fields_of(said)["error"] == requests.E_NO_SESSION
    assert host.about.state() == before


def test_a_stranger_does_not_end_the_session_that_is_on():
    host = adopted()
    other = Host(host.about, door=host.door)
    other.id, other.secret = host.id, bytes(16)
    other.challenge()
    host.door.answer(bytes([frames.SEALED]) + bytes(60))
    host.door.answer(asking.request("hello", 1))
    assert host.ask("status")["ok"]


def test_numbers_of_the_object_never_come_again():
    about = Object()
    host = adopted(about)
    seen = {}
    for _ in range(30):
        body = host.door.answer(bytes([frames.CHALLENGE, 6]) + host.id + bytes(16))
        seen[bytes(body[10:18])] = 1  # without what chance gave
    assert len(seen) == 30
    about.boot += 1
    body = Door(about, True).answer(bytes([frames.CHALLENGE, 6]) + host.id + bytes(16))
    assert bytes(body[10:18]) not in seen


# --- Adoption --------------------------------------------------------------------------------


def test_the_first_one_is_adopted_as_a_therapist_and_kept_once_it_has_shown_its_secret():
    about = Object()
    host = Host(about)
    assert host.adopt(requests.CLINICIAN) == requests.E_NOT_ADMITTED
    assert host.adopt() is None
    assert about.hosts.all() == []
    assert host.challenge() is None
    assert about.hosts.all() == []
    assert host.ask("status")["ok"]
    assert about.hosts.all() == [(host.id, requests.THERAPIST)]
    assert about.greeting()["adopted"]


def test_one_whose_share_was_lost_on_the_way_asks_again():
    about = Object()
    host = Host(about)
    host.adopt()
    assert host.adopt() is None
    assert host.challenge() is None
    assert host.ask("status")["ok"]
    assert len(about.hosts.all()) == 1


def test_a_second_one_comes_only_where_it_was_admitted():
    therapist = adopted()
    host = Host(therapist.about)
    assert host.adopt() == requests.E_NOT_ADMITTED
    assert therapist.ask("admit", role="clinician")["ok"]
    assert host.adopt() == requests.E_NOT_ADMITTED  # not as a therapist
    assert host.adopt(requests.CLINICIAN) is None
    assert host.challenge() is None
    assert host.ask("status")["ok"]
    assert len(therapist.about.hosts.all()) == 2
    assert Host(therapist.about).adopt(requests.CLINICIAN) == requests.E_NOT_ADMITTED  # one only


def test_the_door_stands_open_for_ten_minutes():
    therapist = adopted()
    assert therapist.ask("admit", role="therapist")["ok"]
    therapist.about.clock.ms += requests.ADMITTED_S * 1000
    assert Host(therapist.about).adopt() == requests.E_NOT_ADMITTED


def test_there_is_room_for_eight():
    therapist = adopted()
    for _ in range(requests.HOSTS_MAX - 1):
        clinician(therapist)
    assert therapist.ask("admit", role="clinician")["ok"]
    assert Host(therapist.about).adopt(requests.CLINICIAN) == requests.E_NOT_ADMITTED
    assert len(therapist.ask("hosts")["hosts"]) == requests.HOSTS_MAX


def test_a_pipe_that_adopts_nobody():
    assert Host(Object(), adopts=False).adopt() == requests.E_NOT_ADMITTED


def test_a_host_that_cannot_be_kept_is_none():
    about = Object()
    host = Host(about)
    host.adopt()
    host.challenge()

    def full(key, data):
        raise OSError(28)

    about.memory.keep_blob = full
    assert host.ask("status")["error"] == requests.E_STORE_FAILED
    assert about.hosts.all() == []
    assert host.ask("status")["error"] == requests.E_NO_SESSION


def test_hosts_outlive_a_restart():
    host = adopted()
    again = Host(host.about)
    again.id, again.secret = host.id, host.secret
    assert again.challenge() is None
    assert again.ask("status")["ok"]


# --- Roles and their end ---------------------------------------------------------------------


def test_a_clinician_reads_all_and_sets_nothing():
    therapist = adopted()
    host = clinician(therapist)
    before = host.about.state()[0:3]
    for op in ("hello", "status", "feel", "time", "hosts"):
        assert host.ask(op)["ok"], op
    assert host.ask("plan_get", at=0)["ok"]
    assert host.ask("count", **{"from": 1})["count"] == 20
    assert host.ask("digest", **{"from": 1, "count": 20})["ok"]
    records_body = host.sealed(asking.request("read", 9, **{"from": 1, "count": 20}))
    assert records_body[0] == frames.RECORDS
    for fields in (
        {"op": "plan_open", "size": len(NEW), "crc": frames.crc32(NEW)},
        {"op": "plan_apply", "crc": frames.crc32(NEW)},
        {"op": "plan_open", "size": 5, "crc": 0, "host": "".join(["%02x" % b for b in host.id])},
        {"op": "admit", "role": "therapist"},
        {"op": "revoke", "host": "".join(["%02x" % b for b in therapist.id])},
    ):
        assert host.ask(**fields)["error"] == requests.E_ROLE
    part = requests.fields_of(host.sealed(asking.part(3, 0, NEW[:40])))
    assert part["error"] == requests.E_PLAN_INCOMPLETE
    assert host.about.state()[0:3] == before


def test_what_a_therapist_left_half_done_no_clinician_ends():
    therapist = adopted()
    host = clinician(therapist)
    host.door = therapist.door
    therapist.ask("plan_open", size=len(NEW), crc=frames.crc32(NEW))
    assert host.challenge() is None
    part = requests.fields_of(host.sealed(asking.part(3, 0, NEW[:40])))
    assert part["error"] == requests.E_PLAN_INCOMPLETE


def test_a_therapist_sets_the_plan():
    host = adopted()
    new = plan_bytes(warmth__level_c=35.0)
    assert host.ask("plan_open", size=len(new), crc=frames.crc32(new))["ok"]
    for at in range(0, len(new), asking.PART_MAX):
        body = host.sealed(asking.part(9, at, new[at : at + asking.PART_MAX]))
        assert requests.fields_of(body)["ok"]
    assert host.ask("plan_apply", crc=frames.crc32(new))["ok"]
    assert host.about.care.to_json() == new


def test_a_revoked_host_is_out_at_once_and_for_good():
    therapist = adopted()
    host = clinician(therapist)
    assert host.ask("status")["ok"]
    hexes = ["".join(["%02x" % b for b in one.id]) for one in (host, therapist)]
    assert therapist.ask("hosts")["hosts"] == [[hexes[1], "therapist"], [hexes[0], "clinician"]]
    assert therapist.ask("revoke", host=hexes[0])["gone"]
    before = host.about.state()
    for body in every_request():
        fields = requests.fields_of(host.sealed(body))
        assert fields["error"] == requests.E_NO_SESSION
    assert host.challenge() == requests.E_NOT_ADOPTED
    assert host.about.state() == before
    assert not therapist.ask("revoke", host=hexes[0])["gone"]
    assert therapist.ask("status")["ok"]


def test_a_clinician_may_go_by_its_own_word():
    host = clinician(adopted())
    assert host.ask("revoke", host="".join(["%02x" % b for b in host.id]))["gone"]
    assert host.ask("status")["error"] == requests.E_NO_SESSION


def test_the_holder_sends_all_away_in_the_middle_of_a_session():
    host = adopted()
    host.about.memory.forget(HOSTS)
    assert host.ask("status")["error"] == requests.E_NO_SESSION
    assert host.challenge() == requests.E_NOT_ADOPTED
    assert not host.about.greeting()["adopted"]


def test_goodbye_ends_it():
    host = adopted()
    assert not host.door.left
    assert host.ask("bye")["ok"]
    assert host.door.left


# --- Noise -----------------------------------------------------------------------------------


def test_whatever_comes_in_nothing_changes():
    host = adopted()
    about = host.about
    before = about.state()
    random = Random(11)
    sealed = host.out.close(asking.request("ack", 1, seq=9))
    for _ in range(1_000):
        body = bytearray(sealed if random.below(2) else next(every_request()))
        for _ in range(random.below(3) + 1):
            body[random.below(len(body))] ^= 1 << random.below(8)
        body = bytes(body[: random.below(len(body)) + 1])
        answer = host.door.answer(body)
        assert answer is None or answer[0] in (frames.ANSWER, frames.SHARE, frames.PROOF)
    for kind in range(256):
        for size in (0, 1, 2, 5, 18, 19, 22, 60):
            host.door.answer(bytes([kind]) + bytes(size))
    assert about.state() == before
    assert host.ask("status")["ok"]
