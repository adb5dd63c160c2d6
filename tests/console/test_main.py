from __future__ import annotations

import pytest
from click.exceptions import Abort

from console import main as console
from templates.errors import AccessError, UserError


@pytest.mark.parametrize(
    ("raised", "code", "word"),
    [
        (UserError("Wrong.", fix="Mend it.", code="wrong"), 2, "wrong"),
        (AccessError("No.", fix="Ask.", code="denied"), 5, "denied"),
        (Abort(), 130, "aborted"),
        (ZeroDivisionError("division by zero"), 1, "defect"),
    ],
)
def test_every_error_ends_as_a_sentence_and_an_exit_code(skuscribe, monkeypatch, raised, code, word):
    def fail(**_):
        raise raised

    monkeypatch.setattr(console.cli, "main", fail)
    told = skuscribe("jobs", "--json")
    assert told.code == code
    assert told.json["error"]["code"] == word
    spoken = skuscribe("jobs")
    assert spoken.code == code
    assert spoken.out == ""
    assert "Error: " in spoken.err


def test_ctrl_c_while_nothing_runs_is_130(skuscribe, monkeypatch):
    def fail(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(console.cli, "main", fail)
    assert skuscribe("jobs").code == 130
