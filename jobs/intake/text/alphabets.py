"""The letters beyond ASCII that languages write with, and which languages an encoding is used for."""

from __future__ import annotations

from collections.abc import Mapping

#: Languages of Latin script: their own letters, lower case.
LATIN: Mapping[str, str] = {
    "de": "äöüß",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "es": "áéíñóúü",
    "ca": "àçèéíïòóúü",
    "pt": "áâãàçéêíóôõúü",
    "it": "àèéìîòóù",
    "nl": "éëïöüáóèê",
    "sv": "åäöé",
    "da": "æøåéü",
    "is": "áðéíóúýþæö",
    "fi": "äöåšž",
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "hr": "čćđšž",
    "ro": "ăâîşţ",
    "tr": "çğıöşü",
    "et": "äöõüšž",
    "lv": "āčēģīķļņšūž",
    "lt": "ąčęėįšųūž",
}
#: Languages of another script: all of their letters, lower case.
OTHER: Mapping[str, str] = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
}

_WESTERN = ("de", "fr", "es", "ca", "pt", "it", "nl", "sv", "da", "is", "fi")
_CENTRAL = ("pl", "cs", "sk", "hu", "hr", "ro", "de")

#: Encodings of one byte to a character, the usual one first, and the languages that they are told by.
SINGLE_BYTE: Mapping[str, tuple[str, ...]] = {
    "cp1252": (*_WESTERN, "et"),
    "iso8859-15": _WESTERN,
    "mac-roman": _WESTERN,
    "cp850": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1251": ("ru", "uk", "sr"),
    "cp1253": ("el",),
    "cp1254": ("tr", "de"),
    "cp1257": ("lt", "lv", "et"),
}
