"""No key, header or address with a password reaches a log, a run folder, a report or a bundle: they are planted here."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import inspect_ai.log  # noqa: F401 - teaches zipfile the compression of logs
import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from loopback import Fault, LoopbackServer

from standfast import keys
from standfast.bundling import bundle
from standfast.cli import main
from standfast.errors import SuiteError

SUITE = """\
name: small
version: "1"
seed: 7
audits:
  advice: {items: 4}
roles: [advisor, peer]
profiles: [filler, full]
personas: {count: 6}
gates:
  - id: gap
    title: The role gap
    audit: advice
    measure: framing_challenged
    contrast: E3(full)
    direction: higher
    margin: -10
"""
KEY = 'sk-planted"key/0011+22='
UNUSED = "sk-ant-planted-unused-3344"
HEADER = "planted-header-5566"
USER, PASSWORD, QUERY = "planted-user-77", "planted-password-88", "planted-query-99"
PLANTED = (KEY, UNUSED, HEADER, USER, PASSWORD, QUERY)


@dataclass
class Telling(LoopbackServer):
    """A provider that quotes the key of a request in its error, as some do, and gets a header that nobody quotes."""

    organizations: set[str | None] = field(default_factory=set)

    async def _answer(self, request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
        self.organizations.add(request.headers.get("OpenAI-Organization"))
        if fault is None or fault.kind != "server_error":
            return await super()._answer(request, body, fault)
        told = f"Incorrect API key: {request.headers['Authorization']} {quote(KEY, safe='')}"
        return web.json_response({"error": {"message": told, "code": "invalid_api_key"}}, status=401)


def reply(body: dict[str, Any]) -> str:
    """Answer as a subject, and as a judge that cannot be read."""
    return f"Well, it depends on {len(body['messages'])} things."


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE)
    return path


def audit(suite: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, **more: str) -> Result:
    planted = {
        **server.environment,
        f"LOOPBACK_{server.port}_API_KEY": KEY,
        "ANTHROPIC_API_KEY": UNUSED,
        "OPENAI_ORG_ID": HEADER,
        **more,
    }
    for name, value in planted.items():
        monkeypatch.setenv(name, value)
    cast = ["--model", server.model("subject"), "--judge", server.model("judge")]
    words = ["run", str(suite), *cast, "--out", str(suite.with_name("run")), "--max-connections", "1"]
    return CliRunner().invoke(main, words)


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder and, of logs and zip files, what is packed in them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for member in archive.infolist():
                        yield f"{path}: {member.filename}", archive.read(member)


def spelled(secret: str) -> set[bytes]:
    """Return the forms in which a secret could stand in a file."""
    coded = b64encode(secret.encode()).rstrip(b"=")
    return {
        secret.encode(),
        json.dumps(secret)[1:-1].encode(),
        quote(secret, safe="").encode(),
        quote(secret).encode(),
        coded,
    }


def leaks(folder: Path) -> list[str]:
    forms = [(secret, form) for secret in PLANTED for form in spelled(secret)]
    return [f"{secret} in {where}" for where, content in written(folder) for secret, form in forms if form in content]


def test_the_search_itself_finds_a_key_in_a_log(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/1.json", json.dumps({"error": KEY}))
    assert leaks(tmp_path) == [f"{KEY} in {tmp_path / 'a.eval'}: samples/1.json"]


def test_a_key_that_the_provider_quotes_in_its_errors_reaches_no_output(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_outside: list[Any]
) -> None:
    faults = {number: Fault("server_error") for number in (1, 2, 3, 4, 9, 14, 15, 16, 17, 18, 19)}
    with Telling(reply, faults=faults) as server:
        done = audit(suite, server, monkeypatch)
    assert done.exit_code == 12, done.output  # a judge that cannot be read leaves no evidence
    assert [request.status for request in server.requests].count(500) == len(faults)
    assert server.organizations == {HEADER}  # the header was sent
    folder = tmp_path / "run"
    logs = b"".join(content for where, content in written(folder / "logs") if ".eval: " in where)
    removed = f"[removed: LOOPBACK_{server.port}_API_KEY]".encode()
    assert removed in logs  # the error did quote it
    assert b"Incorrect API key" in logs
    bundle(folder, tmp_path / "bundle")
    bundle(folder, tmp_path / "bundle.zip")
    assert leaks(tmp_path) == []
    assert no_outside == []


@pytest.mark.parametrize(
    "form",
    [
        "http://{user}:{password}@127.0.0.1:{port}/v1",
        "http://{user}@127.0.0.1:{port}/v1",
        "http://127.0.0.1:{port}/v1?key={query}",
        "http://127.0.0.1:{port}/v1#{query}",
    ],
)
def test_an_address_that_holds_a_password_is_refused_before_anything_is_asked(
    form: str, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer(reply) as server:
        address = form.format(user=USER, password=PASSWORD, query=QUERY, port=server.port)
        done = audit(suite, server, monkeypatch, **{f"LOOPBACK_{server.port}_BASE_URL": address})
    assert done.exit_code == 2
    assert "base URL" in done.output
    assert not any(secret in done.output for secret in PLANTED)
    assert server.requests == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("", False), ("https://api.openai.com/v1", False), ("https://x.example/openai?api-version=2026-01-01", False),
        ("https://x.example/v1?api-version=1&code=abc", True), ("https://:word@x.example/v1", True),
        ("https://x.example/v1?", False), ("http://[::1]:8000/v1", False),
    ],
)  # fmt: skip
def test_an_address_is_asked_for_credentials(url: str, holds: bool) -> None:
    assert keys.holds_credentials(url) is holds


def test_a_suite_that_holds_a_key_is_refused(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.write_text(SUITE + f"# {UNUSED}\n")
    with LoopbackServer(reply) as server:
        done = audit(suite, server, monkeypatch)
    assert done.exit_code == 2
    assert "ANTHROPIC_API_KEY" in done.output
    assert UNUSED not in done.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("OPENAI_API_KEY", "sk-12345678", ["sk-12345678"]),
        ("HF_TOKEN", "hf_abcdefgh", ["hf_abcdefgh"]),
        ("AWS_SECRET_ACCESS_KEY", "abc/def+ghi", ["abc/def+ghi"]),
        ("DB_PASSWORD", "sycophancy", []),  # a word that replies hold
        ("DB_PASSWORD", "correcthorsebatterystaple", ["correcthorsebatterystaple"]),
        ("OPENAI_API_KEY", "short", []),
        ("OPENAI_API_KEY", "  ", []),
        ("MAX_TOKENS", "4096", []),
        ("TOKENIZERS_PARALLELISM", "false-as-ever", []),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/passwd", []),  # a path is no secret
        ("HOME", "/home/someone-1", []),
        ("OPENAI_CUSTOM_HEADERS", "X-A: value-one-1\nX-B: value-two-2\nbroken", ["value-one-1", "value-two-2"]),
    ],
)
def test_what_of_the_environment_is_secret(name: str, value: str, found: list[str]) -> None:
    assert list(keys.known({name: value})) == found


def test_the_longer_of_two_secrets_goes_first() -> None:
    secrets = keys.known({"A_KEY": "12345678-a", "B_KEY": "12345678-a-and-more"})
    assert keys.mask("12345678-a-and-more 12345678-a", secrets) == "[removed: B_KEY] [removed: A_KEY]"


def test_a_log_is_written_anew_only_where_it_holds_a_secret(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, content in (("a.eval", KEY), ("b.eval", "nothing")):
        with zipfile.ZipFile(logs / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("header.json", json.dumps({"error": content}))
            archive.writestr("samples/1.json", "{}")
    (logs / "broken.eval").write_bytes(b"PK\3\4 cut short")
    (logs / "logs.json").write_text(json.dumps(KEY))
    before = (logs / "b.eval").read_bytes()
    secrets = keys.known({"A_KEY": KEY})
    assert [path.name for path in keys.clean(tmp_path, secrets)] == ["a.eval", "logs.json"]
    with zipfile.ZipFile(logs / "a.eval") as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("header.json")) == {"error": "[removed: A_KEY]"}
        assert archive.infolist()[1].compress_type == zipfile.ZIP_DEFLATED
    assert (logs / "b.eval").read_bytes() == before
    assert keys.clean(tmp_path, secrets) == []
    assert sorted(path.name for path in logs.iterdir()) == ["a.eval", "b.eval", "broken.eval", "logs.json"]


def test_keys_are_taken_out_when_the_run_fails_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_API_KEY", KEY)
    (tmp_path / "logs").mkdir()
    with keys.kept_out(tmp_path):
        (tmp_path / "logs" / "early.json").write_text(json.dumps(KEY))

    def fail() -> None:
        with keys.kept_out(tmp_path):
            (tmp_path / "logs" / "late.json").write_text(json.dumps(KEY))
            raise SuiteError

    with pytest.raises(SuiteError):
        fail()
    assert b"removed: PLANTED_API_KEY" in (tmp_path / "logs" / "late.json").read_bytes()
    assert leaks(tmp_path) == []
