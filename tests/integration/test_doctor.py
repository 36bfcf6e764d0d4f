"""`kitbag doctor` at a held object: the real firmware on the real VM, watched through its port."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kitbag_tools import cli
from kitbag_tools.doctor import watch
from kitbag_tools.environment import Environment
from kitbag_tools.keys import FILE as KEYS
from kitbag_tools.keys import KeyFile
from kitbag_tools.transports import discovery
from support.held import Held

SPEED = 10  # of the held object's time
HELD_S = 10.0  # when its scenario is over, and only recordings go on

Doctor = Callable[..., tuple[int, dict[str, Any], str]]


def hugs(peak_pa: float, end_pa: float | None = None, hug_s: float = 6.0) -> str:
    """A recording that hugs every minute for an hour, from its 40th second on."""
    rows = ["t_s,p_pa"]
    for minute in range(60):
        t = 40 + 60 * minute
        end = peak_pa if end_pa is None else end_pa
        rows += [f"{t},0", f"{t + 0.4},{peak_pa}", f"{t + hug_s},{end}", f"{t + hug_s + 0.4},0"]
    return "\n".join(rows) + "\n"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """`held(recording, scenario's body)`: the port of an object that is kept alive."""
    with ExitStack() as stack:

        def start(
            pressed: str, body: str = "", *, held_s: float = HELD_S, speed: int = SPEED
        ) -> str:
            (tmp_path / "hugs.csv").write_text(pressed)
            (tmp_path / "s.toml").write_text(
                f"duration_s = {held_s}\n{body}"
                '[[pressure]]\nfile = "hugs.csv"\ntime = "t_s"\nvalue = "p_pa"\n'
                f'into = "bladder"\nstart_s = {held_s}\n'
            )
            out = tmp_path / "out"
            command = ["sim", tmp_path / "s.toml", "--out", out, "--hold", "--speed", speed]
            stack.enter_context(Held([str(word) for word in command], out))
            return f"sim:{out}"

        yield start


@pytest.fixture
def doctor(held: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """`doctor(recording, scenario's body)`: (exit code, report, what was said) of one look."""

    def look(*of: str, speed: int = SPEED, **more: float) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr(watch, "POLL_S", 0.05 / speed)
        env = Environment(
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            config_dir=tmp_path,
            data_dir=tmp_path,
            now_utc_ms=lambda: time.time_ns() // 1_000_000,
        )
        port = held(*of, speed=speed, **more)
        code = cli.main(["doctor", "--port", port, "--rest-s", "20", "--json"], env)
        assert isinstance(env.stdout, io.StringIO)
        assert isinstance(env.stderr, io.StringIO)
        return code, json.loads(env.stdout.getvalue()), env.stderr.getvalue()

    return look


def test_a_good_bladder(doctor):
    code, told, said = doctor(hugs(1500, 1450))
    assert (code, told["health"]) == (0, "good"), told
    # What the simulated BME280 is made to have, at these settings
    assert told["noise_pa"] == pytest.approx(0.8, rel=0.2)
    assert abs(told["drift_pa_per_min"]) < 7
    assert told["hug_peak_pa"] == pytest.approx(1500, abs=30)
    assert told["hug_s"] == pytest.approx(6, abs=0.6)
    assert 0 <= told["noticed_after_s"] <= 0.3
    assert told["headroom_pa"] == pytest.approx(110_000 - 101_325, abs=60)
    assert told["tautness_pa_per_k"] is None
    assert "Now hug it" in said


def test_a_bladder_that_leaks(doctor):
    leak = '[[event]]\nt_s = 5\ndo = "fault"\nkind = "bladder_leak"\npa_per_s = 250\n'
    code, told, _ = doctor(hugs(1500), leak)
    assert (code, told["health"]) == (1, "leaking"), told
    assert told["hug_fall_per_s"] > 0.1


def test_a_slack_bladder(doctor):
    code, told, _ = doctor(hugs(45))
    assert (code, told["health"]) == (1, "slack"), told
    assert told["hug_peak_pa"] == pytest.approx(45, abs=5)


@pytest.mark.parametrize("kind", ["bme280_stuck", "bme280_bus_hang"])
def test_a_dead_sensor(doctor, kind):
    fault = f'[[event]]\nt_s = 5\ndo = "fault"\nkind = "{kind}"\n'
    code, told, said = doctor(hugs(1500), fault)
    assert (code, told["health"]) == (1, "dead"), told
    assert "Now hug it" not in said


def test_what_it_has_learned_of_its_tautness_is_told(doctor):
    # The room is heated, and its air is felt inside within a minute
    warmer = '[[event]]\nt_s = 1\ndo = "world"\nroom_c = 30\ninsulation = 0.05\n'
    _, told, _ = doctor(hugs(1500), warmer, held_s=160.0, speed=40)
    assert told["tautness_pa_per_k"] == pytest.approx(120, rel=0.25), told


def test_a_touch_and_its_end_are_no_noise(held):
    port = held(hugs(1500))
    keys = KeyFile(Path(port.removeprefix("sim:")) / KEYS)
    with discovery.connect(port, lambda: 0, keys) as client:
        felt = [client.feel()]
        assert felt[0].step_pa is None  # it has only just begun
        while not felt[-1].touched:
            felt.append(client.feel())
        assert felt[-2].step_pa is not None
        while felt[-1].touched:
            felt.append(client.feel())
        let_go_ms = felt[-1].uptime_ms
        while felt[-1].step_pa is None:
            felt.append(client.feel())
    assert not [one for one in felt if one.touched and one.step_pa is not None]
    assert felt[-1].uptime_ms - let_go_ms == pytest.approx(12_800, abs=500)
