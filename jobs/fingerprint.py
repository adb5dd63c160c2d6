"""The digest of what decides an item's text."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from templates.fields import Template

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")


def fingerprint(template: Template, values: Mapping[str, str], *, brand: str, locale: str, model: str) -> str:
    """Give an item's fingerprint.

    Args:
        template: its text, version and sampling parameters count.
        values: the product's variables; only those that the template uses count, in canonical form.
        brand: digest of the brand, "" for none.
        locale: BCP 47 tag or "".
        model: base model id, without profile prefix.
    """
    used = {
        variable.name: values[variable.name] if variable.is_code else canonical(values[variable.name])
        for variable in template.variables
        if values.get(variable.name)
    }
    decides = [
        template.ref,
        template.digest,
        brand,
        locale,
        model,
        sorted(template.parameters.items()),
        sorted(used.items()),
    ]
    return hashlib.sha256(json.dumps(decides, ensure_ascii=False).encode()).hexdigest()[:40]


def canonical(value: str) -> str:
    """Give a value in the form in which two spellings of the same are equal: NFC, single spaces, `12.50` as `12.5`."""
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if _NUMBER.fullmatch(text):
        try:
            return f"{Decimal(text).normalize():f}"
        except InvalidOperation:
            return text
    return text
