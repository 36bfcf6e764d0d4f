"""asyncio on the virtual clock behaves as on the real one, at any place of the tick counter."""

import pytest

_VIRTUAL = """
from simulated.clock import Clock
from simulated import tasks
clock = Clock()
clock.tick_zero(-{ticks_ms} * 1000)
tasks.install(clock)
"""

_SCRIPTS = {
    "sleeps end in order of time, equal ones in order of arrival": """
async def nap(name, ms):
    await asyncio.sleep_ms(ms)
    print(name)
async def main():
    await asyncio.gather(*[nap(n, ms) for n, ms in
        (("a", 60), ("b", 20), ("c", 40), ("d", 20), ("e", 0), ("f", 60))])
asyncio.run(main())
""",
    "wait_for ends what takes too long and hands on what does not": """
async def slow():
    try:
        await asyncio.sleep_ms(500)
    except asyncio.CancelledError:
        print("cancelled")
        raise
async def quick():
    await asyncio.sleep_ms(10)
    return 7
async def main():
    try:
        await asyncio.wait_for_ms(slow(), 30)
    except asyncio.TimeoutError:
        print("timeout")
    print(await asyncio.wait_for_ms(quick(), 200))
asyncio.run(main())
""",
    "an event wakes all that wait, in order": """
event = asyncio.Event()
async def wait(name):
    await event.wait()
    print(name)
async def main():
    tasks = [asyncio.create_task(wait(n)) for n in "abc"]
    await asyncio.sleep_ms(5)
    event.set()
    await asyncio.gather(*tasks)
    event.clear()
    t = asyncio.create_task(wait("d"))
    await asyncio.sleep_ms(5)
    print(t.done())
    event.set()
    await t
    print(t.done())
asyncio.run(main())
""",
    "cancel reaches a sleeper, a waiter, one that waits on a task, and spares the done": """
async def sleeper():
    try:
        await asyncio.sleep_ms(1000)
    except asyncio.CancelledError:
        print("sleeper")
        raise
async def waiter(event):
    try:
        await event.wait()
    except asyncio.CancelledError:
        print("waiter")
        raise
async def parent(child):
    try:
        await child
    except asyncio.CancelledError:
        print("parent")
async def main():
    a = asyncio.create_task(sleeper())
    b = asyncio.create_task(waiter(asyncio.Event()))
    c = asyncio.create_task(sleeper())
    d = asyncio.create_task(parent(c))
    await asyncio.sleep_ms(5)
    print(a.cancel(), b.cancel(), d.cancel())
    await asyncio.sleep_ms(5)
    print(a.done(), b.done(), c.done(), d.done())
    print(a.cancel())
    try:
        asyncio.current_task().cancel()
    except RuntimeError as error:
        print(error)
asyncio.run(main())
""",
    "an exception reaches the one who waits": """
async def bad():
    await asyncio.sleep_ms(1)
    raise ValueError("no")
async def main():
    async def good():
        await asyncio.sleep_ms(3)
        return 5
    print(await asyncio.gather(bad(), good(), return_exceptions=True))
    t = asyncio.create_task(bad())
    try:
        await t
    except ValueError as error:
        print("got", error)
    lock = asyncio.Lock()
    async with lock:
        print(lock.locked())
    print(lock.locked())
asyncio.run(main())
""",
    "a flag set between two turns is seen": """
flag = asyncio.ThreadSafeFlag()
async def setter():
    for i in range(3):
        await asyncio.sleep_ms(20)
        flag.set()
async def main():
    t = asyncio.create_task(setter())
    for i in range(3):
        await flag.wait()
        print("flag", i)
    await t
asyncio.run(main())
""",
}

# The last place begins 25 ms before ticks_ms wraps, so that it does so in the middle of a script
_PLACES = {"at zero": 0, "in the middle": 123_456_789, "over the wrap": (1 << 30) - 25}


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("name", _SCRIPTS)
def test_asyncio_does_on_virtual_time_what_it_does_on_real_time(name, place, on_vm) -> None:
    script = "import asyncio\n" + _SCRIPTS[name]
    real = on_vm(script, plain=True)
    assert real
    assert on_vm(_VIRTUAL.format(ticks_ms=_PLACES[place]) + script) == real


def test_ticks_wrap_as_on_the_chip(on_vm) -> None:
    out = on_vm(
        _VIRTUAL.format(ticks_ms=(1 << 30) - 10)
        + """
import time
a = time.ticks_ms()
time.sleep_ms(30)
b = time.ticks_ms()
print(a, b, time.ticks_diff(b, a), time.ticks_add(a, 30) == b)
try:
    time.ticks_add(0, 1 << 29)
except OverflowError:
    print("overflow")
"""
    )
    assert out == f"{(1 << 30) - 10} 20 30 True\noverflow\n"


def test_an_event_sees_the_moment_it_was_due_at(on_vm) -> None:
    out = on_vm(
        _VIRTUAL.format(ticks_ms=0)
        + """
import time
seen = []
clock.at(5000, lambda: seen.append(clock.now()))
clock.at(2000, lambda: clock.at(3000, lambda: seen.append(clock.now())))
gone = clock.at(2500, lambda: seen.append(0))
clock.drop(gone)
clock.spend(10000)
print(seen, clock.now())
"""
    )
    assert out == "[3000, 5000] 10000\n"


def test_a_loop_that_never_sleeps_does_not_stop_time(on_vm) -> None:
    out = on_vm(
        _VIRTUAL.format(ticks_ms=0)
        + """
import time, asyncio
due = []
clock.at(4000, lambda: due.append(clock.now()))
start = time.ticks_ms()
while time.ticks_diff(time.ticks_ms(), start) < 5:
    pass
print(due)
async def spin():
    while not flag:
        await asyncio.sleep_ms(0)
flag = []
clock.at(9000, lambda: flag.append(1))
asyncio.run(spin())
print(clock.now() >= 9000)
"""
    )
    assert out == "[4000]\nTrue\n"


def test_an_interrupt_wakes_a_flag_at_once(on_vm) -> None:
    out = on_vm(
        _VIRTUAL.format(ticks_ms=0)
        + """
import asyncio
flag = asyncio.ThreadSafeFlag()
clock.at(123456, flag.set)
async def main():
    await flag.wait()
    print((clock.now() - 123456) < 200)
    try:
        await asyncio.wait_for_ms(flag.wait(), 50)
    except asyncio.TimeoutError:
        print("late", 50000 <= clock.now() - 123456 < 51000)
asyncio.run(main())
"""
    )
    assert out == "True\nlate True\n"


def test_waiting_for_nothing_is_told(on_vm) -> None:
    out = on_vm(
        _VIRTUAL.format(ticks_ms=0)
        + """
import asyncio
async def main():
    await asyncio.ThreadSafeFlag().wait()
try:
    asyncio.run(main())
except RuntimeError as error:
    print(error)
"""
    )
    assert "deadlock" in out
