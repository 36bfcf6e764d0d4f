"""What stands in for the chip and for everything around it when the firmware runs on this computer."""
