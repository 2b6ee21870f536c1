#!/usr/bin/env python3
"""A page of somebody else's, on its own origin and with a strict policy, that shows an election in a widget.

For trying and for tests: `make host` beside `make run`. It needs nothing but Python.
"""

from __future__ import annotations

import argparse
import html
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auenstadt: elections</title>
<link rel="stylesheet" href="/host.css">
<script type="module" src="{service}/widget/v1.js"></script>
</head>
<body>
<header><p>City of Auenstadt</p></header>
<main>
<h1>Elections</h1>
<p>This page belongs to a city, not to the service. The line below puts the service on it.</p>
{widgets}
<p>Office hours: Monday to Friday, 8 to 12.</p>
</main>
</body>
</html>
"""
WIDGET = """<isegoria-chat election="{election}" lang="{lang}"{more}>
<a href="{service}/e/{election}">{label}</a></isegoria-chat>
"""
STYLE = """body { margin: 0; font: 17px/1.5 Verdana, sans-serif; background: #f4f1ea; color: #222; }
header { background: #2b3a42; color: #fff; padding: .5rem 1.5rem; }
main { max-width: 46rem; margin: 1.5rem auto; padding: 0 1rem; }
isegoria-chat { margin: 1.5rem 0; border: 1px solid #999; --isegoria-paper: #fffdf8; --isegoria-ink: #1c1a17; }
"""


def handler(service: str, elections: list[str], lang: str) -> type[BaseHTTPRequestHandler]:
    """Serves `/`, with a frame at once, `/button`, with a button that opens it, and the style sheet."""
    policy = f"default-src 'none'; style-src 'self'; script-src {service}; frame-src {service}; base-uri 'none'"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/host.css":
                self.reply("text/css", STYLE)
            elif self.path in ("/", "/button"):
                more = ' mode="button"' if self.path == "/button" else ""
                labels = {"service": html.escape(service), "lang": html.escape(lang), "more": more}
                labels["label"] = "Fragen zur Wahl" if lang.startswith("de") else "Questions on the election"
                widgets = "".join(WIDGET.format(election=html.escape(e), **labels) for e in elections)
                self.reply("text/html; charset=utf-8", PAGE.format(widgets=widgets, **labels))
            else:
                self.send_error(404)

        def reply(self, kind: str, text: str) -> None:
            data = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing of who came."""

    return Handler


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="origin of the running service")
    parser.add_argument("--election", action="append", help="election to show; may be given twice (default: demo)")
    parser.add_argument("--lang", default="de")
    parser.add_argument("--port", type=int, default=8001)
    asked = parser.parse_args()
    server = ThreadingHTTPServer(
        ("127.0.0.1", asked.port), handler(asked.service, asked.election or ["demo"], asked.lang)
    )
    sys.stdout.write(f"http://127.0.0.1:{asked.port} shows {asked.service} in a frame; Ctrl-C ends it\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
