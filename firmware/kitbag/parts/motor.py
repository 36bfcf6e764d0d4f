"""The vibration motor, driven by perceived strength."""

from machine import PWM, Pin


class Motor:
    def __init__(self, board):
        self._pwm = PWM(
            Pin(board.PIN_MOTOR, Pin.OUT, value=0), freq=board.MOTOR_PWM_HZ, duty_u16=0
        )
        self._start = int(board.MOTOR_START_DUTY * 65535)
        self._duty = 0

    def drive(self, strength):
        """Perceived strength 0 to 1. A small motor stalls below its start voltage, so the
        smallest strength that is not zero already turns it.
        """
        duty = 0 if strength <= 0 else self._start + int((65535 - self._start) * min(1, strength))
        if duty != self._duty:
            self._duty = duty
            self._pwm.duty_u16(duty)

    def off(self):
        self._duty = 0
        self._pwm.duty_u16(0)
