"""Dates and numbers are those of the Unicode CLDR, whatever the machine is set to."""

from __future__ import annotations

from datetime import date

import pytest

from app.locales import long_date, whole_number

DAY = date(2027, 3, 14)


@pytest.mark.parametrize(
    ("language", "day", "number"),
    [
        ("de", "14. März 2027", "12.345"),
        ("de-simple", "14. März 2027", "12.345"),
        ("en", "14 March 2027", "12,345"),
        ("fr", "14 mars 2027", "12\u202f345"),
        ("pl", "14 marca 2027", "12\u00a0345"),
        ("qqq", "2027-03-14", "12345"),
    ],
)
def test_each_language_writes_them_its_own_way(language: str, day: str, number: str) -> None:
    assert (long_date(DAY, language), whole_number(12345, language)) == (day, number)
