"""Programs to run and to read: one file each, from the top down. `python -m examples.xor --help` and so on."""
