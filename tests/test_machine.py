import pytest

from tasb import machine


@pytest.mark.parametrize("there", [True, False])
def test_a_gpu_is_known_by_its_device_file(tmp_path, monkeypatch, there):
    device = tmp_path / "nvidia0"
    if there:
        device.touch()
    monkeypatch.setattr(machine, "DEVICES", (str(tmp_path / "absent"), str(device)))
    assert machine.has_gpu() is there
