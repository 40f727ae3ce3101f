"""examples/neuron.py: the picture in the README."""

import struct

from examples import neuron


def test_the_lectures_numbers_and_a_picture(tmp_path, capsys):
    (path,) = neuron.main([str(tmp_path / "neuron.png")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], float(line[4])) for line in lines] == [
        ("x₁", -1.5), ("x₂", 0.5), ("w₁", 1.0), ("w₂", 0.0), ("b", 0.5), ("output", 1.0),
    ]  # fmt: skip
    assert lines[-1][2] == "0.7071"
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    assert width > 3 * height > 0
