"""The simulated board: same names as on every board; the world model uses the same part values."""

from simulated import parts

NAME = "sim"

PIN_HEATER = 12  # switch 1, low side, PWM
PIN_KEEPALIVE = 13  # pulses; an AC-coupled one-shot of 1.25 s holds switch 2, high side
PIN_DIFFUSER = 14
PIN_MOTOR = 11  # PWM
PIN_BUTTON = 15  # to ground, internal pull-up
PIN_CHARGING = 16  # the charger's open-drain status: low while it charges; internal pull-up
PIN_SCL = 9
PIN_SDA = 8

ADC_PAD = 1
ADC_FACE = 2
ADC_CURRENT = 4
ADC_BATTERY = 5
ADC_REFERENCE = 6
ADC_CELL = 7
ADC_PAD_SUPPLY = 10

OUTPUT_PINS = (PIN_HEATER, PIN_KEEPALIVE, PIN_DIFFUSER, PIN_MOTOR)

BME280_ADDRESS = 0x76

HEATER_PWM_HZ = 100
MOTOR_PWM_HZ = 200
MOTOR_START_DUTY = 0.25

PAD_W = parts.pad_w()  # the scenario's: the board that was built and what it believes are one
PAD_NOMINAL_V = 4.0

NTC_R25_OHM = 10_000
NTC_BETA_K = 3950
NTC_PULLUP_OHM = 10_000
NTC_SUPPLY_MV = 3300

CURRENT_OFFSET_MV = 250
CURRENT_MV_PER_A = 600
BATTERY_DIVIDER = 2.0
REFERENCE_MV = 1650
PAD_SUPPLY_LOW_MV = 400
PAD_SUPPLY_HIGH_MV = 1150

JOURNAL_LABEL = "journal"
