"""GPIO and LEDC: which level or duty every pin has, and what hangs on it."""

import board as _board


class Pins:
    """`drive(pin, duty)` with a duty from 0 to 1; a plain output is at 0 or 1.

    LEDC channels outlive a hard reset of the chip; plain outputs let go at every reset.
    """

    def __init__(self, world):
        self._power = world.power
        self._loads = {
            _board.PIN_HEATER: world.drive_heater,
            _board.PIN_KEEPALIVE: world.drive_keepalive,
            _board.PIN_DIFFUSER: world.drive_diffuser,
            _board.PIN_MOTOR: world.drive_motor,
        }
        self._duty = {}
        self.ledc = {}  # pin: duty
        self.pressed = False  # the button, to ground
        self.watchers = {}  # pin: what to call when its input changes

    def drive(self, pin, duty):
        self._duty[pin] = duty
        load = self._loads.get(pin)
        if load is not None:
            load(duty)

    def drive_pwm(self, pin, duty):
        self.ledc[pin] = duty
        self.drive(pin, duty)

    def release_pwm(self, pin):
        """The pin is plain again."""
        self.ledc.pop(pin, None)

    def level(self, pin):
        """What digital input `pin` reads; outputs read themselves."""
        if pin == _board.PIN_BUTTON:
            return 0 if self.pressed else 1
        if pin == _board.PIN_CHARGING:
            return 0 if self._power.charger_a is not None else 1
        return 1 if self._duty.get(pin, 0) else 0

    def press(self, down):
        if down != self.pressed:
            self.pressed = down
            self._tell(_board.PIN_BUTTON, 0 if down else 1)

    def charger_changed(self):
        self._tell(_board.PIN_CHARGING, self.level(_board.PIN_CHARGING))

    def _tell(self, pin, level):
        watcher = self.watchers.get(pin)
        if watcher is not None:
            watcher(level)

    def reset(self, stop_pwm):
        """The chip resets: plain outputs fall, LEDC runs on unless `stop_pwm`."""
        self.watchers = {}
        for pin in list(self._duty):
            if stop_pwm or pin not in self.ledc:
                self.drive(pin, 0.0)
        if stop_pwm:
            self.ledc = {}

    def restore(self, ledc, duty, pressed):
        """What the pins were doing when the chip reset (keys from JSON are text)."""
        self.ledc = {int(pin): value for pin, value in ledc.items()}
        self._duty = {int(pin): value for pin, value in duty.items()}
        self.pressed = pressed
