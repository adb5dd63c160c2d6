"""The models' own bodies, as InvokeModel takes and gives them: read as Converse requests, written from answers."""

from worker.simulator.native.forms import NativeForm, form_of
from worker.simulator.native.said import Said

__all__ = ["NativeForm", "Said", "form_of"]
