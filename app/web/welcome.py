"""`/`: whoever opens the address in a browser sees whether the service can work, and where to go on."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

import app as ledgerline
from app.web import health
from app.web.api.ports import Service

STATIC = Path(__file__).parent / "static"

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Ledgerline</title>
  <link rel="stylesheet" href="/static/ledgerline.css">
</head>
<body>
<a class="skip-link" href="#main">Skip to the content</a>
<header class="top"><div><span class="brand">Ledgerline</span></div></header>
<main id="main">
<div class="head"><div><h1>$title</h1><p class="lead"><span class="status $shape">$state</span> $lead</p></div></div>
$reasons
<section><h2>Where to look</h2>
<dl class="facts">
  <dt>Can it work?</dt><dd><a href="/readyz">/readyz</a> says so, or why not</dd>
  <dt>How much is open?</dt><dd><a href="/metrics">/metrics</a>, for Prometheus or for a quick look</dd>
  <dt>What became of a payment?</dt><dd>the REST API under <code>/api/v1</code>, with a token</dd>
  <dt>Is the set-up right?</dt><dd><code>ledgerline doctor</code> in the terminal</dd>
</dl></section>
</main>
<footer><span>Ledgerline $version</span></footer>
</body>
</html>
""")


def add_routes(router: APIRouter) -> None:
    router.get("/", include_in_schema=False)(welcome)
    router.get("/static/ledgerline.css", include_in_schema=False)(stylesheet)


def welcome(service: Service) -> Response:
    reasons = health.reasons(service)
    listed = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return HTMLResponse(
        PAGE.substitute(
            title="Ledgerline needs a hand" if reasons else "Ledgerline is at work",
            shape="bad" if reasons else "ok",
            state="Stopped" if reasons else "Ready",
            lead="Nothing is lost: it goes on by itself when this is mended."
            if reasons
            else "It keeps Salesforce and Sage Intacct in agreement about money.",
            reasons=f'<section class="note bad"><h2>Why</h2><ul>{listed}</ul></section>' if reasons else "",
            version=ledgerline.__version__,
        )
    )


def stylesheet() -> Response:
    return Response(_css(), media_type="text/css", headers={"cache-control": "max-age=3600"})


@cache
def _css() -> bytes:
    return (STATIC / "ledgerline.css").read_bytes()
