"""What the object feels: pure, fed with samples."""
