"""What a host may ask of the object, and the pipe it asks through."""

# What is kept in NVS of those it knows: their secrets, and their radios' pairings
HOSTS = "hosts"
BONDS = "bonds"
