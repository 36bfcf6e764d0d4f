"""Virtual time: one counter of microseconds, the events due on it, and the modules that read it.

Nothing waits: sleeping moves the counter to whatever comes first. Times here are the object's own
(its crystal's) microseconds since the scenario began, over all boots. `tasks` makes the asyncio
queue that goes with it. Everything hot is a closure over the counter, which MicroPython reaches
about twice as fast as an attribute.
"""

PERIOD = 1 << 30  # of ticks_ms and ticks_us, as on the ESP32
_HALF = PERIOD >> 1
_MASK = PERIOD - 1

NEVER = 1 << 60
_ALL_TIME = NEVER - 1

# What the chip would spend and a counter that moves only in sleeps would not. They also keep a
# loop that never sleeps from standing still for ever.
_TURN_US = 50  # one asyncio turn
_BUSY_TURNS = 100
_POLL_US = 10  # one select.poll().poll(0)
_TICKS_US = 2  # reading the clock


class Module:
    """An object that can stand in sys.modules, optionally a copy of `real` to change."""

    def __init__(self, real=None):
        if real is not None:
            for name in dir(real):
                if not name.startswith("__"):
                    setattr(self, name, getattr(real, name))


class Clock:
    """The counter and its events. `now`, `spend`, `at`, `drop`, `run_until` are closures.

    now() -> us; spend(us): time passes while the code at hand works; at(us, call) -> event;
    drop(event); run_until(us): time passes with the code at hand frozen; tick_zero(us): where
    ticks_ms and ticks_us count from; set_idle(hook): hook(until_us) is called whenever the
    object has nothing to do before until_us; set_late(us): every asyncio turn starves by this.
    `time` and `select` are the modules.
    """

    def __init__(self, start_us=0):
        _build(self, start_us)


class Deadline:
    """An event that is put off far more often than it happens: putting off costs an assignment.

    `until` (us) may be set at will; `call` runs once the clock has passed it.
    """

    def __init__(self, clock, call):
        self.until = 0
        self._clock = clock
        self._call = call
        self._waiting = False

    def put_off(self, until):
        self.until = until
        if not self._waiting:
            self._waiting = True
            self._clock.at(until, self._look)

    def _look(self):
        if self.until > self._clock.now():
            self._clock.at(self.until, self._look)
        else:
            self._waiting = False
            self._call()


def _build(clock, us):
    events = []  # (us, call), the next one last
    due = NEVER  # time of the next event
    zero = us
    idle = None
    busy = 0
    turn_us = _TURN_US

    def now():
        return us

    def at(when, call):
        nonlocal due
        if when < us:
            when = us
        event = (when, call)
        i = len(events)
        while i and events[i - 1][0] <= when:
            i -= 1
        events.insert(i, event)
        due = events[-1][0]
        return event

    def drop(event):
        nonlocal due
        if event in events:
            events.remove(event)
            due = events[-1][0] if events else NEVER

    # An event sees the time it was due at, although the code that lets time pass is further.
    def run_until(target):
        nonlocal us, due
        while due <= target:
            when, call = events.pop()
            due = events[-1][0] if events else NEVER
            us = when
            call()
            if us > target:  # the event itself took time
                target = us
        us = target

    def spend(microseconds):
        nonlocal us
        us += microseconds
        if us >= due:
            run_until(us)

    def tick_zero(when):
        nonlocal zero
        zero = when

    def set_idle(hook):
        nonlocal idle
        idle = hook

    def set_late(microseconds):
        nonlocal turn_us
        turn_us = _TURN_US + microseconds

    # --- module time ---

    def ticks_ms():
        nonlocal us
        us += _TICKS_US
        if us >= due:
            run_until(us)
        return (us - zero) // 1000 & _MASK

    def ticks_us():
        nonlocal us
        us += _TICKS_US
        if us >= due:
            run_until(us)
        return us - zero & _MASK

    def ticks_add(ticks, delta):
        if not -_HALF < delta < _HALF:
            raise OverflowError("ticks interval overflow")
        return ticks + delta & _MASK

    def ticks_diff(end, start):
        return (end - start + _HALF & _MASK) - _HALF

    def sleep_ms(milliseconds):
        if milliseconds > 0:
            run_until(us + milliseconds * 1000)

    def sleep_us(microseconds):
        if microseconds > 0:
            run_until(us + microseconds)

    def sleep(seconds):
        if seconds > 0:
            run_until(us + int(seconds * 1000000))

    # --- module select ---

    class Poll:
        def __init__(self):
            self._watched = {}

        def register(self, stream, flags=5):
            self._watched[id(stream)] = (stream, flags)

        def modify(self, stream, flags):
            self._watched[id(stream)] = (stream, flags)

        def unregister(self, stream):
            self._watched.pop(id(stream), None)

        def _ready(self):
            found = ()
            for stream, flags in self._watched.values():
                bits = stream.ioctl(3, flags)
                if bits:
                    found += ((stream, bits),)
            return found

        def poll(self, timeout=-1):
            nonlocal us
            if timeout:
                return list(self.ipoll(timeout))
            us += _POLL_US
            if us >= due:
                run_until(us)
            return self._ready()

        # asyncio calls this with 0 once before every step of a task
        def ipoll(self, timeout=-1, flags=0):
            nonlocal us, busy
            if timeout == 0:
                us += turn_us
                if us >= due:
                    run_until(us)
                if idle is not None:
                    busy += 1
                    if busy > _BUSY_TURNS:  # starved, it will never have nothing to do
                        busy = 0
                        idle(us)
                return self._ready() if self._watched else ()
            if self._watched:
                found = self._ready()
                if found:
                    return found
            target = us + timeout * 1000 if timeout > 0 else _ALL_TIME
            while True:
                if idle is not None:
                    busy = 0
                    idle(due if due < target else target)
                if due > target:
                    break
                run_until(due)
                if self._watched:
                    found = self._ready()
                    if found:
                        return found
            if target == _ALL_TIME:
                raise RuntimeError("deadlock: nothing can ever wake the object")
            if us < target:
                us = target
            return ()

    time = Module()
    time.ticks_ms = ticks_ms
    time.ticks_us = ticks_us
    time.ticks_cpu = ticks_us
    time.ticks_add = ticks_add
    time.ticks_diff = ticks_diff
    time.sleep_ms = sleep_ms
    time.sleep_us = sleep_us
    time.sleep = sleep

    select = Module()
    select.POLLIN = 1
    select.POLLOUT = 4
    select.POLLERR = 8
    select.POLLHUP = 16
    select.poll = Poll

    clock.now = now
    clock.at = at
    clock.drop = drop
    clock.run_until = run_until
    clock.spend = spend
    clock.tick_zero = tick_zero
    clock.set_idle = set_idle
    clock.set_late = set_late
    clock.time = time
    clock.select = select
