"""The parts of the report: what its sheets say, its totals, its shell and its long rows."""
