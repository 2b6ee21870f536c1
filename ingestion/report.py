"""The build as a person sees it: per document what was kept and left out, and why."""

from __future__ import annotations

from rich.console import Console

from ingestion.build import Built

REASONS = {
    "furniture": "headers, footers",
    "contents": "table of contents",
    "heading": "headings (kept as paths)",
    "line_number": "line numbers",
    "undecodable": "undecodable",
}


def print_report(built: Built) -> None:
    """Per document: pages, passages, characters read, kept and left out by reason."""
    console = Console()
    console.print(f"[bold]{built.election}[/bold]  corpus {built.corpus[:16]}  index {built.index[:16]}")
    widest = max(len(one.source) for one in built.extracted)
    fetched = {t.path.parent.name: f"fetched {t.fetched} from {t.url}" for t in built.taken.values() if t.fetched}
    for one in built.extracted:
        share = 100 * one.kept // max(1, one.characters)
        console.print(
            f"  {one.source:<{widest}}  {len(one.pages):>4} pages {len(one.passages):>5} passages "
            f"{one.characters:>8,} characters, {share} % in passages",
            highlight=False,
            soft_wrap=True,
        )
        left = [f"{REASONS.get(k, k)} {n:,}" for k, n in one.dropped.items()]
        left += [f"pages without text: {', '.join(map(str, one.empty_pages))}"] if one.empty_pages else []
        if left:
            console.print(
                f"  {'':<{widest}}  left out: {'; '.join(left)}", style="dim", highlight=False, soft_wrap=True
            )
        if one.source in fetched:
            console.print(f"  {'':<{widest}}  {fetched[one.source]}", style="dim", highlight=False, soft_wrap=True)
    if built.subjects is not None:
        fits = built.subjects
        console.print(
            f"  subject index: {fits.used:,} passages"
            + (f"; {fits.stale:,} lines are stale: this build has no such passage" if fits.stale else "")
            + (f"; {fits.without:,} passages of programmes have no line" if fits.without else ""),
            highlight=False,
            soft_wrap=True,
        )
    used, left_out = built.matters
    if used or left_out:
        stale = f"; {left_out:,} are left out: a passage that they name is not in this build" if left_out else ""
        console.print(f"  register: {used:,} matters{stale}", highlight=False, soft_wrap=True)
    console.print("  The rest are line ends, hyphens of line breaks, bullets and spaces.", style="dim")
