"""Writes marketing copy from the facts in a prompt, within the limits in it; the stand-in for a model."""

from worker.simulator.copywriter.writer import Copywriter, Written

__all__ = ["Copywriter", "Written"]
