# Runs on CPython and on the MicroPython VM
from kitbag.comfort import routines
from kitbag.wire import plan

GESTURES = ("hold", "long_hold", "double_squeeze", "pat")


def planned(**changes):
    p = plan.defaults()
    for key, value in changes.items():
        p[key.replace("__", ".")] = value
    return p


def test_without_a_plan_only_a_hold_does_something_and_that_is_warmth():
    p = plan.defaults()
    assert {gesture: routines.parts(p, gesture) for gesture in GESTURES} == {
        "hold": ("warmth",),
        "long_hold": (),
        "double_squeeze": (),
        "pat": (),
    }


def test_a_routine_begins_only_what_the_plan_has_switched_on():
    p = planned(gesture__pat="settle", warmth__enabled=False)
    assert routines.parts(p, "pat") == ()
    p["scent.enabled"] = True
    assert routines.parts(p, "pat") == ("scent",)
    p["touch.enabled"] = p["warmth.enabled"] = True
    assert set(routines.parts(p, "pat")) == {"warmth", "scent", "touch"}


def test_every_routine_that_a_plan_may_name_exists():
    assert set(routines.PARTS) == set(plan.ROUTINES)
    for parts in routines.PARTS.values():
        assert set(parts) <= {"warmth", "scent", "touch"}
