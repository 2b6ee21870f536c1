"""All settings, each described, read from the environment once and passed on as a value."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.base import Digest, digest_of

_HOST = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
EMBEDDER = rf"[A-Za-z0-9._-]+=(https://{_HOST}|http://(localhost|127\.0\.0\.1)(:[0-9]{{1,5}})?)"
"""An election and an origin (RFC 6454) that may show it: no path, no wildcard, unencrypted only this machine."""

AUDITOR = r"[A-Za-z0-9._-]{1,64}=[0-9a-f]{64}"
"""An auditor's name and the SHA-256 of the token, in hexadecimal."""


class Settings(BaseSettings):
    """Settings of one process; every variable starts with `ISEGORIA_`."""

    # Messages of a failed check would otherwise repeat what was given, the key included.
    model_config = SettingsConfigDict(env_prefix="ISEGORIA_", frozen=True, extra="forbid", hide_input_in_errors=True)

    elections: Path = Field(default=Path("elections"), description="Folder of the election packs")
    data: Path = Field(default=Path("var"), description="Data directory: builds, records, objects")
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the record store; SQLite in the data directory when unset"
    )
    qdrant_url: str | None = Field(
        default=None, description="URL of a Qdrant server; the embedded engine serves when unset"
    )
    quotations_one: int = Field(default=4, ge=1, le=10, description="Quotations when one party is asked")
    quotations_many: int = Field(default=2, ge=1, le=10, description="Quotations per party when several are asked")
    quotations_law: int = Field(default=3, ge=1, le=10, description="Quotations of the law")
    watts: float = Field(default=15.0, gt=0, description="Power per busy core for the energy estimate")
    busy_timeout: float = Field(default=5.0, gt=0, description="Seconds to wait for a locked database")
    requests_per_minute: int = Field(default=60, ge=0, description="Questions per client and minute; 0 is no limit")
    in_flight: int = Field(default=64, ge=1, description="Questions worked on at once; more are turned away with 503")
    paused: bool = Field(default=False, description="Answer every question with the notice that the service is paused")
    guard_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="URL of a model server for the second check, up to `/v1`; no second check when unset",
    )
    guard_model: str | None = Field(
        default=None, min_length=1, description="Name of the model that makes the second check"
    )
    guard_key: SecretStr | None = Field(default=None, description="Key for that server; none is sent when unset")
    guard_timeout: float = Field(default=2.0, gt=0, le=30, description="Seconds to wait for the second check")
    llm_base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="URL of a model server that composes answers, up to `/v1`; quotations alone when unset",
    )
    llm_model: str | None = Field(default=None, min_length=1, description="Name of the model that composes answers")
    llm_key: SecretStr | None = Field(default=None, description="Key for that server; none is sent when unset")
    llm_timeout: float = Field(default=20.0, gt=0, le=120, description="Seconds for composing, a retry included")
    llm_parallel: int = Field(default=4, ge=1, le=256, description="Answers composed at once; more wait")

    embedders: str | None = Field(
        default=None,
        pattern=rf"^\s*({EMBEDDER}(\s+{EMBEDDER})*)?\s*$",
        description="Who may show an election in a frame: pairs as `demo=https://www.example.org`; nobody when unset",
    )
    auditors: str | None = Field(
        default=None,
        pattern=rf"^\s*({AUDITOR}(\s+{AUDITOR})*)?\s*$",
        description="Who may list masked exchanges: pairs of name and SHA-256 of a token, from `isegoria auditor`",
    )
    log_origin: str = Field(
        default="localhost/log",
        pattern=r"^[^\s+]{1,255}$",
        description="Name of the public log: the address of `/log` without scheme, fixed before the first question",
    )

    def hosts(self) -> dict[str, tuple[str, ...]]:
        """Per election the origins that may show its pages in a frame, in the order given."""
        pairs = [pair.partition("=") for pair in (self.embedders or "").split()]
        return {election: tuple(o for e, _, o in pairs if e == election) for election, _, _ in pairs}

    def tokens(self) -> dict[str, Digest]:
        """Per auditor the SHA-256 of the token."""
        return {name: digest for name, _, digest in (pair.partition("=") for pair in (self.auditors or "").split())}

    @property
    def database(self) -> str:
        """URL of the record store."""
        return self.database_url or f"sqlite:///{self.data / 'records.db'}"

    def answering_digest(self) -> Digest:
        """Digest of the settings that can change an answer, and of no others."""
        return digest_of(self.answering())

    def answering(self) -> dict[str, int | str]:
        """The settings that can change an answer; models only where there are any."""
        named = {"guard_model": self.guard_model, "llm_model": self.llm_model}
        return {name: model for name, model in named.items() if model is not None} | {
            "quotations_one": self.quotations_one,
            "quotations_many": self.quotations_many,
            "quotations_law": self.quotations_law,
        }
