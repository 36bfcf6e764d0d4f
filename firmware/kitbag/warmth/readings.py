"""What one cycle of the heat loop knows: whole numbers, filled in place, never allocated anew."""


class Readings:
    """Raw and filtered readings of one guard cycle. Units are in the names; m°C = 0.001 °C."""

    def __init__(self):
        self.dt_ms = 0  # since the last cycle
        self.pad_mv = 0  # raw, -1 = the ADC gave an error
        self.face_mv = 0
        self.reference_mv = 0
        self.pad_mc = 0  # median of the last three
        self.face_mc = 0
        self.pad_raw_mc = 0
        self.face_raw_mc = 0
        self.current_ma = 0  # what really flows, over the cycle that just ended
        self.battery_mv = 0
        self.duty = 0  # per mille that was driven in the cycle that just ended
        self.target_mc = 0  # what control aims at; 0 = no heat wanted
        self.held = False  # somebody holds the object
        self.supply_mv = 0  # between the second switch and the pad, as the ADC has it; -1 = error
        # Since the last edge of the keep-alive, of which there may have been one before the start
        self.edge_ms = 0
        self.renewed = False  # there has been one since
        self.cell_mv = 0
        self.cell_mc = 0
        self.charging = False
        self.rtc_s = 0
        self.limits_good = True


class Median3:
    """Median of the last three numbers: a lone spike never gets through (F19)."""

    def __init__(self):
        self._a = self._b = None

    def __call__(self, c):
        a, b = self._a, self._b
        self._a, self._b = b, c
        if a is None or b is None:
            return c
        if a > b:
            a, b = b, a
        if c <= a:
            return a
        return b if c >= b else c
