# Runs on CPython and on the MicroPython VM
from kitbag.link.bonds import Bonds
from support.fakes import Memory

HOST = b"\x01\x02\x03\x04\x05\x06"


def test_what_was_put_is_given_back_by_key_and_by_place():
    bonds = Bonds(Memory())
    assert bonds.put(1, memoryview(HOST), memoryview(b"key"))
    assert bonds.put(1, b"other", b"second")
    assert bonds.put(2, HOST, b"another kind")
    assert bonds.get(1, 0, memoryview(HOST)) == b"key"
    assert [bonds.get(1, i, None) for i in range(3)] == [b"key", b"second", None]
    assert bonds.get(2, 0, HOST) == b"another kind"
    assert bonds.get(3, 0, HOST) is None


def test_a_host_that_knew_the_passkey_is_known_after_a_reset():
    memory = Memory()
    bonds = Bonds(memory)
    bonds.put(1, HOST, b"key" * 30)
    bonds.put(2, b"", b"x")
    bonds.settle(True)
    again = Bonds(memory)
    assert again.get(1, 0, HOST) == b"key" * 30
    assert again.get(2, 0, None) == b"x"


def test_one_that_did_not_is_forgotten_and_pushes_nobody_out():
    memory = Memory()
    bonds = Bonds(memory)
    bonds.put(1, HOST, b"key")
    bonds.settle(True)
    for n in range(20):
        bonds.put(1, b"stranger%d" % n, b"x")
        bonds.settle(False)
    bonds.forget_unsettled()
    assert bonds.get(1, 0, HOST) == b"key"
    assert bonds.get(1, 1, None) is None
    assert Bonds(memory).get(1, 1, None) is None


def test_a_new_key_replaces_and_none_removes():
    memory = Memory()
    bonds = Bonds(memory)
    bonds.put(1, HOST, b"old")
    bonds.put(1, HOST, b"new")
    assert bonds.get(1, 1, None) is None
    assert bonds.get(1, 0, HOST) == b"new"
    assert bonds.put(1, HOST, None)
    assert not bonds.put(1, HOST, None)
    bonds.settle(True)
    assert Bonds(memory).get(1, 0, HOST) is None


def test_the_oldest_go_when_there_is_no_room():
    bonds = Bonds(Memory())
    for n in range(14):
        bonds.put(1, bytes([n]), b"k")
    assert bonds.get(1, 0, b"\x01") is None
    assert bonds.get(1, 0, b"\x02") == b"k"
    assert bonds.get(1, 0, b"\x0d") == b"k"
