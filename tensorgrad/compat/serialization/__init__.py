"""Former paths below `tensorgrad.serialization`."""
