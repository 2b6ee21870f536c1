"""An invented election behind the pages' protocol: real PDF pages written here, answers composed by hand.

`invented()` is a plain election; `hostile()` holds text that tries to break out of a page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import pypdfium2

from app.api.page_desk import Box
from app.desk import Ask
from app.errors import (
    BadQuestion,
    BadReport,
    ServicePaused,
    UnknownConversation,
    UnknownDocument,
    UnknownElection,
    UnknownRecord,
)
from app.links import viewer_url
from app.storage.listing import Place, Wanted, matches
from domain.answer import Answer, AnswerStatus, Citation, Claim, Searched, Silence
from domain.base import sha256
from domain.election import Election
from domain.exchange import Digests, Exchange, Question, Step
from domain.names import Names
from domain.passage import Hit, PageSpan, Passage, Sentence, passage_id
from domain.report import Report, ReportKind
from domain.tally import Counts, Tally, told

PROGRAMMES: Mapping[str, tuple[str, ...]] = {
    "auen": (
        "Wohnen darf kein Glücksspiel sein. Wir bauen bis 2031 jährlich 4.000 Wohnungen, die dauerhaft der Stadt "
        "gehören. Bei jeder neuen Vermietung gilt die Miete des Vormieters als Obergrenze.",
        "Busse und Bahnen fahren auch abends. Zwischen den Landkreisen verkehrt bis Mitternacht mindestens ein Bus "
        "in der Stunde.",
        "Jede Schule erhält eine zweite Lehrkraft im ersten Lesejahr. Die Ausbildung dafür beginnt im Herbst.",
    ),
    "hafen": (
        "Wer baut, soll schneller bauen können. Eine Baugenehmigung gilt als erteilt, wenn die Behörde nach drei "
        "Monaten nicht entschieden hat.",
        "Der Hafen wird elektrisch. Bis 2030 liegen an allen Kais Anschlüsse für Landstrom.",
    ),
    "linde": (
        "Wir senken die Grunderwerbsteuer für die erste selbst bewohnte Wohnung auf ein Prozent. Vermieter, die unter "
        "dem Mietspiegel bleiben, zahlen weniger Grundsteuer.",
        "Dörfer brauchen Ärzte. Wer sich für zehn Jahre niederlässt, dem erstattet das Land das Studium.",
    ),
    "turm": (
        "Die Volksabstimmung wird auf Landesebene eingeführt. Zehntausend Unterschriften genügen für den Antrag.",
    ),
}
LAW = (
    "(1) Wer durch Briefwahl wählen will, beantragt den Wahlschein bis zum zweiten Tag vor der Wahl, 18 Uhr.",
    "(2) Der Wahlbrief muss am Wahltag bis 18 Uhr bei der Wahlleitung eingehen. "
    "Später eingehende Wahlbriefe zählen nicht.",
)
PARTIES = (
    ("auen", "AUEN", "Bündnis der Auen"),
    ("hafen", "HAFEN", "Liste Hafen und Handwerk"),
    ("kreis", "KREIS", "Freier Kreis"),
    ("linde", "LINDE", "Lindenpartei – Die Mitte der Dörfer"),
    ("turm", "TURM", "Partei vom Turm"),
)


@dataclass(frozen=True)
class FakePage:
    """A page read from a real PDF."""

    label: str | None
    text: str
    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class FakeSection:
    """A section of a law."""

    slug: str
    heading: tuple[str, ...]
    title: str
    paragraphs: tuple[Passage, ...]


@dataclass(frozen=True)
class FakeEntry:
    """An entry of the policy."""

    category: str
    action: str
    title: dict[str, str]
    reason: dict[str, str]
    declined: dict[str, tuple[str, ...]]
    answered: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class FakeDocument:
    """An entry of the pack with its number of pages."""

    source: Any
    media_type: str
    pages: int | None


@dataclass(frozen=True)
class FakeBuilt:
    """A built pack held in memory."""

    election: Election
    files: Mapping[str, bytes]
    section_texts: Mapping[str, tuple[FakeSection, ...]]
    passages: Mapping[str, Passage]
    policy: tuple[FakeEntry, ...] = ()

    @property
    def documents(self) -> dict[str, FakeDocument]:
        """Documents by digest."""
        found = {}
        for source in self.election.sources:
            digest, kind = source.renditions[0].sha256, source.renditions[0].media_type
            pages = len(pypdfium2.PdfDocument(self.files[digest])) if digest in self.files else None
            found[digest] = FakeDocument(source, kind, pages)
        return found

    @property
    def names(self) -> Names:
        """All names of the election."""
        return Names(self.election.parties)

    def page(self, sha256: str, n: int) -> FakePage:
        """One page as extracted."""
        return read_pages(self.files[sha256])[n - 1]

    def page_image(self, sha256: str, n: int, scale: float) -> bytes:
        """PNG of one page."""
        out = io.BytesIO()
        pypdfium2.PdfDocument(self.files[sha256])[n - 1].render(scale=scale).to_pil().save(out, "PNG")
        return out.getvalue()

    def sections(self, sha256: str) -> tuple[FakeSection, ...]:
        """Sections of a law."""
        return self.section_texts.get(sha256, ())

    def passage(self, id: str) -> Passage:
        """A passage by id."""
        if id not in self.passages:
            raise UnknownDocument(f"no passage {id}")
        return self.passages[id]

    def policy_entries(self) -> tuple[FakeEntry, ...]:
        """What is declined."""
        return self.policy


@dataclass
class FakeDesk:
    """Answers every question with the answer prepared under its first word, else with all parties."""

    built: tuple[FakeBuilt, ...]
    prepared: dict[str, Answer]
    asked: list[Ask] = field(default_factory=list)
    questions: dict[str, str] = field(default_factory=dict)
    reported: list[Report] = field(default_factory=list)
    tallies: tuple[Tally, ...] = ()

    def elections(self) -> tuple[FakeBuilt, ...]:
        """Every pack."""
        return self.built

    def election(self, id: str) -> FakeBuilt:
        """One pack."""
        for one in self.built:
            if one.election.id == id:
                return one
        raise UnknownElection(f"no election {id}")

    async def ask(self, ask: Ask) -> Exchange:
        """Keep the question and give the prepared answer a record."""
        self.asked.append(ask)
        if "\0" in ask.question:
            raise BadQuestion("control characters")
        if ask.after == "lost":
            raise UnknownConversation("no such answer")
        record = f"{len(self.asked):032x}"
        answer = self.prepared.get(ask.question.split()[0].casefold(), self.prepared["all"])
        if answer.status is AnswerStatus.PAUSED:
            raise ServicePaused("paused for a test")
        self.prepared[record] = answer.model_copy(update={"record": record})
        self.questions[record] = ask.question
        return await self.exchange(record)

    def paused(self, election: str, language: str) -> Answer:
        """The wording of a pause."""
        return self.prepared["pause"].model_copy(update={"election": election, "language": language})

    async def report(self, election: str, kind: ReportKind, text: str, record: str | None = None) -> Report:
        """Refuse what is empty; keep the rest."""
        if not text.strip():
            raise BadReport("empty")
        if record is not None:
            await self.answer(record)
        self.reported.append(Report(id="0" * 32, at="", election=election, record=record, kind=kind, text=text))
        return self.reported[-1]

    async def counts(self) -> dict[str, Counts]:
        """The invented counts, small ones hidden."""
        return {one.election.id: told(self.tallies, one.election.id) for one in self.built}

    async def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """What was asked, newest first."""
        found = [await self.exchange(record) for record in reversed(self.questions)]
        return [e for e in found if matches(e, wanted)][:most], None

    async def answer(self, record: str) -> Answer:
        """A recorded answer."""
        if record not in self.questions:
            raise UnknownRecord(f"no record {record}")
        return self.prepared[record]

    async def exchange(self, record: str) -> Exchange:
        """The exchange of a recorded answer, every passage of the pack considered."""
        answer = await self.answer(record)
        cited = {c.passage for claim in answer.claims for c in claim.citations}
        passages = self.built[0].passages.values()
        hits = [
            Hit(passage=p.id, party=p.party, rank=1, score=9, lexical=9, dense=0, coverage=700, used=p.id in cited)
            for p in passages
        ]
        names = ("understand", "screen", "retrieve", "compose", "check", "ask_back", "record")
        return Exchange(
            record=record,
            at="2026-05-03T10:15:00Z",
            seed=7,
            question=Question(election=answer.election, text=self.questions[record], language="de", conversation="c"),
            digests=Digests(
                corpus="c" * 64,
                index="1" * 64,
                election="f" * 64,
                policy="d" * 64,
                settings="5" * 64,
                understand="a" * 64,
                wording="e" * 64,
                code="0",
            ),
            hits=tuple(hits),
            answer=answer,
            steps=tuple(Step(name=n, outcome="ok", wall_us=2100 * k, cpu_us=900) for k, n in enumerate(names, 1)),
            joules=0.31,
        )


@cache
def read_pages(data: bytes) -> tuple[FakePage, ...]:
    """Text and word boxes of every page, by pypdfium2."""
    found = []
    document = pypdfium2.PdfDocument(data)
    for number, page in enumerate(document, 1):
        text_page = page.get_textpage()
        text = text_page.get_text_range()
        boxes: list[Box] = []
        for word in re.finditer(r"\S+", text):
            corners = [text_page.get_charbox(i) for i in range(*word.span())]
            x0, y0 = min(c[0] for c in corners), min(c[1] for c in corners)
            boxes.append((*word.span(), x0, y0, max(c[2] for c in corners), max(c[3] for c in corners)))
        found.append(FakePage(str(number + 2), text, page.get_width(), page.get_height(), tuple(boxes)))
    return tuple(found)


def pdf(pages: tuple[tuple[str, ...], ...]) -> bytes:
    """A small PDF: each page a tuple of paragraphs, the first set as a heading (ISO 32000-1, 7.5)."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "",
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>",
    ]
    kids = []
    for paragraphs in pages:
        stream = _content(paragraphs)
        objects.append(f"<</Length {len(stream.encode('cp1252'))}>>stream\n{stream}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents {len(objects)} 0 R"
            "/Resources<</Font<</F 3 0 R>>>>>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>"
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj{body}endobj\n".encode("cp1252")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    tail = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n"
    return out + f"{tail}{len(out)}\n%%EOF".encode("cp1252")


def invented(programmes: Mapping[str, tuple[str, ...]] = PROGRAMMES, name: str = "Landtagswahl Auenland") -> FakeBuilt:
    """The pack: one PDF per programme, one law in sections, one party without a document."""
    files = {}
    sources: list[dict[str, Any]] = []
    passages: dict[str, Passage] = {}
    for party, paragraphs in programmes.items():
        title = f"Programm {party.capitalize()} zur Landtagswahl"
        data = pdf((("Inhalt", "Dieses Programm hat zwei Seiten."), (title, *paragraphs)))
        digest = sha256(data)
        files[digest] = data
        sources.append(_source(party, digest, "application/pdf", title=title, party=party, kind="programme"))
        for paragraph in paragraphs:
            passage = _passage(digest, party, paragraph, read_pages(data)[1].text)
            passages[passage.id] = passage
    law = sha256("\n".join(LAW).encode())
    sources.append(_source("lwg", law, "text/markdown", title="Landeswahlgesetz", short="LWG", kind="law"))
    units = [
        _passage(law, None, text, text).model_copy(update={"section": "§ 36 LWG", "page": None, "page_end": None})
        for text in LAW
    ]
    passages |= {unit.id: unit for unit in units}
    sections = tuple(
        FakeSection(
            f"par-{n}-lwg", ("Zweiter Abschnitt", f"§ {n} {t}"), f"§ {n} {t}", tuple(units if n == 36 else units[:1])
        )
        for n, t in ((35, "Wahlzeit"), (36, "Briefwahl"), (37, "Auszählung"))
    )
    election = Election.model_validate(_election(sources, name))
    return FakeBuilt(election, files, {law: sections}, passages, POLICY)


def hostile() -> FakeBuilt:
    """A pack whose programme, names and law try to inject markup, turn the reading direction and burst the layout."""
    good = invented(name='<script>alert("name")</script>')
    evil = '<script>alert(1)</script><img src=x onerror=alert(2)> \u202eumgedreht " onmouseover="x ' + "Lang" * 400
    passages = {}
    for key, passage in good.passages.items():
        sentence = Sentence(start=0, end=len(evil), spans=passage.sentences[0].spans)
        passages[key] = passage.model_copy(update={"text": evil, "heading": (evil,), "sentences": (sentence,)})
    sources = tuple(s.model_copy(update={"title": evil[:280], "publisher": evil[:150]}) for s in good.election.sources)
    parties = tuple(p.model_copy(update={"name": {"de": evil[:180]}}) for p in good.election.parties)
    sections = {
        k: tuple(replace(s, title=evil, paragraphs=tuple(passages[p.id] for p in s.paragraphs)) for s in v)
        for k, v in good.section_texts.items()
    }
    election = good.election.model_copy(update={"id": "evil", "sources": sources, "parties": parties})
    return FakeBuilt(
        election,
        good.files,
        sections,
        passages,
        (FakeEntry("evil", "refuse", {"de": evil}, {"de": evil}, {"de": (evil,)}, {}),),
    )


def desk_for(*built: FakeBuilt) -> FakeDesk:
    """A desk over the packs with one prepared answer of each kind, from the first pack."""
    first = built[0]
    cited = {p.party: p for p in reversed(list(first.passages.values())) if p.party}
    claims = tuple(_claim(first, cited[p]) for p in ("auen", "hafen", "linde"))
    rules = tuple(p for p in first.passages.values() if p.party is None)
    searched = Searched(documents=(next(iter(first.documents)),), passages=212, terms=("Miete", "Wohnung"))
    common: dict[str, Any] = {"election": first.election.id, "language": "de", "conversation": "c0ffee"}
    digests: dict[str, Any] = {"corpus": "c" * 64, "index": "1" * 64, "policy": "d" * 64}
    everyone = Answer(
        **common, **digests, status=AnswerStatus.ANSWERED, claims=claims, no_document=("kreis",),
        message="Dies steht in den Dokumenten der Parteien. Die Reihenfolge ist alphabetisch.",
        resolved_question="Was sagen die Parteien zum Thema Miete?", scope=tuple(p[0] for p in PARTIES),
        silent=(Silence(party="turm", searched=searched),), near=(_claim(first, cited["turm"]),),
    )  # fmt: skip
    card = Claim(
        kind="card",
        text="Beantragen Sie die Briefwahl bis zum 1. Mai 2026, 18 Uhr.",
        citations=_claim(first, rules[0]).citations,
    )
    refused = Answer(
        **common, status=AnswerStatus.REFUSED_VOTING_ADVICE,
        message="Wen Sie wählen, entscheiden Sie allein.",
        reason="Dieser Dienst gibt keine Empfehlung, auch nicht auf Umwegen.",
        suggestion="Was sagen die Parteien zum Thema Miete?",
    )  # fmt: skip
    prepared = {
        "all": everyone,
        "wie": Answer(
            **common, **digests, status=AnswerStatus.ANSWERED, message="Das regelt das Wahlrecht.", claims=(card,)
        ),
        "wen": refused,
        "hm": Answer(**common, status=AnswerStatus.CLARIFY, message="Um welches Thema geht es?", scope=("auen",)),
        "kreis": Answer(
            **common,
            **digests,
            status=AnswerStatus.UNANSWERABLE_NO_SOURCE,
            scope=("kreis",),
            no_document=("kreis",),
            message="Von KREIS liegt nichts vor.",
        ),
        "pause": Answer(**common, status=AnswerStatus.PAUSED, message="Der Dienst macht Pause."),
    }
    return FakeDesk(built, prepared)


POLICY = (
    FakeEntry(
        "voting_advice",
        "refuse",
        {"de": "Wahlempfehlung", "fr": "Conseil de vote", "en": "Voting advice"},
        {
            "de": "Wer wählt, entscheidet selbst. Eine Empfehlung nähme Partei.",
            "en": "The choice is the voter’s alone.",
        },
        {"de": ("Wen soll ich wählen?", "Ist {party} besser als {other}?"), "en": ("Whom should I vote for?",)},
        {"de": ("Was sagen die Parteien zur Miete?",)},
    ),
    FakeEntry(
        "off_topic",
        "redirect",
        {"de": "Andere Themen"},
        {"de": "Dazu gibt es bessere Quellen."},
        {"de": ("Wie wird das Wetter?",)},
        {},
    ),
)


def _content(paragraphs: tuple[str, ...]) -> str:
    lines = ["BT /F 17 Tf 48 530 Td 21 TL"]
    for number, paragraph in enumerate(paragraphs):
        if number:
            lines.append("/F 11.5 Tf 0 -20 Td 16.5 TL")
        rows = re.findall(r".{1,58}(?:\s|$)", paragraph)
        lines += [f"({row.strip()}) Tj T*" for row in rows]
    return "\n".join([*lines, "ET"])


def _passage(document: str, party: str | None, text: str, page_text: str) -> Passage:
    sentences = []
    for match in re.finditer(r"\S.*?[a-zäöüß][.](?=\s|$)", text):
        words = r"\s+".join(map(re.escape, match.group().split()))
        found = re.search(words, page_text)
        assert found, match.group()
        span = PageSpan(page=2 if party else 1, start=found.start(), end=found.end())
        sentences.append(Sentence(start=match.start(), end=match.end(), spans=(span,)))
    spans = tuple(s.spans[0] for s in sentences)
    return Passage(
        id=passage_id(document, spans), document=document, party=party, language="de", text=text,
        heading=("Programm",), page=2, page_end=2, page_label="4", sentences=tuple(sentences),
    )  # fmt: skip


def _claim(built: FakeBuilt, passage: Passage) -> Claim:
    quote = passage.text[slice(*[(s.start, s.end) for s in passage.sentences][-1])]
    slug = None if passage.page else "par-36-lwg"
    citation = Citation(
        document=passage.document, passage=passage.id, page=passage.page, page_end=passage.page_end,
        page_label=passage.page_label if passage.page else None, section=passage.section, quote=quote,
        url=viewer_url(built.election.id, passage, quote, slug),
    )  # fmt: skip
    return Claim(kind="quotation", text=quote, party=passage.party, citations=(citation,))


def _source(id: str, digest: str, media_type: str, **more: Any) -> dict[str, Any]:
    rendition = {"sha256": digest, "media_type": media_type, "url": f"https://{id}.example/programm"}
    common = {"id": id, "publisher": f"Herausgeber {id.capitalize()}", "status": "adopted", "language": "de"}
    return {**common, "published": date(2026, 2, 1), "renditions": [rendition], **more}


def _election(sources: list[dict[str, Any]], name: str) -> dict[str, Any]:
    topics = (
        ("Miete", "rent", "les loyers"),
        ("Schule", "schools", "l’école"),
        ("Bus und Bahn", "buses and trains", "les transports"),
        ("Ärztliche Versorgung", "medical care", "les soins"),
        ("Steuern", "taxes", "les impôts"),
        ("Volksabstimmung", "referendums", "le référendum"),
        ("Hafen", "the port", "le port"),
    )
    return {
        "id": "auenland-2026",
        "name": {"de": name, "en": "Auenland state election", "fr": "Élection régionale d’Auenland"},
        "country": {"de": "Auenland", "en": "Auenland", "fr": "Auenland"},
        "polling_day": date(2026, 5, 3),
        "time_zone": "Europe/Berlin",
        "languages": ["de", "fr", "en"],
        "plain": ["de-simple"],
        "authority": {"name": {"de": "Landeswahlleitung Auenland"}, "url": "https://wahlleitung.example/"},
        "operator": {
            "name": "Landeswahlleitung Auenland",
            "contact": "Am Markt 1, Auenstadt",
            "complaints": "hinweis@wahlleitung.example",
        },
        "fictional": True,
        "suggestions": [{"topic": {"de": d, "en": e, "fr": f}} for d, e, f in topics],
        "parties": [{"id": i, "short": {"de": s}, "name": {"de": n}} for i, s, n in PARTIES],
        "sources": sources,
    }
