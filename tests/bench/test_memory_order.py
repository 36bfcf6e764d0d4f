"""The memory bench imports each module after those it needs, and forgets none of the image."""

from pathlib import Path

import memory


def test_what_a_module_needs_comes_before_it() -> None:
    order = memory.import_order("kitbag.app")
    assert order[-1] == "kitbag.app"
    assert order.index("kitbag") < order.index("kitbag.limits") < order.index("kitbag.journal")
    assert len(order) == len(set(order))


def test_what_is_forgotten_after_use_is_known() -> None:
    assert memory.brief_modules() == ["kitbag.drop", "kitbag.image", "kitbag.wire.plan"]
    assert set(memory.brief_modules()) <= set(memory.late_modules("kitbag.app"))


def test_every_module_of_the_object_is_loaded_at_start_or_late(repository: Path) -> None:
    firmware = repository / "firmware"
    # link.mode is main.py's, and only starts the radio
    loaded = {"kitbag.link.mode"}
    for root in ("kitbag.app", "kitbag.link.window"):
        loaded |= {*memory.import_order(root), *memory.late_modules(root)}
        for late in memory.late_modules(root):
            loaded |= set(memory.import_order(late))
    modules = {
        ".".join(path.relative_to(firmware).with_suffix("").parts).removesuffix(".__init__")
        for path in (firmware / "kitbag").rglob("*.py")
    }
    # wire.reading and wire.asking are the host's halves of what it and the object say to each
    # other. service is typed at the prompt by whoever repairs an object
    assert modules - loaded <= {"kitbag.wire.asking", "kitbag.wire.reading", "kitbag.service"}
