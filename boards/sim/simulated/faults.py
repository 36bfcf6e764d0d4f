"""The faults a scenario can set and clear, by kind: what each does to the board and undoes."""

from . import usb

_ANSWER_TURNS = 400
_SPIKE_MEAN_US = 60_000_000
_WOBBLE_US = 500_000
_WOBBLE_OPEN = 0.1
_EVEN_C = 40.0  # where an offset that comes from the common reference is as large as asked


_REARMED = (
    "adc_spikes",
    "heater_intermittent",
    "starvation",
    "link_lost",
    "setpoint_garbage",
    "limits_corrupt",
)


class Faults:
    """`set(kind, parameters)` and `clear(kind)`; `active` maps the kinds now set to theirs."""

    def __init__(self, board):
        self._board = board
        self.active = {}

    def set(self, kind, parameters):
        world = self._board.world
        world.update()
        self.active[kind] = parameters
        _SET[kind](self._board, parameters)
        world.faulted()

    def clear(self, kind):
        if kind not in self.active:
            return
        world = self._board.world
        world.update()
        parameters = self.active.pop(kind)
        undo = _CLEAR.get(kind)
        if undo is not None:
            undo(self._board, parameters)
        world.faulted()

    def rearm(self, active):
        """After a reset: go on with what is not part of the world's state."""
        self.active = active
        for kind in _REARMED:
            if kind in active:
                _SET[kind](self._board, active[kind])


def _ntc(name, fault):
    def apply(board, parameters):
        getattr(board.world, name).fault = fault

    def clear(board, parameters):
        getattr(board.world, name).fault = None

    return apply, clear


def _offset(*names):
    def apply(board, parameters, sign=1):
        for name in names:
            getattr(board.world, name).offset_c += sign * parameters["c"]

    def clear(board, parameters):
        apply(board, parameters, -1)

    return apply, clear


def _detached(name):
    def apply(board, parameters):
        coupling = parameters["coupling"]
        setattr(board.world.thermal, name, (coupling, (1 - coupling) * parameters["env_c"]))

    def clear(board, parameters):
        setattr(board.world.thermal, name, (1.0, 0.0))

    return apply, clear


def _flag(part, name):
    def apply(board, parameters):
        setattr(getattr(board.world, part) if part else board.world, name, True)

    def clear(board, parameters):
        setattr(getattr(board.world, part) if part else board.world, name, False)

    return apply, clear


def _value(part, name, key, off):
    def apply(board, parameters):
        setattr(getattr(board.world, part) if part else board.world, name, parameters[key])

    def clear(board, parameters):
        setattr(getattr(board.world, part) if part else board.world, name, off)

    return apply, clear


# A common reference that is off shifts every channel; at 40 C an NTC by as much as was asked
def _both_set(board, parameters):
    from . import analog

    c = parameters["c"]
    board.world.adc_gain = analog.ntc_mv(_EVEN_C + c) / analog.ntc_mv(_EVEN_C)


def _both_clear(board, parameters):
    board.world.adc_gain = 1.0


def _spikes_set(board, parameters):
    faults = board.faults
    noise = board.world.noise
    per_min = parameters["per_min"]

    def spike():
        if faults.active.get("adc_spikes") is not parameters:
            return
        ntc = board.world.pad_ntc if noise.uniform() < 0.5 else board.world.face_ntc
        ntc.spike = 1 if noise.uniform() < 0.5 else -1
        again()

    def again():
        # One a period, anywhere in its second half: never two in a row
        wait = _SPIKE_MEAN_US / per_min * (0.5 + noise.uniform())
        board.clock.at(board.clock.now() + int(wait), spike)

    again()


def _wobble_set(board, parameters):
    faults = board.faults
    world = board.world

    def look():
        if faults.active.get("heater_intermittent") is not parameters:
            return
        is_open = world.noise.uniform() < parameters["fraction"]
        if is_open != world.power.open:
            world.update()
            world.power.open = is_open
            world.faulted()
        board.clock.at(board.clock.now() + _WOBBLE_US, look)

    look()


def _wobble_clear(board, parameters):
    board.world.power.open = False


def _miswired_set(board, parameters):
    board.world.power.wired_to = parameters["to"]


def _miswired_clear(board, parameters):
    board.world.power.wired_to = None


# An answer takes some turns of the loop: a starved object still gives one
def _late_set(board, parameters):
    late_us = int(parameters["ms"] * 1000)
    board.clock.set_late(late_us)
    board.port.turn_us = usb.TURN_US + _ANSWER_TURNS * late_us


def _late_clear(board, parameters):
    board.clock.set_late(0)
    board.port.turn_us = usb.TURN_US


def _charge_set(board, parameters):
    board.world.power.charger_a = parameters["amps"]
    board.pins.charger_changed()


def _charge_clear(board, parameters):
    board.world.power.charger_a = None
    board.pins.charger_changed()


def _line_set(board, parameters):
    board.port.lose_line()


def _line_clear(board, parameters):
    board.port.cut = False


def _clock_jump(board, parameters):
    board.life.set_rtc(board.life.time() + int(parameters["s"]))


# What ends the process is left to the event queue, so that the scenario's own book-keeping is done
def _later(board, call, *arguments):
    board.clock.at(board.clock.now(), lambda: call(*arguments))


def _watchdog_reset(board, parameters):
    from . import life

    board.faults.active.pop("watchdog_reset")
    _later(board, board.life.reset, life.WATCHDOG)


def _soft_reset(board, parameters):
    from . import life

    board.faults.active.pop("soft_reset")
    _later(board, board.life.reset, life.SOFT)


def _brownout(board, parameters):
    board.faults.active.pop("brownout")
    _later(board, board.life.cut_power, 0.05)


def _hang(board, parameters):
    board.faults.active.pop("vm_hang")
    _later(board, board.life.hang)


# Found by every boot from now on: see life
def _crash_loop(board, parameters):
    from . import life

    _later(board, board.life.reset, life.HARD)


def _update_set(board, parameters):
    from . import life, update

    update.interrupt(board.image, board.folder)
    _later(board, board.life.reset, life.HARD)


def _update_clear(board, parameters):
    from . import life

    _later(board, board.life.reset, life.HARD)


# What happens inside the firmware is loaded when a scenario asks for it
def _inside(name):
    def apply(board, parameters):
        from . import in_firmware

        getattr(in_firmware, name)(board, parameters)

    return apply


_SET = {}
_CLEAR = {}


def _know(kind, pair):
    _SET[kind], _CLEAR[kind] = pair


_know("ntc_pad_short", _ntc("pad_ntc", "short"))
_know("ntc_pad_open", _ntc("pad_ntc", "open"))
_know("ntc_pad_frozen", _ntc("pad_ntc", "frozen"))
_know("ntc_skin_short", _ntc("face_ntc", "short"))
_know("ntc_skin_open", _ntc("face_ntc", "open"))
_know("ntc_skin_frozen", _ntc("face_ntc", "frozen"))
_know("ntc_pad_offset", _offset("pad_ntc"))
_know("ntc_skin_offset", _offset("face_ntc"))
_know("ntc_both_offset", (_both_set, _both_clear))
_know("ntc_pad_detached", _detached("pad_sensor_bond"))
_know("ntc_skin_detached", _detached("face_sensor_bond"))
_know("ntc_swapped", _flag(None, "swapped"))
_know("heater_fet_short", _flag("power", "short"))
_know("heater_fet_leak", _value("power", "leak", "fraction", 0.0))
_know("heater_open", _flag("power", "open"))
_know("heater_intermittent", (_wobble_set, _wobble_clear))
_know("output_miswired", (_miswired_set, _miswired_clear))
_know("second_switch_welded", _flag("power", "welded"))
_know("keepalive_stuck", _flag(None, "keepalive_stuck"))
_know("adc_error", _flag(None, "adc_error"))
_know("adc_spikes", (_spikes_set, None))
_know("battery_sag", _value("power", "sag_v", "v", None))
_know("bladder_leak", _value("bladder", "leak_pa_per_s", "pa_per_s", 0.0))
_know("bme280_stuck", _flag("chip", "stuck"))
_know("bme280_garbage", _flag("chip", "garbage"))
_know("bme280_bus_hang", _flag(None, "bus_hung"))
_know("starvation", (_late_set, _late_clear))
_know("clock_jump", (_clock_jump, None))
_know("watchdog_reset", (_watchdog_reset, None))
_know("soft_reset", (_soft_reset, None))
_know("brownout", (_brownout, None))
_know("vm_hang", (_hang, None))
_know("charging", (_charge_set, _charge_clear))
_know("cell_hot", _value(None, "cell_hot_c", "c", None))
_know("link_lost", (_line_set, _line_clear))
_know("crash_loop", (_crash_loop, None))
_know("update_interrupted", (_update_set, _update_clear))
_know("task_exception", (_inside("fail_once"), None))
_know("setpoint_garbage", (_inside("spoil_level"), _inside("mend_level")))
_know("limits_corrupt", (_inside("spoil_limit"), _inside("mend_limit")))
