"""What stands in for the chip and all around it when the firmware runs on this computer."""
