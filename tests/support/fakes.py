"""What the firmware's modules are handed by the app, in their simplest form."""


class Clock:
    """kitbag.clock.Clock, moved by hand."""

    def __init__(self, ms=0, boot=1):
        self.ms = ms
        self.boot = boot

    def uptime_ms(self):
        return self.ms


class PowerCut(Exception):
    """The power went before a value was committed."""


class Memory:
    """kitbag.memory.Memory over a dict: what was kept outlives the object that kept it.

    `cut_at` names the commit (from 0) before which the power goes.
    """

    def __init__(self, values=None):
        self.values = {} if values is None else values
        self.commits = 0
        self.cut_at = None

    def number(self, key, default=0):
        return self.values.get(key, default)

    def keep_number(self, key, value):
        assert -(1 << 31) <= value < 1 << 31
        self._keep(key, value)

    def blob(self, key, size=4096):
        found = self.values.get(key)
        return found if found is None or len(found) <= size else None

    def keep_blob(self, key, data):
        self._keep(key, bytes(data))

    def forget(self, key):
        self.values.pop(key, None)

    def arm(self, on):
        self.armed = on

    def _keep(self, key, value):
        assert len(key) <= 15
        if self.commits == self.cut_at:
            raise PowerCut
        self.commits += 1
        self.values[key] = value
