"""Boots and deaths of the object: resets, the watchdog, power cuts, hangs.

A reset is a real death of this process: what outlives it on a chip is written to a file, the
runner is told, kills the process and starts another. So nothing in RAM can be carried over by
accident.
"""

import hashlib
import json
from binascii import a2b_base64, b2a_base64

from . import control
from .clock import NEVER, Deadline

POWER = "power_on"
HARD = "hard"
SOFT = "soft"
WATCHDOG = "watchdog"

# What machine.reset_cause() says of them; the port reports a brown-out as a power-on
_CAUSES = {POWER: 1, HARD: 2, WATCHDOG: 3, SOFT: 5}
# Until the first line of boot.py: ROM, bootloader, start of the VM
_BOOT_US = {POWER: 350_000, HARD: 300_000, WATCHDOG: 300_000, SOFT: 40_000}

_EPOCH_2000 = 946_684_800


class Life:
    """`cause` and `unique_id` are what machine says; `boots` counts from 1. `started` has the true
    second of each that got as far as boot.py.
    """

    def __init__(self, board, folder, seed, kept):
        self._board = board
        self._folder = folder
        self._seed = seed
        self.kind = kept["kind"] if kept else POWER
        self.cause = _CAUSES[self.kind]
        self.boots = kept["boots"] + 1 if kept else 1
        self.started = kept["started"] if kept else []
        self.unique_id = hashlib.sha256(b"id%d" % seed).digest()[:6]
        self._drawn = 0
        self._rtc_zero_us = kept["rtc_zero_us"] if kept else 0
        self._rtc_s = kept["rtc_s"] if kept else 0
        self.rtc_memory = a2b_base64(kept["rtc_memory"]) if kept else b""
        self.dead = False  # nothing runs until the process ends
        self.watchdog = Deadline(board.clock, self._bitten)

    # --- start ---

    def boot(self, ticks_start_ms):
        """Let the time pass that the chip needs before its first Python line."""
        clock = self._board.clock
        board = self._board
        while True:
            if self.kind != POWER:
                board.pins.reset(stop_pwm=self.kind == SOFT)
            clock.tick_zero(clock.now() - ticks_start_ms * 1000)
            clock.run_until(clock.now() + _BOOT_US[self.kind])
            if "crash_loop" not in board.faults.active:
                break
            self._panic()
        self.started.append(board.world.true_s(clock.now()))

    # This boot dies before its first line. None of the firmware has run in this process, so that
    # the next boot can use it.
    def _panic(self):
        self._board.port.stay_mute()
        if self._board.player.over:
            control.wait_for_the_end()
        self.kind = HARD
        self.cause = _CAUSES[HARD]
        self.boots += 1

    def random(self, count):
        """Bytes that the seed and the boot decide."""
        found = b""
        while len(found) < count:
            self._drawn += 1
            found += hashlib.sha256(
                b"random%d,%d,%d" % (self._seed, self.boots, self._drawn)
            ).digest()
        return found[:count]

    # --- the RTC: seconds since 2000, set by nobody but the firmware ---

    def time(self):
        return self._rtc_s + (self._board.clock.now() - self._rtc_zero_us) // 1_000_000

    def set_rtc(self, seconds):
        self._rtc_s += seconds - self.time()

    def time_functions(self, real, time):
        """Add to the virtual `time` what reads the RTC, with the port's epoch of 2000."""

        def gmtime(seconds=None):
            return real.gmtime((self.time() if seconds is None else seconds) + _EPOCH_2000)

        time.time = self.time
        time.time_ns = lambda: self.time() * 1_000_000_000
        time.gmtime = time.localtime = gmtime
        time.mktime = lambda fields: real.mktime(fields) - _EPOCH_2000

    # --- deaths ---

    def reset(self, kind):
        """The chip resets, now. Does not return, but where there is no power to reset it."""
        if not self.dead:
            self._die(kind)

    def _bitten(self):
        if not self.dead:
            self._die(WATCHDOG)

    def hang(self):
        """The VM never comes back; time goes on until the watchdog bites or the scenario ends.
        Without power there is none that could hang.
        """
        if self.dead:
            return
        self._board.port.stay_mute()
        self._board.clock.run_until(NEVER - 1)
        control.wait_for_the_end()

    def cut_power(self, off_s):
        """The supply goes for `off_s` true seconds and comes back. Does not return."""
        board = self._board
        if self.dead:
            return
        self.dead = True
        board.flash.cut()
        board.pins.reset(stop_pwm=True)
        board.world.power_lost()
        world = board.world
        board.clock.run_until(world.local_us(world.true_s(board.clock.now()) + off_s))
        self._rtc_s = 0
        self._rtc_zero_us = board.clock.now()
        self.rtc_memory = b""
        self._die(POWER)

    def _die(self, kind):
        self.dead = True
        board = self._board
        board.world.update()
        kept = {
            "kind": kind,
            "us": board.clock.now(),
            "boots": self.boots,
            "started": self.started,
            "rtc_zero_us": self._rtc_zero_us,
            "rtc_s": self._rtc_s,
            "rtc_memory": b2a_base64(self.rtc_memory).decode(),
            "ledc": board.pins.ledc,
            "duty": board.pins._duty,
            "pressed": board.pins.pressed,
            "world": board.world.save(),
            "flash": {name: getattr(board.flash, name) for name in board.flash.KEPT},
            "player": board.player.save(),
            "port": board.port.save(),
        }
        with open(self._folder + "/state.json", "w") as file:
            json.dump(kept, file)
        board.world.close_tables()
        control.say("reset", {"kind": kind, "t_s": board.world._true_s})
        control.wait_for_the_end()
