"""The controller: what power the pad needs to follow its target. It may only ask.

Ramped PI with feed-forward, in watts, so that it is the same on every pad and battery. The
feed-forward carries what physics foresees: heating the pad along the ramp, the heat that flows
through the cover to the face (its thermistor shows at once when a body comes or goes), and the
loss through the back. The PI carries the rest.
"""

from micropython import const

# The plant as docs/safety.md has it; the PI makes up for what differs
_HEAT_CAPACITY_J_PER_K = const(38.0)  # the pad
_COVER_W_PER_K = const(0.5)  # from the pad to the face; too little beats too much
_COVER_MAX_K = const(
    5.0
)  # nobody there, a cold room: a colder face than that reads something else
_BACK_W_PER_K = const(0.035)  # from the pad through the stuffing to the room
_KP_W_PER_K = const(1.8)
_KI_W_PER_K_S = const(0.008)
_BLEED_PER_S = const(0.02)  # how fast an integral that the pad cannot deliver is given back


class Control:
    """Power that the pad needs, cycle by cycle."""

    def __init__(self):
        self._integral_w = 0.0
        self._rest_c = None

    def start(self, pad_c, at_rest):
        """Warmth begins with the pad at `pad_c`; `at_rest` when it has long been unheated."""
        if at_rest or self._rest_c is None or pad_c < self._rest_c:
            self._rest_c = pad_c
        self._integral_w = 0.0

    def ask(self, target_c, ramp_c_per_s, pad_c, face_c, dt_s, full_w):
        """Power in W, from 0 to `full_w`, for the cycle of `dt_s` that begins.

        `target_c` moves at `ramp_c_per_s` now; `full_w` is what pad and battery can give.
        """
        error = target_c - pad_c
        wanted = (
            _HEAT_CAPACITY_J_PER_K * ramp_c_per_s
            + _COVER_W_PER_K * min(_COVER_MAX_K, target_c - face_c)
            + _BACK_W_PER_K * (target_c - self._rest_c)
            + _KP_W_PER_K * error
            + self._integral_w
        )
        power = max(0.0, min(full_w, wanted))
        # Integrate only what the pad can follow, or the integral would wind up against its limit
        if power == wanted or (error < 0) == (wanted > full_w):
            self._integral_w += _KI_W_PER_K_S * error * dt_s
        else:
            self._integral_w -= self._integral_w * _BLEED_PER_S * dt_s
        return power
