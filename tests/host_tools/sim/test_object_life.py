"""Boots, resets, power cuts, hangs: real deaths of the VM's process, and what outlives them."""

import csv
import json
from pathlib import Path

import pytest

from kitbag_tools.image import build


def _rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open() as file:
        return list(csv.DictReader(file))


def _console(out: Path) -> list[str]:
    return (out / "console.txt").read_text().split("\n")[:-1]


def _switch(out: Path, what: str) -> list[tuple[int, float]]:
    return [
        (int(r["t_ms"]), float(r["value"])) for r in _rows(out, "outputs.csv") if r["what"] == what
    ]


_COUNTS = """
import machine, time, os, esp32
nvs = esp32.NVS("test")
try:
    boots = nvs.get_i32("boots") + 1
except OSError:
    boots = 1
nvs.set_i32("boots", boots)
nvs.commit()
nvs.set_i32("lost", 1)  # never committed
try:
    lost = nvs.get_i32("kept")
except OSError as error:
    lost = error.args[0]
print(boots, machine.reset_cause(), time.ticks_ms() < 1000, lost, os.urandom(4).hex())
while True:
    time.sleep_ms(100)
"""


def test_a_power_cut_kills_and_the_world_goes_on(play, object_of) -> None:
    out = play(
        "duration_s = 60\nsetup = false\n[[event]]\nt_s = 20.25\ndo = 'power'\noff_s = 10\n"
        "[[event]]\nt_s = 5\ndo = 'hug'\npeak_pa = 1000\nhold_s = 20\n",
        object_of(_COUNTS),
    )
    first, second = (line.split() for line in _console(out))
    assert first[:3] == ["1", "1", "True"]
    assert second[:3] == ["2", "1", "True"]
    assert first[4] != second[4]
    rows = _rows(out, "truth.csv")
    assert [int(r["t_s"]) for r in rows] == list(range(61))
    assert float(rows[22]["bladder_pa"]) == pytest.approx(102_325, abs=1)
    assert float(rows[28]["bladder_pa"]) == pytest.approx(101_325, abs=1)
    assert rows[22]["skin_c"]
    assert rows[28]["skin_c"] == ""
    assert json.loads((out / "summary.json").read_text())["reboots"] == 1


_HEATS = """
import machine, time
heater = machine.PWM(machine.Pin(12), freq=100, duty_u16=0)
keep = machine.Pin(13, machine.Pin.OUT, value=0)
print(machine.reset_cause())
if machine.reset_cause() == 1:
    wdt = machine.WDT(timeout=2000)
    heater.duty_u16(65535)
    for i in range(100):
        keep.value(i & 1)
        wdt.feed()
        time.sleep_ms(100)
    {end}
while True:
    time.sleep_ms(1000)
"""


@pytest.mark.parametrize(
    ("end", "cause"),
    [("machine.reset()", 2), ("machine.soft_reset()", 5), ("while True: time.ticks_us()", 3)],
    ids=["reset", "soft reset", "endless loop"],
)
def test_every_reset_says_its_cause(play, object_of, end, cause) -> None:
    out = play("duration_s = 30\nsetup = false\n", object_of(_HEATS.format(end=end)))
    assert _console(out) == ["1", str(cause)]


def test_a_hard_reset_leaves_the_pwm_running_until_boot_takes_the_pin(play, object_of) -> None:
    out = play("duration_s = 30\nsetup = false\n", object_of(_HEATS.format(end="machine.reset()")))
    duty = _switch(out, "heater_duty")
    assert [value for _, value in duty] == [0, 1, 0]
    on_ms, off_ms = duty[1][0], duty[2][0]
    # 10 s of heating and 0.3 s in which the chip boots with the LEDC as it was
    assert off_ms - on_ms == pytest.approx(10_300, abs=60)
    # The keep-alive died with the program: the one-shot opens switch 2 in any case
    assert _switch(out, "switch2")[-1][1] == 0


def test_a_soft_reset_stops_the_pwm_at_once(play, object_of) -> None:
    image = object_of(_HEATS.format(end="machine.soft_reset()"))
    duty = _switch(play("duration_s = 30\nsetup = false\n", image), "heater_duty")
    assert duty[2][0] - duty[1][0] == pytest.approx(10_000, abs=60)


def test_without_a_keep_alive_a_hang_is_off_after_the_one_shot(play, object_of) -> None:
    out = play(
        "duration_s = 30\nsetup = false\n[[event]]\nt_s = 5\ndo = 'fault'\nkind = 'vm_hang'\n",
        object_of(_HEATS.format(end="pass")),
    )
    (fault,) = json.loads((out / "summary.json").read_text())["faults"]
    assert fault["kind"] == "vm_hang"
    assert 1.0 < fault["heater_off_s"] <= 1.25
    assert _console(out) == ["1", "3"]  # the watchdog brought it back


def test_an_object_whose_program_ends_is_dead_until_the_watchdog(play, object_of) -> None:
    main = """
import machine
print(machine.reset_cause())
if machine.reset_cause() == 1:
    machine.WDT(timeout=3000)
    raise ValueError("an end")
import time
time.sleep_ms(100000)
"""
    out = play("duration_s = 10\nsetup = false\n", object_of(main))
    console = _console(out)
    assert console[0] == "1"
    assert "ValueError: an end" in console
    assert console[-1] == "3"


def test_an_error_in_boot_leaves_main_alone(play, object_of) -> None:
    out = play(
        "duration_s = 10\nsetup = false\n", object_of("print('main')", boot="raise OSError")
    )
    assert "main" not in _console(out)
    assert "OSError" in "".join(_console(out))


def test_settings_last_from_commit_on_and_the_seed_makes_the_ids(play, object_of) -> None:
    text = "duration_s = 20\nsetup = false\nseed = {}\n[[event]]\nt_s = 9\ndo = 'power'\n"
    image = object_of(_COUNTS.replace('"kept"', '"lost"').replace('("lost", 1)', '("gone", 1)'))
    runs = [_console(play(text.format(seed), image)) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert [line.split()[3] for line in runs[0]] == ["-4354", "-4354"]


_ERASES = """
import esp32, time, machine
part = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="journal")[0]
data = bytearray(4096)
part.readblocks(3, data)
print(sum([b == 255 for b in data]), sum([b == 0 for b in data]))
if machine.reset_cause() == 1 and data[4095]:
    part.writeblocks(3, bytes(4096), 0)
    while time.ticks_ms() < 5000:
        time.sleep_ms(1)
    part.ioctl(6, 3)
time.sleep_ms(100000)
"""


def test_a_cut_in_the_middle_of_an_erase_tears_it(play, object_of) -> None:
    # ticks_ms begins with the boot: the erase runs from 5.00 to 5.045 s
    out = play(
        "duration_s = 20\nsetup = false\n[world]\nclock_ppm = 0\n"
        "[[event]]\nt_s = 5.03\ndo = 'power'\noff_s = 1\n",
        object_of(_ERASES),
    )
    assert _console(out)[0] == "4096 0"
    blank, zeros = map(int, _console(out)[1].split())
    assert blank + zeros == 4096
    assert blank == pytest.approx(4096 * 30 / 45, rel=0.06)


def test_outputs_that_were_driven_fall_with_the_power(play, object_of) -> None:
    main = """
import machine, time
machine.PWM(machine.Pin(12), freq=100, duty_u16=32768)
machine.PWM(machine.Pin(11), freq=200, duty_u16=65535)
machine.Pin(14, machine.Pin.OUT, value=1)
keep = machine.Pin(13, machine.Pin.OUT, value=0)
while time.ticks_ms() < 8000:
    keep.toggle()
    time.sleep_ms(200)
time.sleep_ms(1000000)
"""
    out = play(
        "duration_s = 12\nsetup = false\n[[event]]\nt_s = 6\ndo = 'power'\noff_s = 3\n",
        object_of(main),
    )
    rows = _rows(out, "truth.csv")
    assert float(rows[5]["heater_w"]) > 1
    assert (rows[5]["scent"], rows[5]["motor"]) == ("1", "1")
    for row in rows[7:9]:
        assert (row["heater_w"], row["switch1"], row["switch2"]) == ("0.0000", "0", "0")
        assert (row["scent"], row["motor"]) == ("0", "0")


def test_a_pwm_made_without_a_duty_runs_at_half(play, object_of) -> None:
    out = play(
        "duration_s = 5\nsetup = false\n",
        object_of("import machine, time\nmachine.PWM(machine.Pin(12))\ntime.sleep_ms(9999)"),
    )
    assert _switch(out, "heater_duty")[-1][1] == 0.5


def test_the_button_is_seen_and_heard(play, object_of) -> None:
    main = """
import machine, time
button = machine.Pin(15, machine.Pin.IN, machine.Pin.PULL_UP)
def seen(pin):
    print(time.ticks_ms() // 100, pin.value())
button.irq(handler=seen, trigger=machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)
print(button.value())
time.sleep_ms(1000000)
"""
    out = play(
        "duration_s = 12\nsetup = false\n[world]\nclock_ppm = 0\n"
        "[[event]]\nt_s = 3\ndo = 'button'\nhold_s = 2\n",
        object_of(main),
    )
    assert _console(out) == ["1", "30 0", "50 1"]


_FAULT = "[[event]]\nt_s = {}\ndo = '{}'\nkind = '{}'\n"


def _summary(out: Path) -> dict:
    return json.loads((out / "summary.json").read_text())


_REMEMBERS = """
import machine, time
memory = machine.RTC().memory()
print(machine.reset_cause(), memory)
machine.RTC().memory(memory + b"x\\x00")
while time.ticks_ms() < 5000:
    time.sleep_ms(10)
if len(memory) < 4:
    machine.reset() if memory else machine.soft_reset()
time.sleep_ms(1000000)
"""


def test_the_memory_of_the_rtc_outlives_every_reset_but_no_loss_of_power(play, object_of) -> None:
    out = play(
        "duration_s = 60\nsetup = false\n"
        + _FAULT.format(20, "fault", "watchdog_reset")
        + _FAULT.format(30, "fault", "brownout"),
        object_of(_REMEMBERS),
    )
    assert [line for line in _console(out) if line[0] in "1235"] == [
        "1 b''",
        "5 b'x\\x00'",
        "2 b'x\\x00x\\x00'",
        "3 b'x\\x00x\\x00x\\x00'",
        "1 b''",
        "5 b'x\\x00'",
        "2 b'x\\x00x\\x00'",
    ]


_HEATS_ON = """
import machine, time
heater = machine.PWM(machine.Pin(12), freq=100, duty_u16=0)
keep = machine.Pin(13, machine.Pin.OUT, value=0)
print(machine.reset_cause(), time.ticks_ms() < 1000)
if machine.reset_cause() == 1:
    heater.duty_u16(65535)
    while True:
        keep.toggle()
        time.sleep_ms(200)
time.sleep_ms(100000000)
"""


def test_a_crash_loop_never_gets_to_boot_and_leaves_the_ledc_as_it_was(play, object_of) -> None:
    out = play(
        "duration_s = 3600\nsetup = false\n[world]\nclock_ppm = 0\n"
        + _FAULT.format(10, "fault", "crash_loop")
        + _FAULT.format(3500.05, "clear", "crash_loop"),
        object_of(_HEATS_ON),
    )
    assert _console(out) == ["1 True", "2 True"]
    duty = _switch(out, "heater_duty")
    assert [value for _, value in duty] == [0, 1, 0]
    # Boots of 0.3 s each; the one that is under way when it is mended is the first to succeed
    assert duty[2][0] == pytest.approx(3_500_200, abs=200)
    switch2 = _switch(out, "switch2")
    assert switch2[-1] == (pytest.approx(11_200, abs=250), 0)
    rows = _rows(out, "truth.csv")
    assert [int(row["t_s"]) for row in rows] == list(range(3601))
    assert (rows[1000]["switch1"], rows[1000]["switch2"]) == ("1", "0")
    summary = _summary(out)
    assert summary["reboots"] == pytest.approx(3490 / 0.3, abs=3)
    (fault,) = summary["faults"]
    assert 1.0 < fault["heater_off_s"] <= 1.25
    assert summary["wall_s"] < 20


def test_a_crash_loop_that_lasts_ends_with_the_scenario(play, object_of) -> None:
    out = play(
        "duration_s = 3600\nsetup = false\n"
        + _FAULT.format(10, "fault", "crash_loop")
        + "[[event]]\nt_s = 100\ndo = 'power'\noff_s = 50\n",
        object_of(_HEATS_ON),
    )
    assert not play.result.complete
    assert _console(out) == ["1 True"]
    assert len(_rows(out, "truth.csv")) == 3601
    # The power cut took the LEDC with it
    assert _switch(out, "heater_duty")[-1] == (pytest.approx(100_000, abs=50), 0)
    assert _summary(out)["wall_s"] < 20


_SHOWS_ITS_FILES = """
import os, sys, time
import machine
here = os.getcwd()
sys.path.append("kitbag/comfort")  # as on a chip: relative to the root
import routines
with open("kitbag/comfort/routines.mpy", "rb") as file:
    print(machine.reset_cause(), here.rsplit("/", 1)[1], len(file.read()), routines.__file__)
time.sleep_ms(1000000)
"""


def test_an_interrupted_update_leaves_the_object_files_of_two_versions(play, object_of) -> None:
    image = object_of(_SHOWS_ITS_FILES)
    whole = (build("sim") / "kitbag/comfort/routines.mpy").read_bytes()
    (image / "kitbag/comfort").mkdir(parents=True)
    (image / "kitbag/comfort/routines.mpy").write_bytes(whole)
    out = play(
        "duration_s = 60\nsetup = false\n"
        + _FAULT.format(10, "fault", "update_interrupted")
        + "[[event]]\nt_s = 20\ndo = 'power'\n"
        + _FAULT.format(30, "clear", "update_interrupted"),
        image,
    )
    name = "kitbag/comfort/routines.mpy"
    assert [line.split() for line in _console(out)] == [
        ["1", "image", str(len(whole)), name],
        ["2", "update", str(len(whole) + 17), name],
        ["1", "update", str(len(whole) + 17), name],
        ["2", "image", str(len(whole)), name],
    ]
    assert (image / "kitbag/comfort/routines.mpy").read_bytes() == whole


_ECHOES = """
import sys, select
poll = select.poll()
poll.register(sys.stdin.buffer, 1)
while True:
    poll.poll(1000)
    while poll.poll(0):
        sys.stdout.buffer.write(sys.stdin.buffer.read(1))
"""


def test_over_a_lost_line_nobody_is_heard_until_it_is_back(play, object_of) -> None:
    lost = _FAULT.format(5, "fault", "link_lost")
    sync = "[[event]]\nt_s = 10\ndo = 'sync'\n"
    reset = _FAULT.format(7, "fault", "soft_reset")
    out = play("duration_s = 60\nsetup = false\n" + lost + reset + sync, object_of(_ECHOES))
    assert not play.result.complete
    assert "does not answer" in str(play.result.problems[0])
    assert _summary(out)["wall_s"] < 20


_CHARGES = """
import machine, time
status = machine.Pin(16, machine.Pin.IN, machine.Pin.PULL_UP)
cell = machine.ADC(machine.Pin(7), atten=machine.ADC.ATTN_11DB)
supply = machine.ADC(machine.Pin(10), atten=machine.ADC.ATTN_11DB)
def seen(pin):
    print(time.ticks_ms() // 100, pin.value(), cell.read_uv() // 100000, supply.read_uv() // 10000)
status.irq(handler=seen, trigger=machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)
seen(status)
time.sleep_ms(1000000)
"""


def test_the_charger_its_cell_and_the_pad_s_supply_can_be_read(play, object_of) -> None:
    out = play(
        "duration_s = 60\nsetup = false\n[world]\nclock_ppm = 0\n"
        + _FAULT.format(5, "fault", "charging")
        + _FAULT.format(8, "fault", "cell_hot")
        + _FAULT.format(9, "fault", "soft_reset")
        + _FAULT.format(12, "clear", "charging"),
        object_of(_CHARGES),
    )
    # 18 and 5: hundreds of mV of a cell at 20 and 65 C; 78: tens of mV of the bias
    assert [line.split() for line in _console(out)] == [
        ["3", "1", "18", "78"],
        ["50", "0", "18", "78"],
        ["0", "0", "5", "78"],
        ["30", "1", "5", "78"],
    ]
