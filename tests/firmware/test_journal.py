# Runs on CPython and on the MicroPython VM
from kitbag.journal import Journal
from kitbag.wire import reading, records
from support.fakes import Clock
from support.nor import SECTOR, Nor, PowerCut
from support.raising import raises

SECTORS = 4
PER_SECTOR = records.RECORDS_PER_SECTOR


def opened(nor, boot=1):
    return Journal(nor, boot, Clock(1000))


def write(journal, number):
    """A record that tells its number."""
    journal.write(records.DROPPED, number)


def held(journal, since=0):
    """{seq: number} of every good record that `journal` holds, read as a host reads them."""
    buffer = bytearray(126 * records.SLOT)
    found = {}
    seq = max(journal.first, since)
    while seq < journal.next:
        _, count = journal.read(seq, 126, buffer)
        assert count > 0
        for i in range(count):
            slot = bytes(buffer[i * records.SLOT : (i + 1) * records.SLOT])
            if records.check(slot, journal.epoch, seq + i) == "good":
                found[seq + i] = reading.unpack(slot)[3]["records"]
        seq += count
    return found


def test_a_new_log_begins_at_one_under_an_epoch_of_its_own():
    journal = opened(Nor(SECTORS))
    assert (journal.first, journal.next) == (1, 1)
    assert held(journal) == {}
    assert opened(Nor(SECTORS)).epoch != journal.epoch


def test_a_record_is_held_as_soon_as_write_returns():
    nor = Nor(SECTORS)
    journal = opened(nor)
    for number in range(5):
        write(journal, number)
        assert held(opened(Nor(SECTORS, nor.data))) == {1 + i: i for i in range(number + 1)}
    assert journal.written == 5


def test_a_record_bears_its_time_and_boot():
    nor = Nor(SECTORS)
    clock = Clock(5_000)
    journal = Journal(nor, 0x1234, clock)
    journal.write(records.BATTERY, 3.9)
    clock.ms = 9_000
    journal.write(records.BATTERY, 3.9, at=7_500)
    buffer = bytearray(2 * records.SLOT)
    assert journal.read(1, 2, buffer) == (0x1234, 2)
    first = reading.unpack(bytes(buffer[:16]))
    second = reading.unpack(bytes(buffer[16:]))
    assert first[1:3] == (0x34, 5_000)
    assert second[1:3] == (0x34, 7_500)


def test_the_ring_goes_round_and_shows_a_gap():
    nor = Nor(SECTORS)
    journal = opened(nor)
    total = PER_SECTOR * (2 * SECTORS + 1) + 10
    for number in range(total):
        write(journal, number)
    assert journal.next == total + 1
    # The sector being written and three whole ones
    assert journal.first == PER_SECTOR * (2 * SECTORS + 2 - SECTORS) + 1
    for again in (journal, opened(Nor(SECTORS, nor.data), 2)):
        assert (again.first, again.next) == (journal.first, journal.next)
        assert held(again) == {seq: seq - 1 for seq in range(journal.first, journal.next)}


def test_a_read_ends_with_its_sector_and_with_the_log():
    journal = opened(Nor(SECTORS))
    for number in range(PER_SECTOR + 5):
        write(journal, number)
    buffer = bytearray(126 * records.SLOT)
    assert journal.read(1, 126, buffer)[1] == 126
    assert journal.read(PER_SECTOR - 3, 126, buffer)[1] == 4
    assert journal.read(PER_SECTOR + 1, 126, buffer)[1] == 5
    for seq in (0, journal.next, journal.next + 1000):
        raises(ValueError, journal.read, seq, 1, buffer)


def test_every_seq_can_be_read_by_itself():
    journal = opened(Nor(SECTORS))
    for number in range(PER_SECTOR * 6 + 100):
        write(journal, number)
    buffer = bytearray(records.SLOT)
    for seq in range(journal.first, journal.next):
        assert journal.read(seq, 1, buffer)[1] == 1
        assert records.check(buffer, journal.epoch, seq) == "good", seq
        assert reading.unpack(bytes(buffer))[3]["records"] == seq - 1


def test_a_boot_goes_on_in_the_same_sector():
    nor = Nor(SECTORS)
    write(opened(nor, 1), 0)
    journal = opened(nor, 2)
    write(journal, 1)
    assert held(journal) == {1: 0, 2: 1}
    buffer = bytearray(2 * records.SLOT)
    sector_boot, _ = journal.read(1, 2, buffer)
    assert sector_boot == 1
    assert reading.boot_of(buffer[16 + 1], sector_boot) == 2


def test_hardly_more_is_programmed_than_is_kept():
    nor = Nor(8)
    journal = opened(nor)
    total = 8 * PER_SECTOR
    for number in range(total):
        write(journal, number)
    assert nor.programmed <= 1.1 * total * records.SLOT
    assert nor.erases <= total // PER_SECTOR + 1
    assert nor.programs <= total + nor.erases


def test_opening_reads_no_more_of_a_full_ring_than_of_a_young_one():
    most = 0
    for sectors, total in ((16, 1), (16, PER_SECTOR * 3), (16, PER_SECTOR * 40 + 9)):
        nor = Nor(sectors)
        journal = opened(nor)
        for number in range(total):
            write(journal, number)
        reads = counted_reads(nor)
        opened(nor, 2)
        most = max(most, reads[0])
    # Every header once, then the slots of one sector, or of the next one too where that is full
    assert most <= 16 * 64 + 2 * PER_SECTOR * records.SLOT + 64


def counted_reads(nor):
    reads = [0]
    plain = nor.readblocks

    def counted(sector, buffer, offset=0):
        reads[0] += len(buffer)
        plain(sector, buffer, offset)

    nor.readblocks = counted
    return reads


# --- Power cuts ------------------------------------------------------------------------------


def session(nor, boots, numbers):
    """Write `numbers` over some boots; what had returned when the power went, if it did."""
    returned = []
    try:
        for boot in range(boots):
            journal = opened(nor, boot + 1)
            for number in numbers[boot::boots]:
                write(journal, number)
                returned.append((journal.next - 1, number))
    except PowerCut:
        pass
    return returned


def full_but_for(rest, sectors=SECTORS):
    """A ring that has gone round, with `rest` slots left in its head sector: (nor, journal)."""
    nor = Nor(sectors)
    journal = opened(nor)
    for number in range(PER_SECTOR * (sectors + 1) - rest):
        write(journal, number)
    return nor, journal


def check_cut(before, cut_at, done, end_first):
    """Cut the power in one operation of a short session and see what is left."""
    image, epoch, first, following = before
    nor = Nor(SECTORS, image)
    nor.cut_at, nor.done, nor.torn_end_first = cut_at, done, end_first
    returned = session(nor, 2, list(range(10_000, 10_012)))
    after = Nor(SECTORS, nor.data)
    journal = opened(after, 9)
    assert journal.epoch == epoch
    found = held(journal)
    if nor.kind_cut == "erase":  # of the oldest sector: that was given up
        first += PER_SECTOR
    # Nothing whose write had returned is lost, but for what the ring had to give up
    for seq, number in returned:
        assert found.get(seq) == number
    for seq in range(max(first, journal.first), following):
        assert found.get(seq) == seq - 1
    # Nothing was made up, and no seq is used again for anything else
    assert journal.next >= (returned[-1][0] + 1 if returned else following)
    for seq, number in found.items():
        assert number == seq - 1 or number >= 10_000
    at_cut = dict(found)
    # And it goes on: also through another boot and round the ring
    write(journal, 77)
    journal = opened(after, 10)
    again = held(journal, following)
    for seq, number in at_cut.items():
        if seq >= following:
            assert again[seq] == number
    assert again[journal.next - 1] == 77
    for number in range(20):
        write(journal, number)
    assert held(journal, journal.next - 1) == {journal.next - 1: 19}
    return nor.kind_cut


def cuts(rest, end_first):
    nor, journal = full_but_for(rest)
    before = bytes(nor.data), journal.epoch, journal.first, journal.next
    seen = set()
    cut_at = 0
    while True:
        kinds = [check_cut(before, cut_at, done, end_first) for done in (0, 0.25, 0.5, 0.75, 1)]
        if kinds[0] is None:
            break
        seen.add(kinds[0])
        cut_at += 1
    assert cut_at >= 12
    return seen


def test_a_cut_at_any_moment_inside_a_sector():
    assert cuts(40, False) == {"program"}


def test_a_cut_at_any_moment_while_the_ring_moves_on():
    assert cuts(5, False) == {"program", "erase"}
    assert cuts(1, True) == {"program", "erase"}


def test_a_cut_at_any_moment_of_the_very_first_use():
    for done in (0, 0.25, 0.5, 0.75, 1):
        cut_at = 0
        while True:
            nor = Nor(SECTORS)
            nor.cut_at, nor.done = cut_at, done
            try:
                returned = session(nor, 1, list(range(5)))
            except PowerCut:
                returned = []
            journal = opened(Nor(SECTORS, nor.data), 2)
            found = held(journal)
            for seq, number in returned:
                assert found[seq] == number
            write(journal, 6)
            assert held(journal)[journal.next - 1] == 6
            if nor.kind_cut is None:
                break
            cut_at += 1
        assert cut_at == 7


def test_power_that_goes_again_and_again():
    nor = Nor(SECTORS)
    kept = {}
    for turn in range(120):
        nor = Nor(SECTORS, nor.data)
        nor.cut_at = 1 + turn % 37
        nor.done = (turn % 5) / 4
        for seq, number in session(nor, 1, [turn * 100 + i for i in range(60)]):
            assert kept.get(seq, number) == number, "a seq was used twice"
            kept[seq] = number
    journal = opened(Nor(SECTORS, nor.data), 200)
    found = held(journal)
    for seq, number in kept.items():
        if seq >= journal.first:
            assert found.get(seq) == number


# --- Flash that wears out --------------------------------------------------------------------


def test_a_damaged_record_hides_no_other():
    nor = Nor(SECTORS)
    journal = opened(nor)
    for number in range(20):
        write(journal, number)
    nor.data[(records.HEADER_SLOTS + 7) * records.SLOT + 8] ^= 0x40
    found = held(opened(nor, 2))
    assert sorted(found) == [seq for seq in range(1, 21) if seq != 8]


def test_a_header_that_cannot_be_read_costs_its_sector_at_the_most():
    for ruined in range(SECTORS):
        nor, journal = full_but_for(100)
        nor.data[ruined * SECTOR : ruined * SECTOR + 64] = bytes(64)
        found = held(opened(nor, 2))
        expected = set(range(journal.first, journal.next))
        lost = sorted(expected - set(found))
        assert len(lost) <= PER_SECTOR
        for seq in found:
            assert found[seq] == seq - 1


def test_flash_that_fails_is_counted_and_told_and_loses_nothing_else():
    for rest in (40, 3):  # inside a sector, and while the ring moves on
        nor, journal = full_but_for(rest)
        first_lost = journal.next
        expected = held(journal)
        for number in range(3):
            write(journal, 20_000 + number)
        nor.fails = True
        for number in range(5):
            write(journal, 30_000 + number)
        assert journal.dropped == 5
        nor.fails = False
        for number in range(5):
            write(journal, 40_000 + number)
        for again in (journal, opened(Nor(SECTORS, nor.data), 2)):
            found = held(again)
            for seq in expected:
                if seq >= again.first:
                    assert found.get(seq) == expected[seq], (rest, seq)
            numbers = [found[seq] for seq in sorted(found) if seq >= first_lost]
            assert numbers == [20_000, 20_001, 20_002, 5] + [40_000 + i for i in range(5)]


def test_a_slot_that_flash_half_took_is_never_used_again():
    nor = Nor(SECTORS)
    journal = opened(nor)
    write(journal, 1)
    nor.fails_half = True
    write(journal, 2)
    write(journal, 3)
    for again in (journal, opened(nor, 2)):
        found = held(again)
        assert [found[seq] for seq in sorted(found)] == [1, 1, 3]  # the second: one was dropped


def test_a_bad_bit_in_free_space_costs_no_more_than_the_record_that_comes_there():
    nor = Nor(SECTORS)
    journal = opened(nor)
    write(journal, 1)
    nor.data[(records.HEADER_SLOTS + 5) * records.SLOT] ^= 0x10  # a bit that these records need
    journal = opened(nor, 2)
    assert journal.next == 2
    nor.data[(records.HEADER_SLOTS + 1) * records.SLOT + 2] = 0  # the clock says 1000 ms
    write(journal, 2)
    assert journal.dropped == 1
    for number in range(3, 12):
        write(journal, number)
    for again in (journal, opened(nor, 3)):
        found = held(again)
        # Both times the record after it says how many have been dropped
        assert [found[seq] for seq in sorted(found)] == [1, 1, 3, 4, 2, 6, 7, 8, 9, 10, 11]


def test_a_program_that_did_nothing_leaves_the_place_to_the_next():
    nor = Nor(SECTORS)
    journal = opened(nor)
    write(journal, 1)
    nor.fails = True
    for number in range(10):
        write(journal, number)
    assert (journal.next, journal.dropped) == (2, 10)
    nor.fails = False
    assert opened(nor, 2).next == 2
    write(journal, 2)
    assert held(journal) == {1: 1, 2: 10, 3: 2}


def refuses_headers(nor):
    plain = nor.writeblocks

    def write_blocks(sector, data, offset):
        if offset == 0:
            raise OSError(5)
        plain(sector, data, offset)

    return write_blocks


def test_what_an_erase_gave_up_is_not_claimed_to_be_there():
    nor, journal = full_but_for(1)
    nor.writeblocks, plain = refuses_headers(nor), nor.writeblocks
    write(journal, 1)
    write(journal, 2)
    assert journal.dropped == 1
    nor.writeblocks = plain
    found = held(journal)
    assert sorted(found) == list(range(journal.first, journal.next))


def ruin_header(nor, seq):
    """One bad bit in each copy."""
    sector = (seq - 1) // PER_SECTOR % nor.sectors
    for copy in (0, 32):
        nor.data[sector * SECTOR + copy + 13] ^= 0x08


def test_no_seq_is_given_out_twice_though_the_newest_header_is_lost():
    for rest in (PER_SECTOR - 1, 100, 1, 0):  # from the sector's first record to its last
        nor, journal = full_but_for(rest)
        expected = held(journal)
        ruin_header(nor, journal.next - 1)
        again = opened(nor, 2)
        assert (again.first, again.next) == (journal.first, journal.next)
        assert held(again) == expected
        write(again, 77)
        again = opened(nor, 3)
        assert held(again, journal.next) == {journal.next: 77}
        for number in range(2 * PER_SECTOR):
            write(again, number)
        assert again.next == journal.next + 1 + 2 * PER_SECTOR


def test_an_erase_that_was_cut_short_is_no_lost_header():
    nor, journal = full_but_for(0)
    oldest = (journal.next - 1) // PER_SECTOR % SECTORS * SECTOR
    for done in (0, 64, 1000, SECTOR):
        after = Nor(SECTORS, nor.data)
        after.data[oldest : oldest + done] = b"\xff" * done
        again = opened(after, 2)
        assert again.next == journal.next
        write(again, 77)
        assert held(again, journal.next) == {journal.next: 77}


# Its low byte alone does not tell a boot from the 256th before it
def test_a_record_keeps_its_boot_though_its_header_is_lost():
    nor = Nor(SECTORS)
    for boot in range(200, 200 + PER_SECTOR * 3 + 20):
        write(opened(nor, boot), boot)
    journal = opened(nor, 9000)
    for lost in (2 * PER_SECTOR, 3 * PER_SECTOR):
        ruin_header(nor, lost)
        buffer = bytearray(126 * records.SLOT)
        for seq in range(lost - PER_SECTOR + 1, lost + 1, 126):
            boot, count = journal.read(seq, 126, buffer)
            for i in range(count):
                slot = bytes(buffer[i * records.SLOT : (i + 1) * records.SLOT])
                expected = reading.unpack(slot)[3]["records"]
                assert expected == 199 + seq + i
                assert reading.boot_of(slot[1], boot) == expected


def test_a_record_that_went_bad_is_not_taken_for_a_torn_one():
    nor = Nor(SECTORS)
    journal = opened(nor)
    write(journal, 1)
    write(journal, 2)
    nor.data[(records.HEADER_SLOTS + 1) * records.SLOT + 7] ^= 1
    again = opened(nor, 2)
    assert again.next == 3
    buffer = bytearray(records.SLOT)
    again.read(2, 1, buffer)
    assert records.check(buffer, again.epoch, 2) == "damaged"


# --- Wear ------------------------------------------------------------------------------------


def erase_counts(nor):
    found = []
    for sector in range(nor.sectors):
        header = records.unpack_header(nor.data[sector * SECTOR : sector * SECTOR + 64])
        found.append(header[4] if header else None)
    return found


def test_every_sector_is_erased_as_often_as_the_others():
    nor = Nor(SECTORS)
    for boot in range(5):
        journal = opened(nor, boot)
        for number in range(PER_SECTOR * SECTORS):
            write(journal, number)
        assert erase_counts(nor) == [boot + 1] * SECTORS


def test_the_erase_count_survives_an_erase_that_was_cut_short():
    for rounds in (1, 3):
        nor = Nor(SECTORS)
        journal = opened(nor)
        for number in range(PER_SECTOR * (rounds * SECTORS + 1)):
            write(journal, number)
        nor.cut_at, nor.done = nor.operations, 0.5
        try:
            write(journal, 1)
            raise AssertionError("no cut")
        except PowerCut:
            pass
        after = Nor(SECTORS, nor.data)
        write(opened(after, 2), 1)
        assert erase_counts(after) == [rounds + 1, rounds + 1] + [rounds] * (SECTORS - 2)
