"""What object and host must agree on, written once and imported by both."""
