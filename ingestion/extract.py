"""One document to pages and passages, in a child process with limits.

Parsers of foreign files are the likeliest place for a hostile input to hurt: a document that
takes too long or too much memory ends its own process and is named in the error.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from app.errors import IsegoriaError, SourceError
from domain.election import DocumentKind, Party, Source
from domain.names import Names
from domain.passage import Passage
from ingestion.furniture import clean_lines
from ingestion.layout import Page, Tally
from ingestion.markdown import html_to_markdown, markdown_units, read_markdown
from ingestion.paragraphs import units
from ingestion.passages import About, passages
from ingestion.pdf import read_pages


@dataclass(frozen=True)
class Limits:
    """What one document may take to read: seconds of wall time, bytes of address space."""

    seconds: float = 300
    memory: int = 6 * 2**30

    @property
    def room(self) -> str:
        """The memory in words."""
        return f"{self.memory // 2**20:,} MiB"


LIMITS = Limits()


@dataclass(frozen=True)
class Extracted:
    """A document as read: pages, passages, and how many characters were kept or left out and why."""

    source: str
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    characters: int
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)
    empty_pages: tuple[int, ...] = ()


def extract(source: Source, path: Path, parties: Sequence[Party] = ()) -> Extracted:
    """Read one document; names of the parties are masked while it is cut. Raises SourceError naming it."""
    tally = Tally()
    name = f"{source.id} ({path.name})"
    paged = source.renditions[0].media_type == "application/pdf"
    if paged:
        pages = clean_lines(read_pages(path, name), tally)
        found = units(pages, tally)
    else:
        data = path.read_bytes()
        html = source.renditions[0].media_type == "text/html"
        text = html_to_markdown(data, name) if html else read_markdown(data, name)
        law = (source.short or source.title) if source.kind is DocumentKind.LAW else None
        page, found = markdown_units(text, tally, law)
        pages = (page,)
    about = About(
        document=source.renditions[0].sha256,
        party=source.party,
        language=source.language,
        pages=paged,
        labels={p.number: p.label for p in pages},
        names=Names(parties),
    )
    cut = passages(found, about)
    if not cut:
        raise SourceError(f"{name}: no paragraph of text was found in it")
    return Extracted(
        source=source.id,
        pages=pages,
        passages=cut,
        characters=sum(len(p.text) for p in pages),
        kept=sum(len(p.text) for p in cut),
        dropped=dict(sorted(tally.dropped.items())),
        empty_pages=tuple(p.number for p in pages if not p.text.strip()),
    )


def extract_apart(source: Source, path: Path, parties: Sequence[Party] = (), limits: Limits = LIMITS) -> Extracted:
    """`extract` in a process of its own with limits on time and memory. Raises SourceError naming the document."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(theirs, source, path, tuple(parties), limits), daemon=True)
    child.start()
    theirs.close()
    try:
        if not ours.poll(limits.seconds):
            raise SourceError(f"{source.id}: reading {path.name} took more than {limits.seconds:g} seconds")
        result = ours.recv()
    except EOFError:
        child.join(5)
        raise SourceError(
            f"{source.id}: reading {path.name} ended its process (exit {child.exitcode}); "
            f"the file needs more than {limits.room} or crashes the reader"
        ) from None
    finally:
        child.kill()
        child.join()
        ours.close()
    if isinstance(result, Extracted):
        return result
    raise SourceError(str(result))


def _child(pipe: Connection, source: Source, path: Path, parties: Sequence[Party], limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pipe.send(extract(source, path, parties))
    except IsegoriaError as error:
        pipe.send(error.message)
    except MemoryError:
        pipe.send(f"{source.id}: reading {path.name} needs more than {limits.room} of memory")
    except Exception as error:
        pipe.send(f"{source.id}: {path.name} could not be read ({type(error).__name__}: {error})")
    finally:
        pipe.close()
