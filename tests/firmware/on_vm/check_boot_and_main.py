# Runs on the MicroPython VM only: boot.py and main.py as the board gets them, with an app that is
# replaced. What they do is what happens when everything else has failed.
import sys

EVENTS = []


class Pin:
    IN, OUT, PULL_UP = 1, 3, 2
    button = 1

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if mode == Pin.OUT:
            EVENTS.append(("pin", number, value))

    def value(self):
        return Pin.button


class Machine:
    PWRON_RESET, HARD_RESET, WDT_RESET = 1, 2, 3
    cause = PWRON_RESET


Machine.Pin = Pin
Machine.reset = lambda: EVENTS.append(("reset",))
Machine.reset_cause = lambda: Machine.cause
sys.modules["machine"] = Machine


class Nvs:
    kept = {}
    stuck = False

    def __init__(self, _):
        pass

    def get_i32(self, key):
        if key not in Nvs.kept:
            raise OSError(-0x1102)
        return Nvs.kept[key]

    def erase_key(self, key):
        if Nvs.stuck:
            raise OSError(-0x1105)
        Nvs.kept.pop(key)

    def commit(self):
        pass


class Esp32:
    NVS = Nvs


sys.modules["esp32"] = Esp32


class Board:
    OUTPUT_PINS = (12, 13, 14, 11)
    PIN_BUTTON = 7


sys.modules["board"] = Board

OUTPUTS_LOW = {("pin", pin, 0) for pin in Board.OUTPUT_PINS}


class App:
    def __init__(self, raises=None):
        self.raises = raises

    def run(self, board):
        EVENTS.append(("app", board))
        if self.raises is not None:
            raise self.raises


class LinkMode:
    raises = None


def _link(board, uptime_ms):
    EVENTS.append(("link", board, uptime_ms, dict(Nvs.kept)))
    if LinkMode.raises is not None:
        raise LinkMode.raises


LinkMode.run = _link


def run(name, app=None):
    """The events of a run of the image's file `name`."""
    EVENTS.clear()
    import kitbag
    import kitbag.link

    sys.modules["kitbag.app"] = kitbag.app = app
    sys.modules["kitbag.link.mode"] = kitbag.link.mode = LinkMode
    for folder in sys.path:
        try:
            with open(folder + "/" + name) as file:
                source = file.read()
        except OSError:
            continue
        exec(source, {"__name__": "__main__"})  # noqa: S102 - as the port does
        return list(EVENTS)
    raise AssertionError("no " + name)


def test_boot_drives_every_output_low_and_does_nothing_else():
    found = run("boot.py")
    assert set(found) == OUTPUTS_LOW
    assert len(found) == len(OUTPUTS_LOW)


def test_boot_needs_nothing_but_the_pins():
    kept = sys.modules.pop("board")
    try:
        assert set(run("boot.py")) == OUTPUTS_LOW
        assert "board" not in sys.modules
    finally:
        sys.modules["board"] = kept


def test_main_runs_the_app_with_its_board():
    assert ("app", Board) in run("main.py", App())


def test_however_the_app_ends_the_outputs_are_off_and_it_starts_anew():
    for error in (
        None,
        ValueError("x"),
        OSError(5),
        MemoryError(),
        RuntimeError("task ended"),
        KeyboardInterrupt(),
        SystemExit(),
    ):
        found = run("main.py", App(error))
        at = found.index(("app", Board))
        assert set(found[at + 1 : -1]) == OUTPUTS_LOW, error
        assert found[-1] == ("reset",), error


def test_an_app_that_cannot_be_loaded_ends_the_same_way():
    found = run("main.py", None)
    assert set(found) >= OUTPUTS_LOW
    assert found[-1] == ("reset",)


def test_the_button_held_at_reset_is_the_makers_door():
    Pin.button = 0
    try:
        found = run("main.py", App())
    finally:
        Pin.button = 1
    assert ("reset",) not in found
    assert not [event for event in found if event[0] == "app"]


def test_a_link_window_that_was_asked_for_comes_after_the_reset_and_not_again():
    Machine.cause = Machine.HARD_RESET
    Nvs.kept = {"link": 1234, "boot": 7}
    found = run("main.py", App())
    # The wish is gone before anything of the radio is loaded
    assert ("link", Board, 12340, {"boot": 7}) in found
    assert not [event for event in found if event[0] == "app"]
    assert found[-1] == ("reset",)
    assert ("app", Board) in run("main.py", App())


def test_however_link_mode_ends_the_outputs_are_off_and_the_app_comes_next():
    Machine.cause = Machine.HARD_RESET
    for error in (None, OSError(12), MemoryError(), KeyboardInterrupt(), SystemExit()):
        LinkMode.raises = error
        Nvs.kept = {"link": 1}
        found = run("main.py", App())
        assert set(found[-5:-1]) == OUTPUTS_LOW
        assert found[-1] == ("reset",)
        assert ("app", Board) in run("main.py", App())
    LinkMode.raises = None


def test_no_link_window_after_another_kind_of_reset():
    for cause in (Machine.PWRON_RESET, Machine.WDT_RESET):
        Machine.cause = cause
        Nvs.kept = {"link": 1234}
        assert ("app", Board) in run("main.py", App())
        assert Nvs.kept == {}
    Machine.cause = Machine.HARD_RESET


def test_no_link_window_where_the_wish_cannot_be_taken_away():
    Machine.cause = Machine.HARD_RESET
    Nvs.kept = {"link": 1234}
    Nvs.stuck = True
    try:
        assert ("app", Board) in run("main.py", App())
    finally:
        Nvs.stuck = False
