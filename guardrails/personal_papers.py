"""Numbers of identity papers, taxes, insurances and licence plates, and the words that announce them.

Promise: what has no shape of its own is taken for such a number only near a word for it. Repeats are bounded, and
no gap reaches over a bracket, so that a mark that stands in the text already announces nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_JOIN = r"[^\w\[\]\n]{1,4}+"
_WORDS = rf"(?:{_JOIN}[^\W\d]\w{{0,24}}+)"
_WORD_START = r"(?=[^\W\d_])(?<![\w\[-])"
CUES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "phone": re.compile(
            rf"{_WORD_START}(?i:tel|tél|telefon\w*|téléphone\w*|telephone|phone|handy\w*|mobil\w*|cell|portable|fixe"
            rf"|fax"
            r"|rufnummer|ruf|rückruf|ruft|anruf\w*|whatsapp|sms|call|ring|rang|text|appel\w{0,4}|rappel\w{0,4}"
            r"|joignable)(?!\w)"
        ),
        "tax_id": re.compile(
            rf"{_WORD_START}(?i:steuer-?\s?id\w*|steueridentifikations\w*|steuer-identifikations\w*|steuer-?"
            rf"(?:nummer|nr)"
            r"|id-?nr|st\.?-?nr|tin|utr|taxpayer|tax (?:number|id|ref\w*)|national insurance|ni (?:number|no|card)"
            r"|nino|fiscale?|spi|nif"
            r"|sécu(?:rité sociale)?|nir|avs|ahv\w*|ahv-nr|sozialvers\w*|rentenvers\w*|pps|svnr|sv-nummer"
            r"|registre national|n[°o]? ?national|niss|insz)(?!\w)"
        ),
        "id_number": re.compile(
            rf"{_WORD_START}(?i:[a-zäöü]{{0,10}}ausweis\w*|perso|(?:kinder)?(?:reise)?pass(?:port)?s?(?:nummer|nr)?"
            rf"|identitätskarte\w*|führerschein\w*"
            r"|aufenthaltstitel\w*|id[ -]?(?:card|nummer|number|nr|no)|identity card|driving licen[cs]e|driver['’]s"
            r" licen[cs]e"
            r"|residence permit|brp|carte (?:nationale )?d['’]identité|cni|passeport|permis(?: de conduire)?|titre"
            r" de séjour"
            r"|(?:kranken)?versicherten\w*|krankenkasse\w*|gesundheitskarte|nhs (?:number|no)|carte vitale|elector"
            r"(?:al)? number|(?-i:ID))(?!\w)"
        ),
    }
)
"""Words that say whose number is near."""
_FILLER = (
    r"(?:[ .:,;(-]{1,3}(?i:at|on|me|back|under|number|no|is|was|my|it['’]?s|please|or|und|unter|mich|mir|an|auf"
    r"|bitte|ist|lautet"
    r"|nummer|nr|meine?|jetzt|oder|au|sur|moi|le|est|c['’]est|numéro|num|n°|svp|ou|et|de référence))"
)
NEAR: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {kind: re.compile(rf"{cue.pattern}{_FILLER}{{0,4}}[ .:,;(-]{{0,4}}$") for kind, cue in CUES.items()}
)
"""The same words right before a number, which is then never an amount."""
_ID = (
    r"(?P<it>(?<![\w-])(?:[A-Z9]{5} ?\d{6} ?[A-Z0-9]{5}|(?=[A-Za-z]{0,16}\d[A-Za-z]{0,16}\d)[A-Za-z0-9]{7,18}"
    r"|\d{2,4}(?: \d{2,4}){2,4}(?<!000))(?![\w-]))"
)
ANNOUNCED: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "id_number": re.compile(rf"{CUES['id_number'].pattern}{_WORDS}{{0,4}}?{_JOIN}{_ID}"),
        "id_number behind": re.compile(
            rf"(?P<it>(?<![\w-])(?=[A-Z]{{0,16}}\d[A-Z]{{0,16}}\d)[A-Z0-9]{{7,18}}){_WORDS}{{0,3}}?{_JOIN}{CUES['id_number'].pattern}"
        ),
        "tax_id": re.compile(
            rf"{CUES['tax_id'].pattern}{_WORDS}{{0,4}}?{_JOIN}"
            r"(?P<it>(?<![\w-])(?:[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]|\d{2} ?\d{6} ?[A-Z] ?\d{3}|\d{7}[A-Z]{1,2}"
            r"|[A-Z]?\d{8,13}[A-Z]?)(?![\w-]))",
            re.IGNORECASE,
        ),
    }
)
NAMED_BY_SHAPE: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "tax_id": re.compile(
            r"(?<![\w-])(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"
            r"|[12] ?\d{2} ?(?:0\d|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3}(?: ?\d{2})?"
            r"|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2})(?![\w-])"
        ),
    }
)
"""National insurance numbers and their like, which nothing else looks like."""

_CAR_WORD = (
    rf"{_WORD_START}(?i:kennzeichen|nummernschild\w*|autos?|wagens?|fahrzeugs?|pkw|lkw|rollers?|motorrad\w*|moped"
    rf"|transporter|anhänger"
    r"|wohnmobil|zugelassen|plates?|registrations?|registered|reg|car|van|lorry|bike|motorbike|motorcycle|scooter"
    r"|vehicle"
    r"|immatricul\w{1,8}|plaques?|voitures?|véhicules?|motos?|camion(?:nette)?|fourgon(?:nette)?|utilitaire"
    r"|minéralogique)"
)
_CAR = (
    _CAR_WORD + r"(?:[ ,:(]{1,2}(?i:mit|dem|das|mein|meine|lautet|ist|is|est|a|le|la|my|numéro|number|registration"
    r"|immatriculée?|plates?"
    r"|plaque|kennzeichen|n°|nr\.?|no\.?|von|der|die|has|with|reg)){0,4}[ ,:(\"„“«]{1,3}"
)
_NO_PLATE = r"(?!(?:TV|DIN|ISO|E[UGW]G?|UN|US|IT|AG|KI|CO|SGB|ALG)-[A-Z] ?\d|(?:SGB|ALG)-[IVX]+ ?\d)"
_NO_ROAD = r"(?!(?:RN|RD|RE|RB|EU|UE|CO|UN|KW|PS) ?\d)"
_SIV = r"[A-HJ-NP-TV-Z]{2}"
_UK_AGE = r"(?:0[1-9]|[125-7]\d)"
_NO_WORD = r"(?!THE|AND|FOR|NOW|NOT|NHS|GDP|ACT|TAX|BUS|MPS|VAT|UND|DER|DIE|DAS|LES|DES|EST)"
PLATES = (
    re.compile(
        rf"(?<![\w-]){_NO_PLATE}[A-ZÄÖÜ]{{1,3}}-[A-Z]{{1,2}}(?: ?(?!(?:19|20)\d\d(?!\d))|-)\d{{1,4}}[EH]?"
        rf"(?![\w-]|\.\d)"
    ),
    re.compile(
        rf"(?<![\w-])(?:{_SIV}-\d{{3}}-{_SIV}|{_SIV}\d{{3}}{_SIV}|{_SIV} \d{{3}} {_SIV}(?! [A-Z]{{2}}))"
        rf"(?![\w-])"
    ),
    re.compile(rf"(?<![\w-])[A-HJ-PR-Y][A-HJ-PR-Y]{_UK_AGE} ?{_NO_WORD}[A-HJ-PR-Z]{{3}}(?![\w-]| [A-Z]{{2}})"),
    re.compile(r"(?<![\w-])(?:[1-9]-[A-Z]{3}-\d{3}|\d{2,3}-[A-Z]{1,2}-\d{1,6}|[A-Z]{1,2}-\d{3,5}[A-Z]{1,3})(?![\w-])"),
    re.compile(
        rf"{_CAR}(?=(?:[ -]{{0,3}}\w){{5,10}}(?!\w)){_NO_ROAD}(?P<it>(?:[A-ZÄÖÜ]{{1,3}}[ -]{{0,3}}[A-Z]{{0,2}}[ -]?"
        rf"(?!(?:19|20)\d\d(?!\d))\d{{2,6}}(?: ?\d{{3}})?[ -]?[A-Z]{{0,3}}"
        r"|\d{1,4}[ -]?[A-Z]{1,3}[ -]?\d{2,4}|[a-zäöü]{1,3}-[a-z]{1,2}[ -]?\d{1,4}|[a-z]{2}\d{2} ?[a-z]{3}"
        r"|[a-z]{2}[ -]?\d{3}[ -]?[a-z]{2}|[A-ZÄÖÜ]{1,3} [A-Z]{1,2} \d{1,4}))(?![\w-])"
    ),
    re.compile(
        rf"(?P<it>(?<![\w-])[A-ZÄÖÜ]{{1,3}}[ -][A-Z]{{0,2}} ?\d{{2,6}}[EH]?(?![\w-])){_WORDS}{{0,3}}?"
        rf" {_CAR_WORD}(?!\w)"
    ),
)
