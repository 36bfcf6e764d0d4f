"""The physical world around the chip: heat, air, electricity, and the two tables that record it.

Evaluated lazily: it is brought up to a moment only when a sensor looks, an output changes or a row
of truth.csv is due. Between two such moments everything that drives it is constant, so nothing is
lost but the Euler step (at most 0.5 s). Seconds here are true ones; the object's microseconds are
its crystal's, off by clock_ppm.
"""

from . import analog, bladder, bme280, power, thermal
from .clock import Deadline
from .noise import Noise

ONE_SHOT_US = 1_250_000  # holds switch 2 after an edge of the keep-alive line
CUT_OUT_C = 46.0
_FRESH_US = 20_000  # within this nothing moves that a sensor could see
_QUIET_S = 3.0  # heat that stays off this long after a fault counts as taken away

TRUTH = (
    "t_s,pad_c,face_c,skin_c,heater_w,switch1,switch2,scent,motor,bladder_pa,ambient_pa,"
    "battery_v,cem43\n"
)
OUTPUTS = "t_ms,what,value\n"


class World:
    """`settings` is the scenario's [world] with every key; `seed` makes all its noise."""

    def __init__(self, clock, settings, seed, ambient=None, replaces=False, pressed=None):
        self.settings = settings
        self.clock = clock
        self._us = 0
        self._true_s = 0.0
        self._true_per_us = 1e-6 / (1 + settings["clock_ppm"] * 1e-6)
        self.thermal = thermal.Thermal(settings)
        self.power = power.Power(settings)
        self.bladder = bladder.Bladder(settings, self.thermal.air_c, ambient, replaces, pressed)
        self.noise = Noise(seed)
        self.pad_ntc = analog.Thermistor(self.noise)
        self.face_ntc = analog.Thermistor(self.noise)
        self.cell_ntc = analog.Thermistor(self.noise)
        self.cell_hot_c = None  # fault: the cell is as warm as this, whatever is around it
        self.swapped = False
        self.adc_gain = 1.0
        self.adc_error = False
        self.chip = bme280.Bme280(clock.now, self.pressure, self.chip_c, Noise(seed + 1))
        self.bus_hung = False
        self.place = "bed"
        self.hugs = 0  # that hold it to the body now
        self.keepalive_stuck = False
        self._keepalive_level = 0
        self._buzzing = False  # a PWM on the keep-alive line retriggers it for ever
        self._one_shot = Deadline(clock, self._one_shot_over)
        self.watched = []  # faults whose effect on the heat is being timed
        self._logged = {}
        self._truth = None
        self._outputs = None
        self._settle_noise()

    # --- time ---

    def true_s(self, us):
        """True seconds since the scenario began at the object's `us`."""
        return self._true_s + (us - self._us) * self._true_per_us

    def local_us(self, true_s):
        """The object's microseconds at `true_s`."""
        return self._us + int((true_s - self._true_s) / self._true_per_us + 0.5)

    def update(self):
        """Bring the world up to now."""
        us = self.clock.now()
        dt = (us - self._us) * self._true_per_us
        if dt <= 0:
            return
        self._us = us
        self._true_s = now = self._true_s + dt
        heat = self.thermal
        heat.step(dt, self.power.watts)
        self.power.step(dt)
        self.bladder.rebase(now, heat.air_c, (heat.stuffing_c - heat.air_c) / thermal.AIR_LAG_S)
        if self.settings["cutout"] and heat.pad_c >= CUT_OUT_C and not self.power.cut_out:
            self.power.cut_out = True
            self.power.settle()
            self._note_power()

    # Between sensor looks that are this close nothing moves
    def _glance(self):
        if self.clock.now() - self._us > _FRESH_US:
            self.update()

    # --- sensors ---

    def pad_mv(self):
        self._glance()
        heat = self.thermal
        celsius = heat.face_sensor_c if self.swapped else heat.pad_sensor_c
        return self.pad_ntc.sense(celsius, self.adc_gain)

    def face_mv(self):
        self._glance()
        heat = self.thermal
        celsius = heat.pad_sensor_c if self.swapped else heat.face_sensor_c
        return self.face_ntc.sense(celsius, self.adc_gain)

    def cell_mv(self):
        self._glance()
        celsius = self.thermal.stuffing_c if self.cell_hot_c is None else self.cell_hot_c
        return self.cell_ntc.sense(celsius, self.adc_gain)

    def current_mv(self):
        amps = self.power.sensed_a((self.clock.now() - self._us) * self._true_per_us)
        mv = analog.CURRENT_OFFSET_MV + analog.CURRENT_MV_PER_A * amps
        mv = (mv + analog.CURRENT_NOISE_MV * self.noise.normal()) * self.adc_gain
        return analog.reading_mv(mv)

    def battery_mv(self):
        mv = self.power.battery_v * 1000 / analog.BATTERY_DIVIDER
        mv = (mv + analog.OTHER_NOISE_MV * self.noise.normal()) * self.adc_gain
        return analog.reading_mv(mv)

    def pad_supply_mv(self):
        volts = self.power.sensed_v((self.clock.now() - self._us) * self._true_per_us)
        mv = volts * 1000 / analog.PAD_SUPPLY_DIVIDER
        mv = (mv + analog.OTHER_NOISE_MV * self.noise.normal()) * self.adc_gain
        return analog.reading_mv(mv)

    def reference_mv(self):
        mv = analog.REFERENCE_MV + analog.OTHER_NOISE_MV * self.noise.normal()
        return analog.reading_mv(mv * self.adc_gain)

    def pressure(self):
        return self.bladder.pressure(self.true_s(self.clock.now()))

    def chip_c(self):
        return self.thermal.chip_c

    # --- outputs ---

    def drive_heater(self, duty):
        if duty != self.power.duty:
            self.update()
            self.power.duty = duty
            self._log("heater_duty", duty)
            self._changed()

    def drive_diffuser(self, duty):
        level = 1 if duty > 0 else 0
        if level != self.power.scent:
            self.update()
            self.power.scent = level
            self._log("scent", level)
            self._changed()

    def drive_motor(self, duty):
        if duty != self.power.motor:
            self.update()
            self.power.motor = duty
            self._log("motor", duty)
            self._changed()

    def drive_keepalive(self, duty):
        self._buzzing = 0 < duty < 1
        if duty == self._keepalive_level and not self._buzzing:
            return
        self._keepalive_level = duty
        if self.keepalive_stuck:
            return
        self._one_shot.put_off(self.clock.now() + ONE_SHOT_US)
        if not self.power.held:
            self.update()
            self.power.held = True
            self._changed()

    def _one_shot_over(self):
        if self._buzzing and not self.keepalive_stuck:
            self._one_shot.put_off(self.clock.now() + ONE_SHOT_US)
            return
        if self.power.held:
            self.update()
            self.power.held = False
            self._changed()

    def _changed(self):
        self.power.settle()
        self._note_power()

    def faulted(self):
        """After a fault was set or cleared: `update` must have been called before."""
        self._changed()

    def _note_power(self):
        power = self.power
        self._log("switch1", power.switch1)
        self._log("switch2", power.switch2)
        now = self._true_s
        for fault in self.watched:
            if power.watts:
                if fault["off_s"] is not None and now - fault["off_s"] < _QUIET_S:
                    fault["off_s"] = None
            elif fault["off_s"] is None:
                fault["off_s"] = now

    def watch(self, fault):
        """Time from now on when the heat goes off for good: `fault["off_s"]`, true seconds."""
        fault["off_s"] = None if self.power.watts else self._true_s
        self.watched.append(fault)

    def unwatch(self, fault):
        if fault in self.watched:
            self.watched.remove(fault)

    # --- conditions ---

    def set(self, key, value):
        """Change one [world] key."""
        self.update()
        self.settings[key] = value
        if key == "clock_ppm":
            self._true_per_us = 1e-6 / (1 + value * 1e-6)
        elif key == "battery_v":
            self.power.replace_cell(value)
        elif key == "pad_w":
            self.power.ohm = power.NOMINAL_V * power.NOMINAL_V / value
        self.thermal.settle(self.settings)
        self._settle_noise()
        self.bladder.settle(self.settings, self._true_s, self.thermal.air_c)
        self._changed()

    def _settle_noise(self):
        noise_c = self.settings.get("ntc_noise_c", analog.NTC_NOISE_C)
        self.pad_ntc.noise_c = self.face_ntc.noise_c = self.cell_ntc.noise_c = noise_c

    def touch(self):
        """Work out whether the body is there, after `place` or `hugs` changed."""
        self.update()
        self.thermal.contact = self.place in ("body", "neck") or self.hugs > 0

    def power_lost(self):
        """Every output is off, and the latches let go."""
        self._buzzing = False
        self._keepalive_level = 0
        self.update()
        self.power.held = False
        self.power.cut_out = False
        self.drive_heater(0.0)
        self.drive_diffuser(0.0)
        self.drive_motor(0.0)
        self._changed()

    # --- tables ---

    def open_tables(self, folder, fresh):
        self._truth = open(folder + "/truth.csv", "w" if fresh else "a")
        self._outputs = open(folder + "/outputs.csv", "w" if fresh else "a")
        if fresh:
            self._truth.write(TRUTH)
            self._outputs.write(OUTPUTS)
            for what in ("switch1", "switch2", "heater_duty", "scent", "motor"):
                self._log(what, 0)

    def close_tables(self):
        for table in (self._truth, self._outputs):
            if table is not None:
                table.close()
        self._truth = self._outputs = None

    def flush_tables(self):
        if self._truth is not None:
            self._truth.flush()
            self._outputs.flush()

    def _log(self, what, value):
        if self._logged.get(what) == value:
            return
        self._logged[what] = value
        if self._outputs is not None:
            self._outputs.write("%d,%s,%.6g\n" % (self._true_s * 1000 + 0.5, what, value))

    def write_truth(self):
        """One row, for now."""
        self.update()
        if self._truth is None:
            return
        # The cell's voltage falls by the charge drawn: once a second is often enough
        self.power.settle()
        heat = self.thermal
        power = self.power
        now = self._true_s
        self._truth.write(
            "%d,%.3f,%.3f,%s,%.4f,%d,%d,%d,%.4g,%.2f,%.2f,%.3f,%.6f\n"
            % (
                now + 0.5,
                heat.pad_c,
                heat.fabric_c,
                "%.3f" % heat.skin_c if heat.contact else "",
                power.watts,
                power.switch1,
                power.switch2,
                power.scent,
                power.motor,
                self.bladder.pressure(now),
                self.bladder.ambient_pa(now),
                power.battery_v,
                heat.cem43,
            )
        )

    # --- over a reset ---

    KEPT = (
        "_us",
        "_true_s",
        "_true_per_us",
        "swapped",
        "adc_gain",
        "adc_error",
        "bus_hung",
        "place",
        "hugs",
        "cell_hot_c",
        "keepalive_stuck",
        "_keepalive_level",
        "_logged",
    )

    def _parts(self):
        return (
            self,
            self.thermal,
            self.power,
            self.bladder,
            self.pad_ntc,
            self.face_ntc,
            self.cell_ntc,
            self.chip,
        )

    def save(self):
        """What the next boot's world starts from, as plain data."""
        kept = [{name: getattr(part, name) for name in part.KEPT} for part in self._parts()]
        return {
            "parts": kept,
            "chip": {name: getattr(self.chip, name) for name in self.chip.KEPT_AWAKE},
            "settings": self.settings,
            "noise": (self.noise.state, self.chip._noise.state),
            "one_shot": self._one_shot.until if self.power.held else None,
        }

    def restore(self, kept, powered):
        """Go on from `save`; the chip starts afresh unless it stayed `powered`."""
        self.settings.update(kept["settings"])
        for part, values in zip(self._parts(), kept["parts"]):
            for name in values:
                setattr(part, name, values[name])
        self.power.ohm = power.NOMINAL_V * power.NOMINAL_V / self.settings["pad_w"]
        if powered:
            for name in kept["chip"]:
                setattr(self.chip, name, kept["chip"][name])
            self.chip.rearrange()
        self.noise.state, self.chip._noise.state = kept["noise"]
        self.thermal.settle(self.settings)
        self._settle_noise()
        self.power.settle()
        self.bladder.rebase(
            self._true_s,
            self.thermal.air_c,
            (self.thermal.stuffing_c - self.thermal.air_c) / thermal.AIR_LAG_S,
        )
        if kept["one_shot"] is not None:
            self._one_shot.put_off(kept["one_shot"])
