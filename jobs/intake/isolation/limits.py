"""What reading a source may take before it is given up."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """Bounds of the process that reads a source; a large file is given more time, not more memory."""

    #: Address space of the process; code and libraries take about 200 MB of it.
    memory_bytes: int = 1536 * _MIB
    #: Seconds without a row after which reading has hung, and the process's CPU seconds; for a small file.
    seconds: float = 20.0
    #: What each MiB of the file adds to both. A workbook's MiB takes about a second on a slow machine.
    silence_s_per_mib: float = 2.0
    cpu_s_per_mib: float = 10.0

    def silence_s(self, file_bytes: int) -> float:
        """Give how long the process may say nothing."""
        return self.seconds + file_bytes / _MIB * self.silence_s_per_mib

    def cpu_s(self, file_bytes: int) -> int:
        """Give the CPU seconds that the process may take in all."""
        return int(self.seconds + file_bytes / _MIB * self.cpu_s_per_mib) + 1
