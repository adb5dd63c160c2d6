import pytest

from templates.errors import UserError
from worker.simulator.settings import SimulatorSettings, as_arguments, changed


def test_settings_are_written_as_options_and_read_back():
    settings = SimulatorSettings(rpm=6000, latency_s=0.5, denied="a,b")
    options = [
        text.removeprefix("--").replace("-", "_", text.split("=")[0].count("-") - 2) for text in as_arguments(settings)
    ]
    assert changed(SimulatorSettings(), dict(option.split("=", 1) for option in options)) == settings


def test_only_what_differs_from_the_defaults_is_written():
    assert as_arguments(SimulatorSettings()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latncy_s": 1}, "latency_s"),
        ({"throttle_rate": 2}, "throttle_rate"),
        ({"rpm": "many"}, "many"),
        ({"throttle_rate": 0.6, "error_rate": 0.6}, "more than 1"),
        ({"latency_s": -1}, "latency_s"),
        ({"tpm": float("nan")}, "tpm"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(changes, said):
    with pytest.raises(UserError, match=said):
        changed(SimulatorSettings(), changes)
