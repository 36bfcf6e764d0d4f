"""The firmware's senses in the chip's arithmetic, fed with float32 as its driver does."""

from support.single import rounded, single_precision

_hug = single_precision("kitbag.senses.hug")
_breath = single_precision("kitbag.senses.breath")


class ChipHugSense(_hug.HugSense):
    def sample(self, now_ms, pressure_pa, bladder_c):
        super().sample(now_ms, rounded(pressure_pa), rounded(bladder_c))


class ChipBreath(_breath.Breath):
    def sample(self, now_ms, pressure_pa):
        super().sample(now_ms, rounded(pressure_pa))
