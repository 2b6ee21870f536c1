"""What a recorded answer was computed from, opened again by its digests, whatever the files say today.

Builds are kept beside the one that is served, everything else under `objects/`. What is missing,
damaged or read otherwise by this version is named; nothing else is put in its place.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.answering.phrases import Phrases
from app.built import Built
from app.common import Common, Wording
from app.desk import House
from app.errors import RecordUnreadable
from app.main import Loaded, code_digest, trouble
from app.places import all_builds, objects_folder
from app.sealed import intact
from app.settings import Settings
from app.storage.objects import get_object
from domain.base import Digest, Language, canonical, sha256
from domain.exchange import Digests
from guardrails.classifier import CARD
from guardrails.policy import GUARD_FOLDER, Policy, PolicyError, load_policy

NO_MODEL = dict.fromkeys(("guard_url", "guard_model", "guard_key", "llm_base_url", "llm_model", "llm_key"))
"""A replay asks no model, whatever is set today; a record names its own."""


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


def recalled(election: str, digests: Digests, settings: Settings) -> Loaded:
    """The election, policy, wording, phrases and settings of these digests, not yet opened. Raises RecordUnreadable."""
    folder = objects_folder(settings.data)
    try:
        policy = _policy(get_object(folder, digests.policy), folder)
        common = Common(policy, _wording(get_object(folder, digests.wording)))
        phrases = Phrases.opened(get_object(folder, digests.understand))
        answering = json.loads(get_object(folder, digests.settings))
        then = settings.model_copy(update=NO_MODEL | answering)
    except (ValueError, TypeError, KeyError, PolicyError) as error:
        raise RecordUnreadable(f"an object under {folder} cannot be read by this version ({error})") from error
    again = {
        "policy": common.policy.digest,
        "wording": common.wording_digest,
        "understand": phrases.digest,
        "settings": then.answering_digest(),
    }
    for name, digest in again.items():
        if digest != getattr(digests, name):
            raise RecordUnreadable(f"the {name} {getattr(digests, name)[:16]} is read otherwise by this version")
    built = Built(build_of(election, digests, settings.data), common)
    return Loaded(House(then, phrases, code_digest(), trouble()), {election: built})


def build_of(election: str, digests: Digests, data: Path) -> Path:
    """The undamaged build with these digests. Raises RecordUnreadable."""
    for folder in all_builds(data, election):
        if _made_of(folder) == (digests.corpus, digests.index, digests.election) and intact(folder):
            return folder
    raise RecordUnreadable(
        f"no undamaged build of {election!r} stands in {data} with corpus {digests.corpus[:16]}, "
        f"index {digests.index[:16]} and election {digests.election[:16]}"
    )


def _made_of(folder: Path) -> tuple[Digest, Digest, Digest] | None:
    try:
        index = (folder / "index.digest").read_text(encoding="utf-8").strip()
        return sha256((folder / "corpus.lock").read_bytes()), index, sha256((folder / "election.json").read_bytes())
    except (OSError, ValueError):
        return None


def _policy(data: bytes, objects: Path) -> Policy:
    """The policy of its canonical bytes, put back into files and checked like any other: YAML reads JSON."""
    raw = json.loads(data)
    main = raw["policy"] | {"categories": {name: raw["policy"]["categories"][name] for name in raw["order"]}}
    with tempfile.TemporaryDirectory(prefix="isegoria-") as name:
        folder = Path(name)
        (folder / GUARD_FOLDER).mkdir()
        (folder / "policy.yaml").write_text(json.dumps(main), encoding="utf-8")  # in their order, which settles ties
        for language, rules in raw["rules"].items():
            _beside(folder / GUARD_FOLDER, f"{language}.yaml").write_bytes(canonical(rules))
        if raw["classifier"] is not None:
            _beside(folder / GUARD_FOLDER, CARD).write_bytes(canonical(raw["classifier"]))
            for file, digest in raw["classifier"]["files"].items():
                _beside(folder / GUARD_FOLDER, file).write_bytes(get_object(objects, digest))
        return load_policy(folder, trained=raw["classifier"] is not None)


def _beside(folder: Path, name: str) -> Path:
    """The file of this name in the folder. Raises ValueError for a name that leads elsewhere, as a bundle's may."""
    if not _PLAIN.fullmatch(name):
        raise ValueError(f"{name[:40]!r} is no plain file name")
    return folder / name


def _wording(data: bytes) -> Mapping[Language, Wording]:
    words = [Wording.model_validate(one) for one in json.loads(data)]
    return {one.language: one for one in words}
