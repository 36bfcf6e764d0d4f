"""Heat: the controller that asks, the guard that decides, the dose that adds up."""
