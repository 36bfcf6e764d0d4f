"""The heating pad behind its two switches, and what they really do: current and voltage."""

from machine import ADC, PWM, Pin


# Switch 1 is the low-side FET on the PWM pin. Switch 2, on the high side, is held closed by a
# one-shot that only edges on the keep-alive line retrigger: a line that stands still opens it.
class Heater:
    def __init__(self, board):
        # Never without a duty: ESP32's PWM starts at 50 % when none is given
        self._pwm = PWM(
            Pin(board.PIN_HEATER, Pin.OUT, value=0), freq=board.HEATER_PWM_HZ, duty_u16=0
        )
        self._keepalive = Pin(board.PIN_KEEPALIVE, Pin.OUT, value=0)
        self._sense = ADC(Pin(board.ADC_CURRENT), atten=ADC.ATTN_11DB)
        self._supply = ADC(Pin(board.ADC_PAD_SUPPLY), atten=ADC.ATTN_11DB)
        self._offset_mv = board.CURRENT_OFFSET_MV
        self._mv_per_a = board.CURRENT_MV_PER_A
        self.duty = 0  # per mille, as last driven

    def drive(self, duty):
        """Drive switch 1 with `duty` per mille (0 to 1000)."""
        if duty != self.duty:
            self._pwm.duty_u16(duty * 65535 // 1000)
            self.duty = duty

    def renew(self):
        """One pulse on the keep-alive line. Only the guard's good cycle may call this."""
        # It rests low: a reset lets pins fall, and where it was high that would be an edge more
        self._keepalive.value(1)
        self._keepalive.value(0)

    def off(self):
        """Zero duty and no further edge: switch 1 opens now, switch 2 when its time is up."""
        self._pwm.duty_u16(0)
        self.duty = 0

    def current_ma(self):
        """Heater current in mA, averaged by the board over some PWM periods."""
        return (self._sense.read_uv() // 1000 - self._offset_mv) * 1000 // self._mv_per_a

    def supply_mv(self):
        """The node between switch 2 and the pad, as the ADC has it: near 0 when switch 1 or a
        short pulls it to ground, above board.PAD_SUPPLY_HIGH_MV when switch 2 is closed, in
        between when both are open. -1 when the ADC gave an error.
        """
        try:
            return self._supply.read_uv() // 1000
        except OSError:
            return -1
