# Runs on the MicroPython VM only: a guard that allocates could be stopped by a full heap.
import gc

import micropython

import board
from kitbag import limits
from kitbag.budget import Rolling
from kitbag.warmth import guard
from kitbag.warmth.dose import Dose
from kitbag.warmth.readings import Median3, Readings
from support.fakes import Memory

CYCLES = 400


def made():
    r = Readings()
    r.dt_ms = limits.CYCLE_MS
    r.reference_mv, r.battery_mv = 1650, 3900
    r.target_mc, r.held = 38_000, True
    r.supply_mv, r.edge_ms, r.cell_mv = 1950, 300, 1200
    return guard.Guard(board, Dose(Rolling(Memory(), "dose"))), r


# The object half a degree around its target, every number another one in every cycle
def turn(one, r, medians, n):
    wobble = n % 7 * 50
    r.pad_mv, r.face_mv = 1140 + n % 5, 1180 + n % 3
    r.pad_raw_mc, r.face_raw_mc = 37_800 + wobble, 36_500 + wobble
    r.pad_mc, r.face_mc = medians[0](r.pad_raw_mc), medians[1](r.face_raw_mc)
    r.duty = 300 + n % 4
    r.current_ma = 214 + n % 4
    one.cycle(r)
    return one.permitted(500, r)


def test_a_cycle_works_with_the_heap_locked():
    one, r = made()
    medians = Median3(), Median3()
    for n in range(20):
        turn(one, r, medians, n)
    micropython.heap_lock()
    try:
        for n in range(CYCLES):
            turn(one, r, medians, n)
    finally:
        micropython.heap_unlock()
    assert one.reaction == 0, one.function
    assert turn(one, r, medians, 3) == 500


def test_a_trip_works_with_the_heap_locked():
    one, r = made()
    medians = Median3(), Median3()
    for n in range(20):
        turn(one, r, medians, n)
    micropython.heap_lock()
    try:
        for n in range(5):
            r.pad_mv, r.face_mv = 3000 + n, 1140 + n
            one.cycle(r)
    finally:
        micropython.heap_unlock()
    assert (one.reaction, one.function) == (guard.LATCH, 1)


def test_nothing_is_left_behind():
    one, r = made()
    medians = Median3(), Median3()
    for n in range(20):
        turn(one, r, medians, n)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for n in range(CYCLES):
        turn(one, r, medians, n)
    after = gc.mem_alloc()
    gc.enable()
    assert after == before, after - before
