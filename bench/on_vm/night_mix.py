# The records of a night, as both the journal and the link are measured with.

from kitbag.wire import records

# A night's mixture
MIX = (
    (records.WARMTH_SAMPLE, (36.52, 34.18, 0.131, 0.4, 0.0123)),
    (records.HOLD, (41.3, 1480, 0.62, 0.21, 0.94)),
    (records.WARMTH_SAMPLE, (36.49, 34.21, 0.128, 0.4, 0.0125)),
    (records.SQUEEZE, (0.8, 2950, 2, 0.55, 0.18, 0.97)),
    (records.BLADDER, (101874.3, 31.44, 12)),
    (records.SCENT, (4.0, "double_squeeze", 19)),
)


class Clock:
    boot = 1
    ms = 0

    def uptime_ms(self):
        self.ms += 997
        return self.ms
