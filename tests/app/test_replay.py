"""An answer is pinned by digests to all it was computed from, and is computed again after all of it has changed."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.answering.phrases import read_phrases
from app.common import load_common, load_retrieval
from app.desk import Ask
from app.erase import Which, erase_records
from app.errors import RecordErased, RecordUnreadable, UnknownRecord
from app.grades import Grade
from app.main import SystemChance, open_desk, open_recorder
from app.places import current_build, objects_folder
from app.replay import Outcome, replay_records
from app.settings import Settings
from app.storage.objects import object_path
from domain.answer import AnswerStatus
from domain.exchange import Digests, Exchange
from tests.resealed import rewritten
from tests.small_pack import ELECTIONS, Doc, build_quietly, write_pack

LAW = "# § 9 Stimmabgabe\n\nDas Wahlamt nimmt Stimmzettel bis 19 Uhr am Wahltag entgegen.\n"
REEDS = "# Röhricht\n\nDas Röhricht am Seeufer wird nicht mehr gemäht, und Stege werden darin nicht mehr genehmigt.\n"
CARD: dict[str, Any] = {
    "id": "abgabe",
    "title": {"de": "Stimmabgabe"},
    "ask": {"de": ["Bis wann kann ich wählen?"]},
    "statements": [{"text": {"de": ""}, "law": [{"document": "gesetz", "section": "§ 9", "words": "bis 19 Uhr"}]}],
    "valid_from": "2031-01-01",
    "reviewer": "A. Prüferin",
    "reviewed": "2031-01-03",
}
QUESTIONS = ("Bis wann kann ich wählen?", "Was sagen die Parteien zum Röhricht?", "Wer betreibt diesen Dienst?")


class Place:
    """Packs and data of one installation that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(elections=folder / "elections", data=folder / "data")
        shutil.copytree(ELECTIONS / "common", folder / "elections" / "common")

    def build(self, card: str = "Bis 19 Uhr.", **head: Any) -> None:
        """Build the pack with a card that says this."""
        docs = [
            Doc("see", REEDS.encode()),
            Doc("gesetz", LAW.encode(), party=None, kind="law", more={"short": "WG"}),
        ]
        pack = write_pack(self.settings.elections / "toy", docs, **head)
        edited = CARD | {"statements": [CARD["statements"][0] | {"text": {"de": card}}]}
        (pack / "rules").mkdir(exist_ok=True)
        (pack / "rules" / "all.yaml").write_text(json.dumps({"cards": [edited]}, ensure_ascii=False))
        build_quietly(pack, self.settings.data)

    def ask(self, *questions: str) -> list[Exchange]:
        """Ask and record."""

        async def run() -> list[Exchange]:
            async with open_recorder(self.settings) as recorder:
                desk = open_desk(self.settings, recorder)
                try:
                    return [await desk.ask(Ask("toy", question)) for question in questions]
                finally:
                    desk.election("toy").close()

        return asyncio.run(run())

    def replay(self, record: str | None = None) -> tuple[Outcome, str]:
        """The outcome and what was said."""
        said: list[str] = []
        return asyncio.run(replay_records(self.settings, record, said.append)), "\n".join(said)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.build()
    return made


def text_of(exchange: Exchange) -> str:
    assert exchange.answer is not None
    return " ".join(claim.text for claim in exchange.answer.claims)


def change(path: Path, old: str, new: str) -> None:
    """Replace in a file; the text must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_answer_is_computed_again_after_cards_day_operator_words_and_settings_have_changed(place: Place) -> None:
    old = place.ask(*QUESTIONS)
    assert old[0].answer is not None and text_of(old[0]) == "Bis 19 Uhr."
    assert old[1].answer is not None and old[1].answer.status is AnswerStatus.ANSWERED

    operator = {"name": "Andere Leute", "contact": "Am Kai", "complaints": "klage@example.org"}
    place.build("Niemand kann hier wählen.", polling_day="2031-06-01", operator=operator)
    common = place.settings.elections / "common"
    change(common / "wording" / "de.yaml", "Dazu", "Hierzu")
    change(common / "policy.yaml", "version: 1", "version: 2")
    probed(common / "understand" / "de.yaml")
    place.settings = place.settings.model_copy(update={"quotations_many": 1, "quotations_one": 1})
    new = place.ask(*QUESTIONS)
    assert text_of(new[0]) == "Niemand kann hier wählen."
    for name in ("corpus", "election", "policy", "settings", "understand", "wording"):
        assert getattr(new[0].digests, name) != getattr(old[0].digests, name), name

    outcome, said = place.replay()
    assert outcome == Outcome({Grade.A: 6}), said
    assert outcome.exit_code == 0
    assert said.endswith("6 of grade A, 0 of grade B, 0 of grade C, 0 of none; 0 cannot be replayed here")


@pytest.mark.parametrize("gone", ["policy", "settings", "understand", "wording", "build", "damaged build"])
def test_what_is_missing_is_named_and_nothing_stands_in_for_it(gone: str, place: Place) -> None:
    first = place.ask(QUESTIONS[0])[0]
    folder = current_build(place.settings.data, "toy")
    place.build("Niemand kann hier wählen.")
    second = place.ask(QUESTIONS[0])[0]
    if gone == "build":
        shutil.rmtree(folder)
        word, lost = "no undamaged build of 'toy'", 1
    elif gone == "damaged build":
        change(folder / "passages.jsonl", "Röhricht", "Geröll")
        word, lost = "no undamaged build of 'toy'", 1
    else:
        path = object_path(objects_folder(place.settings.data), getattr(first.digests, gone))
        path.unlink()
        word, lost = str(path), 2
    with pytest.raises(RecordUnreadable, match=word):
        place.replay(first.record)
    outcome, said = place.replay()
    assert (outcome.of(Grade.A), outcome.unusable, outcome.exit_code) == (2 - lost, lost, 2)
    assert f"{first.record}  cannot be replayed" in said
    assert (f"{second.record}  grade A, same" in said) == (lost == 1)


def test_an_altered_object_is_not_used(place: Place) -> None:
    (exchange,) = place.ask(QUESTIONS[0])
    path = object_path(objects_folder(place.settings.data), exchange.digests.wording)
    path.write_bytes(path.read_bytes().replace(b"Dazu", b"Daxu"))
    with pytest.raises(RecordUnreadable, match="does not have the digest"):
        place.replay(exchange.record)


def test_all_goes_on_past_records_that_cannot_be_replayed_and_exits_2_or_1(place: Place) -> None:
    same, lost, altered = (e.record for e in place.ask(QUESTIONS[0], QUESTIONS[1], QUESTIONS[1]))
    rewritten(place.settings.data, lost, lambda e: e["digests"].update(policy="0" * 64))
    outcome, said = place.replay()
    assert (outcome, outcome.exit_code) == (Outcome({Grade.A: 2}, unusable=1), 2)
    assert f"{same}  grade A" in said and f"{altered}  grade A" in said and f"{lost}  cannot be replayed" in said

    rewritten(place.settings.data, altered, lambda e: e["answer"]["claims"][0].update(text="Das steht nirgends."))
    outcome, said = place.replay()
    assert (outcome, outcome.exit_code) == (Outcome({Grade.A: 1, Grade.B: 1}, 1), 1)
    assert f"{altered}  grade B, differs in claims; every step ended as before" in said

    with sqlite3.connect(place.settings.data / "records.db") as store:
        store.execute("update records set body = ? where record = ?", (b"{}", altered))
    store.close()
    outcome, said = place.replay()
    assert (outcome, outcome.exit_code) == (Outcome({Grade.A: 1}, unusable=2), 2)
    with pytest.raises(UnknownRecord):
        place.replay("0" * 32)


def graded(place: Place, record: str) -> tuple[Grade, str]:
    """The grade of one replay, and what was said."""
    outcome, said = place.replay(record)
    (grade,) = (g for g in Grade if outcome.of(g))
    assert outcome.exit_code == (0 if grade is Grade.A else 1)
    return grade, said


def test_each_grade_is_reached_and_the_step_that_went_another_way_is_named(place: Place) -> None:
    (one,) = place.ask(QUESTIONS[1])
    record = one.record
    assert graded(place, record) == (Grade.A, f"{record}  grade A, same")

    # other words around the same quotations
    rewritten(place.settings.data, record, lambda e: e["answer"].update(message="Mit anderen Worten:"))
    assert graded(place, record) == (
        Grade.B, f"{record}  grade B, differs in message; every step ended as before"
    )  # fmt: skip

    # fewer of the hits used, in an answer that the checks would still let pass: another quotation of the same passage
    def shorter(e: dict[str, Any]) -> None:
        (claim,) = e["answer"]["claims"]
        words = claim["text"].split(",")[0]
        claim["text"] = claim["citations"][0]["quote"] = words

    rewritten(place.settings.data, record, shorter)
    grade, said = graded(place, record)
    assert grade is Grade.C and "differs in message, claims" in said

    # words that stand nowhere
    rewritten(
        place.settings.data,
        record,
        lambda e: e["answer"]["claims"][0]["citations"][0].update(quote="Das steht nirgends."),
    )
    assert graded(place, record)[0] is Grade.NONE
    rewritten(place.settings.data, record, lambda e: e["answer"]["claims"][0]["citations"][0].update(passage="0" * 64))
    assert graded(place, record)[0] is Grade.NONE


def test_the_first_step_that_ended_or_found_otherwise_is_named(place: Place) -> None:
    answered, service = (e.record for e in place.ask(QUESTIONS[1], QUESTIONS[2]))
    rewritten(place.settings.data, service, lambda e: e["answer"].update(status="answered"))
    rewritten(place.settings.data, service, lambda e: e["steps"][-1].update(outcome="answered"))
    grade, said = graded(place, service)
    assert grade is Grade.NONE, "an answer without a quotation is no draft that could pass"
    assert "first other step: screen about_service instead of screen answered" in said

    rewritten(place.settings.data, answered, lambda e: e["answer"].update(message="Anders."))
    rewritten(place.settings.data, answered, lambda e: e["hits"][0].update(score=1))
    assert "but retrieve left other hits" in graded(place, answered)[1]
    rewritten(place.settings.data, answered, lambda e: e["scope"].update(matter="anderes"))
    assert "but understand left other scope" in graded(place, answered)[1]
    rewritten(place.settings.data, answered, lambda e: e.update(steps=e["steps"][:3]))
    assert "first other step: compose passed instead of no further step" in graded(place, answered)[1]


def test_the_order_of_categories_settles_ties_in_a_replay_too_and_is_pinned(place: Place) -> None:
    (tie,) = place.ask("Welche Partei passt am besten zu mir, wenn ich zwei Kinder habe?")
    assert tie.answer is not None and tie.answer.status is AnswerStatus.REFUSED_VOTING_ADVICE
    assert graded(place, tie.record)[0] is Grade.A

    path = place.settings.elections / "common" / "policy.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["categories"] = dict(reversed(data["categories"].items()))
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert load_common(place.settings.elections).policy.digest != tie.digests.policy
    assert graded(place, tie.record)[0] is Grade.A


def pins(elections: Path) -> tuple[str, ...]:
    """Every digest that a record or its corpus lock holds of what all elections share."""
    common = load_common(elections)
    phrases = read_phrases(elections / "common" / "understand")
    retrieval = json.dumps(load_retrieval(elections).pinned(), sort_keys=True)
    return common.policy.digest, common.wording_digest, phrases.digest, retrieval


def probed(path: Path) -> None:
    """Change one word of a shared file, whatever it holds, so that it still loads."""
    words_only = {"understand", "retrieval"} & set(path.parts) and path.stem not in {"vocabulary", "weights"}
    loader = yaml.BaseLoader if words_only else yaml.SafeLoader
    data = yaml.load(path.read_text(encoding="utf-8"), loader)
    if "version" in data:
        data["version"] += 1
    elif "fitted_on" in data:
        data["fitted_on"] += "."
    elif "concepts" in data:
        next(iter(data["concepts"][0]["terms"].values())).append("unerhörtheit")
    elif "about" in data and "evaluative" not in data:
        data["about"] = {key: text + " " for key, text in data["about"].items()}
    else:
        data["evaluative" if "evaluative" in data else next(iter(data))].append("unerhört")
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


SHARED = sorted(p.relative_to(ELECTIONS / "common").as_posix() for p in (ELECTIONS / "common").rglob("*.yaml"))


@pytest.mark.parametrize("name", SHARED)
def test_a_change_in_any_shared_file_changes_a_digest_of_the_record(name: str, tmp_path: Path) -> None:
    shutil.copytree(ELECTIONS / "common", tmp_path / "common")
    before = pins(tmp_path)
    probed(tmp_path / "common" / name)
    assert pins(tmp_path) != before


def test_the_digests_of_a_record_are_all_named_here() -> None:
    assert set(Digests.model_fields) == {
        "corpus", "index", "election", "policy", "settings", "understand", "wording", "code"
    }  # fmt: skip


def test_a_record_that_its_leaf_does_not_commit_to_or_that_was_erased_is_not_replayed(place: Place) -> None:
    altered, gone = (e.record for e in place.ask(*QUESTIONS[:2]))
    rewritten(place.settings.data, altered, lambda e: e.update(seed=1), leaf=False)
    with pytest.raises(RecordUnreadable, match="is not what its leaf in the log commits to"):
        place.replay(altered)
    asyncio.run(erase_records(place.settings, Which(record=gone), lambda line: None, SystemChance()))
    with pytest.raises(RecordErased, match="was erased"):
        place.replay(gone)


def test_turns_put_at_once_do_not_hold_each_other_s_words(place: Place) -> None:
    """Two tabs go on from one answer; what is asked after the second holds nothing of the first."""
    first = place.ask(QUESTIONS[0])[0]
    conversation = first.question.conversation

    async def story() -> list[Exchange]:
        async with open_recorder(place.settings) as recorder:
            desk = open_desk(place.settings, recorder)
            both = [Ask("toy", text, conversation) for text in ("Und was ist mit Booten?", "Und im Röhricht?")]
            one, other = await asyncio.gather(*(desk.ask(ask) for ask in both))
            last = await desk.ask(Ask("toy", "Und dann?", conversation))
            shared = await desk.ask(Ask("toy", "Und am See?", after=last.record))
            with pytest.raises(UnknownRecord, match="goes on from a shared answer"):
                await desk.opening(shared.record, shared.question.conversation)
            assert (await desk.opening(last.record, conversation)).salt
            desk.election("toy").close()
            return [one, other, last]

    one, other, last = asyncio.run(story())
    assert one.follows == other.follows == first.record
    before = {one.record: one, other.record: other}[last.follows or ""]
    assert last.question.history == (*before.question.history, before.question.text)
    aside = other if before is one else one
    assert aside.question.text not in last.question.history
    asyncio.run(erase_records(place.settings, Which(record=aside.record), lambda line: None, SystemChance()))
    assert place.replay(last.record)[0].exit_code == 0


@pytest.mark.parametrize("name", ["/tmp/evil", "../evil", "..", "a/b", ""])
def test_a_policy_object_writes_no_file_elsewhere(name: str, tmp_path: Path) -> None:
    from app.recall import _beside

    with pytest.raises(ValueError, match="is no plain file name"):
        _beside(tmp_path, name)
    assert _beside(tmp_path, "gloss.de.tsv") == tmp_path / "gloss.de.tsv"
