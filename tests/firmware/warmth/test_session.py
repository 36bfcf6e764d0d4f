# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.warmth.session import Session
from kitbag.wire import plan
from support.lcg import Random

DT_MS = 300
NO_ONE_MS = limits.LEVEL_QUIET_AFTER_MS


def planned(**changes):
    p = plan.defaults()
    for key, value in changes.items():
        p[key.replace("__", ".")] = value
    return p


class Warm:
    """A session whose pad follows its target at once, unless told otherwise."""

    def __init__(self, p, pad_c=25.0):
        self.plan = p
        self.session = Session()
        self.pad_c = pad_c
        self.quiet_ms = 0
        self.umin = 0
        self.saturated = False
        self.follows = True
        self.ended = None
        self.on_s = 0.0
        self.session.start(p, pad_c)

    def step(self, dt_ms=DT_MS):
        why = self.session.step(
            dt_ms, self.plan, self.pad_c, self.quiet_ms, self.umin, self.saturated
        )
        self.on_s += dt_ms / 1000
        if why:
            self.ended = why
        elif self.follows:
            self.pad_c = self.session.target_c

    def run(self, seconds, each=None, dt_ms=DT_MS):
        for _ in range(round(seconds * 1000 / dt_ms)):
            if self.ended:
                return
            self.step(dt_ms)
            if each:
                each()


def highest(warm, seconds):
    found = [0.0]

    def look():
        found[0] = max(found[0], warm.session.target_c)

    warm.run(seconds, look, 1000)
    return found[0]


def test_it_begins_where_the_pad_is_and_walks_at_the_plans_pace():
    for per_min in (0.2, 1.0, 3.0):
        warm = Warm(planned(warmth__ramp_c_per_min=per_min), 30.0)
        assert warm.session.state == "warming"
        assert warm.session.target_c == 30.0
        warm.run(60)
        assert abs(warm.session.target_c - 30.0 - per_min) < 0.02
        assert abs(warm.session.ramp_c_per_s * 60 - per_min) < 0.01


def test_no_plan_makes_the_ramp_steeper_than_the_limit():
    warm = Warm(planned(warmth__ramp_c_per_min=50.0), 30.0)
    warm.run(60)
    assert warm.session.target_c <= 30.0 + limits.RAMP_MAX_C_PER_MIN + 0.02


def test_it_arrives_and_holds():
    warm = Warm(planned())
    warm.run(11 * 60 + 5)
    assert warm.session.state == "holding"
    assert warm.session.target_c == 36.0


def test_the_minutes_are_those_at_its_level():
    warm = Warm(planned(warmth__session_min=20.0))
    warm.run(11 * 60 + 19 * 60)
    assert warm.session.state == "holding"
    warm.run(2 * 60)
    assert warm.session.state == "fading"


def test_it_fades_to_sleep_and_ends():
    warm = Warm(planned(warmth__session_min=5.0, warmth__fade_min=20.0, warmth__sleep_c=34.0))
    warm.run(11 * 60 + 5 * 60 + 5)
    assert warm.session.state == "fading"
    began_s = warm.on_s
    warm.run(10 * 60)
    assert abs(warm.session.target_c - 35.0) < 0.05
    warm.run(3600)
    assert warm.ended == "faded"
    assert abs(warm.on_s - began_s - 20 * 60) <= 10
    assert not warm.session.active
    assert warm.session.state == "idle"


def test_the_lowest_of_all_ceilings_wins():
    for changes, level_c in (
        ({"warmth__level_c": 40.0, "warmth__ceiling_c": 37.0}, 37.0),
        ({"warmth__level_c": 36.0, "warmth__ceiling_c": 40.0}, 36.0),
        ({"warmth__level_c": 99.0, "warmth__ceiling_c": 99.0}, 40.0),
        ({"warmth__level_c": 40.0, "warmth__ceiling_c": 40.0, "placement": "neck"}, 38.0),
        (
            {
                "warmth__level_c": 40.0,
                "warmth__ceiling_c": 40.0,
                "holder__reduced_sensation": True,
            },
            38.0,
        ),
    ):
        warm = Warm(planned(warmth__session_min=45.0, **changes), 34.0)
        assert abs(highest(warm, 1200) - level_c) < 1e-6, changes


def test_forty_degrees_are_for_twenty_minutes():
    p = planned(warmth__level_c=40.0, warmth__ceiling_c=40.0, warmth__session_min=45.0)
    warm = Warm(p, 36.0)
    warm.run(4 * 60 + 19 * 60)
    assert warm.session.target_c == 40.0
    warm.run(3 * 60 + 30)
    assert warm.session.target_c == limits.LEVEL_SETTLED_C == 38.5
    assert highest(warm, 15 * 60) == 38.5


def test_with_nobody_there_it_lowers_itself():
    p = planned(warmth__level_c=40.0, warmth__ceiling_c=40.0, warmth__session_min=45.0)
    warm = Warm(p, 38.0)
    warm.run(240)
    assert warm.session.target_c == 40.0
    warm.quiet_ms = NO_ONE_MS
    warm.run(240)
    assert warm.session.target_c == limits.LEVEL_QUIET_C == 38.0


def test_the_dose_steps_the_level_down():
    p = planned(warmth__level_c=38.0, warmth__session_min=45.0)
    warm = Warm(p, 37.0)
    warm.run(120)
    assert warm.session.target_c == 38.0
    warm.umin = 1_500_000
    warm.run(120)
    assert warm.session.target_c == 37.0
    assert warm.session.state == "holding"


def test_tender_skin_has_two_hours_and_then_a_rest():
    p = planned(placement="neck", warmth__ramp_c_per_min=0.2, warmth__session_min=45.0)
    warm = Warm(p, 20.0)
    while not warm.ended and warm.on_s < 5 * 3600:
        if warm.on_s == 7000:
            assert not warm.session.extend(p)
        warm.run(1, None, 1000)
    assert warm.ended == "faded"
    assert 7_000 <= warm.on_s <= limits.TENDER_ON_MS / 1000 + 1
    assert not warm.session.start(p, 30.0)
    warm.session.rest(59 * 60_000)
    assert not warm.session.start(p, 30.0)
    warm.session.rest(2 * 60_000)
    assert warm.session.start(p, 30.0)


def test_a_further_act_extends_once():
    p = planned(warmth__session_min=5.0)
    warm = Warm(p, 36.0)
    warm.run(4 * 60)
    assert warm.session.extend(p)
    assert not warm.session.extend(p)
    warm.run(4 * 60 + 30)
    assert warm.session.state == "holding"
    warm.run(60)
    assert warm.session.state == "fading"
    assert not warm.session.extend(p)


def test_a_further_act_while_it_fades_brings_it_back():
    p = planned(warmth__session_min=5.0)
    warm = Warm(p, 36.0)
    warm.run(15 * 60)
    assert warm.session.state == "fading"
    assert warm.session.extend(p)
    assert warm.session.state == "warming"
    warm.run(3 * 60)
    assert warm.session.state == "holding"
    assert warm.session.target_c == 36.0


def test_nothing_extends_what_does_not_run():
    session = Session()
    assert not session.extend(planned())
    session.start(planned(), 30.0)
    session.end()
    assert not session.extend(planned())
    assert not session.active
    assert session.step(DT_MS, planned(), 30.0, 0, 0, False) is None


def test_what_cannot_be_reached_is_said_and_forgiven():
    warm = Warm(planned(), 30.0)
    warm.follows = False
    warm.saturated = True
    warm.run(7 * 60)
    assert warm.session.state == "warming"
    warm.run(3 * 60)
    assert warm.session.state == "cannot_reach"
    assert warm.session.target_c <= 32.3  # the target waits for the pad
    warm.follows, warm.saturated = True, False
    warm.run(8 * 60)
    assert warm.session.state == "holding"


def test_full_power_for_long_is_no_weakness_while_the_pad_comes_nearer():
    warm = Warm(planned(warmth__level_c=38.0), 20.0)
    warm.follows = False
    warm.saturated = True
    states = set()

    def rise():  # as a pad does that would settle two degrees above the level
        warm.pad_c += (40.0 - warm.pad_c) * 0.3 / 500
        states.add(warm.session.state)

    warm.run(25 * 60, rise)
    assert states == {"warming", "holding"}


def test_a_pad_that_settles_below_its_level_is_weak_within_ten_minutes_of_the_ramp():
    warm = Warm(planned(warmth__level_c=38.0, warmth__ramp_c_per_min=3.0), 20.0)
    warm.follows = False
    warm.saturated = True

    def rise():
        warm.pad_c += (36.5 - warm.pad_c) * 0.3 / 500

    warm.run(6 * 60, rise)
    assert warm.session.state == "warming"
    warm.run(10 * 60, rise)
    assert warm.session.state == "cannot_reach"
    warm.run(30 * 60, rise)
    assert warm.session.state == "cannot_reach"


def test_a_pause_of_the_heat_is_no_weakness():
    warm = Warm(planned(warmth__level_c=38.0), 30.0)
    warm.follows = False
    warm.saturated = True
    for seconds, k_per_min in ((360, 1.0), (60, -1.6), (240, 0.6)):  # up, a probe, and up again
        for _ in range(seconds):
            warm.pad_c += k_per_min / 60
            warm.run(1)
            assert warm.session.state == "warming"


def test_a_pad_warmed_by_a_body_is_followed():
    warm = Warm(planned(), 25.0)
    warm.run(10)
    warm.pad_c = 33.0
    warm.step()
    assert warm.session.target_c >= 33.0


def test_it_begins_below_the_level_even_when_the_pad_is_hotter():
    warm = Warm(planned(warmth__level_c=36.0), 39.5)
    assert warm.session.target_c == 36.0
    assert highest(warm, 600) == 36.0


def test_the_plan_may_change_under_way():
    warm = Warm(planned(warmth__level_c=38.0), 37.5)
    warm.run(120)
    assert warm.session.target_c == 38.0
    warm.plan = planned(warmth__level_c=34.0)
    warm.run(5 * 60)
    assert warm.session.target_c == 34.0


def test_no_wish_of_any_plan_is_ever_above_the_limits():
    random = Random(7)
    for _ in range(25):
        p = planned(
            warmth__level_c=random.uniform(20, 60),
            warmth__ceiling_c=random.uniform(30, 60),
            warmth__ramp_c_per_min=random.uniform(0, 20),
            warmth__session_min=random.uniform(0, 500),
            warmth__fade_min=random.uniform(0, 500),
            warmth__sleep_c=random.uniform(0, 60),
            placement=random.choice(("body", "neck", "beside")),
        )
        warm = Warm(p, random.uniform(5, 45))
        top_c = 38.0 if p["placement"] == "neck" else 40.0
        while not warm.ended and warm.on_s < 4 * 3600:
            before_c = warm.session.target_c
            warm.step(5_000)
            if random.below(200) == 0:
                warm.session.extend(p)
            if random.below(50) == 0:
                warm.follows = not warm.follows
            if not warm.ended:
                assert warm.session.target_c <= top_c
                rise_c = warm.session.target_c - before_c
                assert rise_c <= limits.RAMP_MAX_C_PER_MIN / 12 + 1e-6 or not warm.follows
        assert warm.ended
