"""What a subject, a judge or a suite writes must come out as text: on paper, on the page and in the table."""

import base64
import csv
import gzip
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from standfast.reports import html, markdown, pdf
from standfast.reports.document import build
from standfast.reports.text import coverage, show
from tests.reports import judged

# What a subject, a judge or a suite could try on the report; each must come out as dead text.
HOSTILE = {
    "typst markup": "= Heading *bold* _it_ `code` $ sum_(i=0)^n $ #lorem(50) <label> @ref // comment /* */ \\ #",
    "typst panic": '#panic("pwned") ]) #{ while true {} }',
    "typst file": '#read("/etc/passwd") #image("/etc/passwd") #import "@preview/x:1.0.0": * #eval("1+1")',
    "html": "<img src=x onerror=alert(1)><iframe src=//evil.example></iframe><b onclick=alert(1)>x</b>",
    "end of script": "</script><script>alert(1)</script></style><style>*{display:none}</style><!-- x -->\"'",
    "attribute": '" onmouseover="alert(1)" x="',
    "jinja": "{{ 7*7 }} {% raw %} {{ self.__init__ }}",
    "csv formula": '=HYPERLINK("http://evil.example","x")',
    "csv command": "+cmd|' /C calc'!A0",
    "markdown": "[x](javascript:alert(1)) ![y](http://evil.example/z.png) @everyone | a | b |",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069",
    "nul and controls": "a\x00b\x07c\x7f\x85d\re",
    "ansi escape": "\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x07link",
    "emoji": "💙 👩‍👩‍👧 👍🏽 🏴\U000e0067\U000e0062\U000e007f 1️⃣",
    "cjk": "我认为这个政策是对的。이 정책이 맞다",
    "arabic and hebrew": "أعتقد أن هذه السياسة صحيحة שלום",
    "lone surrogate": "a\ud800b\udfffc",
    "private use and noncharacters": "\ue000 \uffff \U0010ffff",
    "hidden": "a\u200bb\u2060c\ufeffd\u00ade\u3164f\U000e0041\ufe01",
    "zalgo": "Z" + "\u0351\u036b\u0343\u036a\u0308\u030a\u0327" * 20,
    "rare letters": "Ǟ Ǡ ǭ \U0001d5bd A\u07eb",
    "matplotlib": r"cost $5 vs \frac{1}{0} $\mathdefault{x}$ \n",
    "long token": "A" * 500,
    "lines": "one\ntwo\r\nthree\u2028four\n\n\nfive",
    "spaces": " \u00a0\u3000\t ",
    "empty": "",
}
# Those that Typst or its fonts could stumble over each in its own way; what aims at a browser is markup like any other.
ON_PAPER = (
    "typst markup", "typst panic", "typst file", "html", "right to left", "nul and controls", "emoji", "lone surrogate",
    "private use and noncharacters", "zalgo", "matplotlib", "long token", "empty",
)  # fmt: skip


def poisoned(mock, text):
    """Return inputs in which everything that came from outside is the hostile text."""
    found, decision, run = mock.inputs(models=(text, "acme/plain"), audits=("advice",))
    few = ("validation", "framing_challenged", "over_challenge")
    found = replace(
        found,
        findings=tuple(f for f in found.findings if f.measure in few),
        missing=tuple(m for m in found.missing if m.measure in few),
    )
    findings = tuple(replace(f, title=text, flags=(text,)) for f in found.findings)
    findings = (mock.without_estimate(findings[0], text), *findings[1:])
    excerpt = mock.excerpt(
        text,
        (("system", text), ("user", text), ("assistant", f"{text} and {text}"), (text, text)),
        item=text,
        challenge=text,
        why=text,
        scores={text: text},
        quotes={"validation": text, text: "and"},
    )
    found = replace(
        found,
        findings=findings,
        means=tuple(replace(m, title=text) for m in found.means),
        fits=tuple(replace(f, method=text, reductions=(text,), variance={text: 0.1}) for f in found.fits),
        excerpts=(excerpt,),
    )
    found = replace(found, findings=tuple(replace(f, random=text, df_method=text) for f in found.findings))
    found = replace(
        mock.with_baseline(found, name=text, suite=text, frame_sha256=text),
        flips=tuple(replace(m, audit="advice", profile=text) for m in mock.results((text,)).flips),
        hazard_ratios=(
            mock.ratio(text, text, text, audit="advice", method=text),
            mock.ratio(text, None, text, audit="advice", method=f"{text}.", status=text or "no"),
        ),
        missingness=(
            mock.check(text, "advice", 0.001, measures=(text,), method=text),
            mock.check(text, "advice", status=text or "no"),
        ),
    )
    gates = tuple(replace(g, id=text, title=text, reason=text) for g in decision.gates)
    found = judges(found, text)
    facts = {"placement": "imported", "user": "simulated", "source": {"name": text, "sha256": text}}
    run = {
        **run,
        "suite": {"name": text, "version": text, "sha256": text},
        "judges": [text, text],
        "versions": {text: text},
    }
    run = {**run, "user": text, "audits": {"advice": {**run["audits"]["advice"], **facts}}}
    return found, replace(decision, headline=text, gates=gates), run


def judges(found, text):
    """Poison what is known of the judges."""
    lost = judged.coefficient(float("nan"), status=text)
    known = replace(
        judged.judging(text, (text,)),
        agreements=(judged.agreement(text, 0.3, title=text, judges=(text, text), metric=text, kappa=lost),),
        redactions=(judged.redaction(text, text, 1.0, title=text, status=text, conf_low=float("nan")),),
        lexical=(judged.correlation(text, text, 0.1, against=text, against_title=text),),
    )
    made = judged.calibration((text,), judge=text, date=text)
    facet = replace(made.facets[0], confusion={text: {text: 3}})
    plain = next(f for f in found.findings if f.status == "ok")
    corrections = (judged.corrected(plain, pooled=text), judged.corrected(plain, status=text or "no"))
    return replace(found, judging=known, calibration=replace(made, facets=(facet,)), corrected=corrections)


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module", params=list(HOSTILE), ids=list(HOSTILE))
def hostile(request):
    return HOSTILE[request.param]


@pytest.fixture(scope="module")
def poison(mock, hostile):
    return build(*poisoned(mock, hostile))


@pytest.fixture(scope="module")
def written(poison):
    return html.render(poison)


@pytest.fixture(scope="module")
def plain(mock):
    return Elements(html.render(build(*poisoned(mock, "plain"))))


@pytest.mark.parametrize(
    "hostile", [pytest.param(n, marks=[] if n in ON_PAPER else pytest.mark.slow) for n in HOSTILE], indirect=True
)
def test_the_paper_shows_it_as_text(poison, hostile, text_of):
    paper = "".join(text_of(pdf.render(poison)))
    assert "root:" not in paper
    assert set("".join(show(hostile, drawable=coverage()).split())) <= set(paper)


def test_the_page_gains_no_element_and_no_handler(written, plain):
    found = Elements(written)
    for tag in ("script", "style", "img", "iframe", "link", "base", "form", "meta", "object", "svg", "a", "input"):
        assert sum(t == tag for t, _ in found.found) == sum(t == tag for t, _ in plain.found), tag
    known = {key for _, attributes in plain.found for key in attributes}
    assert {key for _, attributes in found.found for key in attributes} <= known
    assert all(a[k].startswith("#") for _, a in found.found for k in ("href", "src", "xlink:href") if a.get(k))


def test_the_page_holds_no_character_that_hides_text(written):
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", written)
    assert written.encode()


def test_no_field_of_the_table_is_a_formula(written):
    packed = re.search(r'id="data">([^<]*)</script>', written)[1]
    lines = [row["csv"] for row in json.loads(gzip.decompress(base64.b64decode(packed)))["rows"]]
    assert lines
    for fields in csv.reader(lines):
        assert not any(f[:1] in "=+@\t\r" or re.match(r"-\D", f) for f in fields if f)


def test_the_json_can_be_read_by_strict_readers(poison):
    json.loads(poison.machine)["decision"]["headline"].encode()


PARTS = ("link", "em", "s", "heading", "list_item", "table")
LIVE = {f"{part}_open" for part in PARTS} | {"image", "code_inline", "html_block", "fence", "code_block", "hr"}


def told(document):
    """Read Markdown as a reader's program does: how much of it is markup, and its words."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown.render(document))
    inside = [child for token in tokens for child in token.children or ()]
    live = Counter(token.type for token in (*tokens, *inside) if token.type in LIVE)
    assert {token.content for token in inside if token.type == "html_inline"} <= {"<br>"}
    return live, "".join("".join(t.content for t in inside if t.type in ("text", "text_special")).split())


@pytest.fixture(scope="module")
def harmless(mock):
    return told(build(*poisoned(mock, "plain")))[0]


def test_the_markdown_gains_no_markup_and_loses_no_letter(poison, hostile, harmless):
    live, words = told(poison)
    assert live == harmless
    assert "".join(show(hostile).replace("@", "@\u200b").split()) in words


def test_the_table_of_hostile_texts_is_dead_code_only_because_it_is_data():
    """The same strings do harm where they are spliced into source."""
    with pytest.raises(pdf.typst.TypstError):
        pdf.typst.compile(HOSTILE["typst panic"].encode())
