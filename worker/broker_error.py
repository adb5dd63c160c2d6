from __future__ import annotations

from templates.errors import UserError


class BrokerError(UserError):
    """The broker is out of reach: nothing is sent, and what is in the store is not lost."""
