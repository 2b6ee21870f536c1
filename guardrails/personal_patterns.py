"""How e-mail, accounts and telephone numbers are written, and which numbers point to nobody.

Promise: each pattern starts at a fixed anchor and repeats within bounds, so time grows linearly with the text.
Those of papers and plates stand in `personal_papers.py`, of streets in `personal_streets.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from guardrails.personal_papers import ANNOUNCED, CUES, NAMED_BY_SHAPE, PLATES
from guardrails.personal_streets import STREETS

_SPACE = r"[ \u00a0\u2009\u202f]"
_LOCAL = r"(?<![\w.+'’-])(?:[\w.+-]|(?<=\w)['’](?=\w)){1,64}"
_OPEN, _SHUT = r"[ ]?[\[({<][ ]?", r"[ ]?[\])}>][ ]?"
_DOT_WORD = r"(?i:dot|punkt|point)"
_BRACKETED = rf"{_OPEN}(?:\.|{_DOT_WORD}){_SHUT}"
_DOT = rf"(?:\.|{_BRACKETED}| {_DOT_WORD} )"
EMAILS = (
    re.compile(rf"{_LOCAL}(?: @ |@)[\w-]{{1,63}}(?:(?:\.|{_BRACKETED})[\w-]{{1,63}}){{1,6}}"),
    re.compile(
        rf"{_LOCAL}(?:{_DOT}[\w+-]{{1,64}}){{0,3}}{_OPEN}(?i:at|ät|arobase|chez|a|@){_SHUT}[\w-]{{1,63}}"
        rf"(?:{_DOT}[\w-]{{1,63}}){{1,6}}"
    ),
    re.compile(
        rf"{_LOCAL}(?: {_DOT_WORD} [\w+-]{{1,64}}){{0,3}} (?i:at|ät|arobase) (?!(?i:the|a) )[\w-]{{1,63}}"
        rf"(?: {_DOT_WORD} [\w-]{{2,63}}){{0,3}} {_DOT_WORD} (?i:de|at|ch|li|lu|fr|be|uk|ie|com|org|net|eu|info|nl"
        rf"|it|es|pl)(?!\w)"
    ),
)

IBAN_LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        country: int(length)
        for length, countries in (
            line.split(maxsplit=1)
            for line in """
            15 NO
            16 BE
            18 DK FI FO GL NL
            19 MK SI
            20 AT BA EE KZ LT LU XK
            21 CH HR LI LV
            22 BG BH CR DE GB GE IE ME RS
            23 AE GI IL TL
            24 AD CZ ES MD PK RO SA SE SK TN VG
            25 PT
            26 IS TR
            27 FR GR IT MC MR SM
            28 AL AZ BY CY GT HU LB PL
            29 BR PS QA UA
            30 JO KW MU
            31 MT SC
            """.strip().splitlines()
        )
        for country in countries.split()
    }
)
"""Characters of an account number by country (ISO 13616 registry)."""
IBAN = re.compile(
    rf"(?=[A-Za-z]{{2}}\d{{2}})(?<!\w)(?i:{'|'.join(IBAN_LENGTHS)})\d{{2}}(?:[ .\u00a0-]?[A-Za-z0-9]){{11,30}}(?!\w)"
)

URL = re.compile(r"(?:https?://|www\.)(?!wa\.me|t\.me|api\.whatsapp)[^\s<>\"]{1,300}")
"""An address of the web, whose numbers name a page; those of messengers name people."""

NUMBER = re.compile(
    rf"(?<![\w§])(?:(?:\(\+?\d(?: ?\d){{0,5}}\)|\+\d{{1,3}}(?: ?\(\d{{1,5}}\))?|0\d{{0,5}}(?: ?\(\d{{1,5}}\))?)(?:"
    rf"(?:[/.–‑-]|{_SPACE}){{0,3}}(?:\(0\){_SPACE}?)?\d){{5,22}}"
    rf"|\d(?:(?:[/.()-]|{_SPACE}){{0,2}}\d){{5,24}})(?!\w)"
)
"""Runs of digits: those that begin like a telephone number may stand wider apart."""

_A = rf"[1-9]\d{{0,2}}(?:(?:\.|{_SPACE})\d{{3}}){{1,5}}(?:,\d{{1,2}})?"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
PUBLIC = tuple(
    map(
        re.compile,
        (
            rf"{_A}(?:[ ]?[/-][ ]?{_A})?",  # amounts, also two of them
            r"\d{4}[ ]?[-–/][ ]?\d{2,4}",  # a number and its year
            r"(?:(?:18|19|20)\d{2}[ /.,–-]{0,2}){1,6}",  # years
            r"[1-9]\d?/\d{3,6}(?:-\d{1,2})?",  # printed papers
            r"[1-9]\d{1,5}/\d{2}",  # files of courts
            r"-?\d{1,3}\.\d(?:[ ]{1,2}\d{1,3}\.\d){2,8}",  # rows of a table
            r"[1-9]\d{4}[ ]?[-/][ ]?\d{5}",  # a range of postcodes
            r"\(?(?:19|20)\d\d\)[ ]?\d{1,5}",  # documents of the Union
            r"\d{2}-\d{2}[. ]\d{3}",  # appeals in cassation
            r"\d{1,2}\.\d{2}[ ]?-[ ]?\d{1,2}\.\d{2}",  # opening hours
            r"(?:0[ ]?80[08]|0[ ]?180|0[ ]?900|08[ ]00|03[04]5|0300|0845|0870)[ ./-]?\d[\d ./-]{1,12}",  # call centres
        ),
    )
)
"""Numbers that point to nobody, by their whole shape."""
DATES = re.compile(
    rf"(?<!\d)(?:{_DAY}(?P<s>[./-]) ?{_MONTH}(?P=s) ?(?:(?:19|20)\d\d(?!\d)|\d\d(?![\d./-]))|(?:19"
    rf"|20)\d\d-{_MONTH}-{_DAY}(?!\d)"
    rf"|{_DAY}\.{_MONTH}\.(?!\d))"
)
FRENCH_PHONE = re.compile(r"0[1-9](?:([ ./-]?)\d\d)(?:\1\d\d){3}")
MEASURE = re.compile(
    rf"{_SPACE}?(?:€|\$|£|%|(?:euros?|eur|prozent|percent|pour ?cent|millionen|millions?|milliarden|milliards?"
    rf"|billions?"
    r"|francs?|pounds?)\b)",
    re.IGNORECASE,
)
CURRENCY = re.compile(r"[€$£][ ]?$")
CITED = re.compile(
    r"(?<!\w)(?i:isbn(?:-1[03])?|issn|doi|drucksachen?|drs|printed paper|aktenzeichen|az|pourvoi|requête|arrêt"
    r"|décision|bgbl"
    r"|urteil|beschluss|artikel|article|règlement|regulation|directive|richtlinie)[ .:°nNro]{0,6}$"
)
"""What is cited by such a word is a book, a paper or a ruling."""
TAX_ID = re.compile(r"[1-9]\d[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}|\d{2,3}/\d{3,4}/\d{4,5}|756\.\d{4}\.\d{4}\.\d{2}")

EVERY: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        **{f"email {n}": p for n, p in enumerate(EMAILS)},
        "iban": IBAN,
        "number": NUMBER,
        **{f"cue {k}": p for k, p in CUES.items()},
        **{f"announced {k}": p for k, p in ANNOUNCED.items()},
        **{f"shape {k}": p for k, p in NAMED_BY_SHAPE.items()},
        **{f"plate {n}": p for n, p in enumerate(PLATES)},
        **{f"street {k}": p for k, p in STREETS.items()},
    }
)
"""Every pattern that runs over a whole text."""
