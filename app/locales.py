"""Dates and numbers as the Unicode CLDR writes them: the data that a browser's `Intl` holds too.

Promise: the same words on the page, in an answer and in its record, whatever the machine is set to.
"""

from __future__ import annotations

from datetime import date

from domain.base import Language, main_language

REGIONS = {"en": "en_GB"}
"""Where a language is written in several ways: English as in Europe, the day before the month."""


def long_date(day: date, language: Language) -> str:
    """The date in words, as in `23. Februar 2025`; ISO 8601 in a language that CLDR does not hold."""
    # Imported here: a command that shows no date should not read the locales.
    from babel.core import UnknownLocaleError
    from babel.dates import format_date

    try:
        return format_date(day, "long", _locale(language))
    except UnknownLocaleError:
        return day.isoformat()


def whole_number(value: int, language: Language) -> str:
    """The number with the language's mark between thousands; without marks where CLDR does not hold it."""
    from babel.core import UnknownLocaleError
    from babel.numbers import format_decimal

    try:
        return format_decimal(value, locale=_locale(language))
    except UnknownLocaleError:
        return str(value)


def _locale(language: Language) -> str:
    main = main_language(language)
    return REGIONS.get(main, main)
