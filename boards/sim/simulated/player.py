"""Plays the scenario: its events from a file, the truth's rows, the visits, the end.

The host has checked and resolved the scenario into plain steps, one JSON list a line, in order of
time: [true seconds, word, ...].
"""

import json
import math

from . import control


class Player:
    """`start` begins, or goes on after a reset with what `save` gave."""

    def __init__(self, board, folder, duration_s, truth_folder, final_visits):
        self._board = board
        self._steps = open(folder + "/steps.jsonl")
        self._folder = folder
        self._truth_folder = truth_folder
        self._duration_s = duration_s
        self._final_visits = list(final_visits)
        self._done = 0
        self._row = 0
        self._waiting = []  # visits that cannot be made yet
        self._visit = None
        self._amid = None  # a cut that waits for the flash: amid what, and for how long
        self._ended = False
        self.over = False  # the last host has gone
        self._faults = []  # {kind, t_s, onset_s, off_s, over}
        self._next = None
        self.after_end = control.wait_for_the_end

    def start(self, kept=None):
        board = self._board
        if kept is not None:
            self._done = kept["done"]
            self._row = kept["row"]
            self._ended = kept["ended"]
            self._waiting = kept["waiting"]
            self._visit = kept["visit"]
            self._amid = kept["amid"]
            self._faults = kept["faults"]
            self._final_visits = kept["final_visits"]
            for _ in range(self._done):
                self._steps.readline()
            for fault in self._faults:
                if not fault["over"]:
                    board.world.watched.append(fault)
            board.faults.rearm(kept["active"])
            self._watch_flash()
            for edge in board.world.bladder.edges:
                self._end_edge_at(edge)
        if not self._ended:
            board.world.open_tables(self._truth_folder, kept is None)
            self._schedule_row()
            self._schedule_end()
            self._read_step()
        if self._visit is not None and not board.port.attached:
            self._waiting.insert(0, self._visit)  # it had come, but not been told so
            self._visit = None
        if self._visit is None:
            self._begin_visit()

    def save(self):
        return {
            "done": self._done,
            "row": self._row,
            "ended": self._ended,
            "waiting": self._waiting,
            "visit": self._visit,
            "amid": self._amid,
            "faults": self._faults,
            "final_visits": self._final_visits,
            "active": self._board.faults.active,
        }

    def _at(self, true_s, call):
        self._board.clock.at(self._board.world.local_us(true_s), call)

    # --- truth.csv ---

    def _schedule_row(self):
        if self._row <= self._duration_s:
            self._at(self._row, self._write_row)

    def _write_row(self):
        if self._ended:
            return
        self._board.world.write_truth()
        if self._row % 60 == 0:
            control.say("at", {"t_s": self._row})
        self._row += 1
        self._schedule_row()

    # --- steps ---

    def _read_step(self):
        line = self._steps.readline()
        self._next = json.loads(line) if line else None
        if self._next is not None:
            self._at(self._next[0], self._step)

    def _step(self):
        step = self._next
        if self._ended:
            return
        self._done += 1
        self._read_step()
        getattr(self, "_do_" + step[1])(*step[2:])

    def _do_edge(self, length_s, low, high):
        world = self._board.world
        world.update()
        edge = world.bladder.begin_edge(world.true_s(self._board.clock.now()), length_s, low, high)
        self._end_edge_at(edge)

    def _end_edge_at(self, edge):
        def over():
            self._board.world.update()
            self._board.world.bladder.end_edge(edge)

        self._at(edge[0] + edge[1], over)

    def _do_hold(self, change):
        world = self._board.world
        world.hugs += change
        world.touch()

    def _do_breathe(self, per_min, amplitude_pa, for_s):
        world = self._board.world
        world.update()
        now = world.true_s(self._board.clock.now())
        world.bladder.breath = (now, per_min / 60 * 2 * math.pi, amplitude_pa, now + for_s)
        world.bladder.lively = True

    def _do_button(self, down):
        self._board.pins.press(down)

    def _do_place(self, where):
        self._board.world.place = where
        self._board.world.touch()

    def _do_world(self, key, value):
        self._board.world.set(key, value)

    def _do_usb(self, attached):
        self._board.port.plugged = attached  # data, not charge: nothing on the object feels it

    def _do_power(self, off_s, amid):
        board = self._board
        self._amid = board.flash.begins = None  # the later cut stands for the one that waits
        if amid == "anything":
            board.life.cut_power(off_s)
        else:
            self._amid = amid, off_s
            self._watch_flash()

    # The cut comes at any moment of the next operation of its kind
    def _watch_flash(self):
        if self._amid is None:
            return
        board = self._board
        amid, off_s = self._amid

        def begins(takes_us, erases):
            if erases == (amid == "erase"):
                self._amid = board.flash.begins = None
                after_us = int(takes_us * board.world.noise.uniform())
                board.clock.at(board.clock.now() + after_us, lambda: board.life.cut_power(off_s))

        board.flash.begins = begins

    def _do_fault(self, kind, parameters):
        board = self._board
        now = board.world.true_s(board.clock.now())
        fault = {"kind": kind, "t_s": now, "onset_s": now, "off_s": None, "over": False}
        self._faults.append(fault)
        board.world.update()
        # The power that flows because of the fault is what has to go off
        board.faults.set(kind, parameters)
        board.world.watch(fault)

    def began(self, kind):
        """The last fault of `kind` waited for its moment, and that is now."""
        world = self._board.world
        world.update()
        fault = [fault for fault in self._faults if fault["kind"] == kind][-1]
        fault["onset_s"] = world.true_s(self._board.clock.now())
        world.unwatch(fault)
        world.watch(fault)

    def _do_clear(self, kind):
        self._board.faults.clear(kind)
        for fault in self._faults:
            if fault["kind"] == kind:
                fault["over"] = True
                self._board.world.unwatch(fault)

    def _do_visit(self, kind):
        self._waiting.append(kind)
        if self._visit is None:
            self._begin_visit()

    # --- visits of a host ---

    def _begin_visit(self):
        board = self._board
        if not self._waiting or (board.life.dead and not self._ended):
            return  # an object without power is visited when it is back
        kind = self._waiting.pop(0)
        self._visit = kind

        def announce():
            now = board.world.true_s(board.clock.now())
            control.say("visit", {"kind": kind, "visit": board.port.visit, "t_s": now})

        board.port.attach(announce, self.visit_over)

    def visit_over(self):
        self._visit = None
        if self._waiting:
            self._begin_visit()
        elif self._ended:
            self._finish()

    # --- the end ---

    def _schedule_end(self):
        self._at(self._duration_s, self._end)

    def _end(self):
        if self._ended:
            return
        while self._row <= self._duration_s:  # the last row is due at the same moment
            self._board.world.write_truth()
            self._row += 1
        self._ended = True
        world = self._board.world
        world.update()
        world.close_tables()
        heat = world.thermal
        with open(self._folder + "/physics.json", "w") as file:
            json.dump(
                {
                    "peak_pad_c": heat.peak_pad_c,
                    "peak_skin_c": heat.peak_skin_c,
                    "cem43": heat.cem43,
                    "switch1": world.power.switch1,
                    "switch2": world.power.switch2,
                    "samples": world.chip.bursts,
                    "reboots": self._board.life.boots - 1,
                    "boots_s": self._board.life.started,
                    "heater_j": heat.given_j,
                    "flash": {n: getattr(self._board.flash, n) for n in self._board.flash.KEPT},
                    "faults": self._faults,
                },
                file,
            )
        self._waiting += self._final_visits
        if self._visit is None:
            if self._waiting:
                self._begin_visit()
            else:
                self._finish()

    def _finish(self):
        self.over = True
        control.say("end", {"us": self._board.clock.now()})
        self.after_end()
