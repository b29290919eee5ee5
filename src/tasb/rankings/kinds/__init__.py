"""The kinds of systems: each says what its rankings are made from, and by what."""
