"""File formats of the world: images, WAV, AVI and PDF, written to bytes and read back."""
