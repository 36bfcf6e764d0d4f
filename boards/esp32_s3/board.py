"""ESP32-S3 module with 8 MB octal PSRAM (N16R8): pins and part values. Why: README.md."""

NAME = "esp32_s3"

# Not used: 0 3 45 46 (strapping), 19 20 (USB), 18 21 26 (pulse high at power-on), 26-32 (flash),
# 33-37 (octal PSRAM), 43 44 (boot log), 38 48 (RGB LED of the usual development boards), 47.
PIN_HEATER = 12  # switch 1, low side, PWM
PIN_KEEPALIVE = 13  # pulses; an AC-coupled one-shot of 1.25 s holds switch 2, high side
PIN_DIFFUSER = 14
PIN_MOTOR = 11  # PWM
PIN_BUTTON = 15  # to ground, internal pull-up
PIN_CHARGING = 16  # the charger's open-drain status: low while it charges; internal pull-up
PIN_SCL = 9
PIN_SDA = 8

# ADC1 only (GPIO 1-10): ADC2 stops working while a radio is on.
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
MOTOR_START_DUTY = 0.25  # below this a coin motor does not turn

PAD_W = 3.0  # at full duty and PAD_NOMINAL_V; power follows the square of the voltage
PAD_NOMINAL_V = 4.0

NTC_R25_OHM = 10_000
NTC_BETA_K = 3950
NTC_PULLUP_OHM = 10_000  # to NTC_SUPPLY_MV; the thermistor goes to ground
NTC_SUPPLY_MV = 3300

CURRENT_OFFSET_MV = 250
CURRENT_MV_PER_A = 600  # the mean over the heater's PWM: an RC of 50 ms stands before the pin
BATTERY_DIVIDER = 2.0
REFERENCE_MV = 1650  # two equal resistors from 3.3 V: shows an ADC that reads wrong

# Between switch 2 and the pad, through 1/2: 786 mV of bias while both switches are open
PAD_SUPPLY_LOW_MV = 400  # below: switch 1 conducts and pulls the bias down through the pad
PAD_SUPPLY_HIGH_MV = 1150  # above: switch 2 is closed, and half the cell's voltage stands there

JOURNAL_LABEL = "journal"  # data partition of partitions.csv
