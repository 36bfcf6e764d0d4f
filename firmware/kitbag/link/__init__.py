"""What a host may ask of the object, and the pipe it asks through."""
