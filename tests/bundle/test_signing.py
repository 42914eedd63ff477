"""Statements and signatures: against the specifications' own examples, and against other programs."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from forging import reseal

from standfast.analysis import decisions
from standfast.analysis.decisions import Decision, GateResult
from standfast.bundling import bundle
from standfast.cli import main
from standfast.errors import LogError, RunError
from standfast.reports import manifest, statement
from standfast.verifying import verify

pytest.importorskip("cryptography", reason="cryptography is not installed")

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from standfast import signing

PLAIN = form.NoEncryption()


def private(key: Any, path: Path, *, openssh: bool = False, secret: bytes | None = None) -> Path:
    kind = form.PrivateFormat.OpenSSH if openssh else form.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(form.Encoding.PEM, kind, form.BestAvailableEncryption(secret) if secret else PLAIN)
    )
    return path


def public(key: Any, path: Path, *, openssh: bool = False) -> Path:
    if openssh:
        content = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    else:
        content = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def signed(audited: Path, key: Ed25519PrivateKey, tmp_path: Path) -> Path:
    return bundle(audited, tmp_path / "signed", key=private(key, tmp_path / "key.pem")).path


def test_what_is_signed_is_the_specification_s_example() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"  # DSSE v1.0.2, protocol.md
    assert statement.signable(b"hello world", "http://example.com/HelloWorld") == expected


@pytest.mark.parametrize("openssh", [False, True])
def test_a_signed_bundle_holds_with_the_key_that_signed(
    openssh: bool, audited: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    made = bundle(audited, tmp_path / "b", key=private(key, tmp_path / "key", openssh=openssh))
    assert len(made.signed) == 64
    found = verify(made.path, key=public(key, tmp_path / "key.pub", openssh=openssh), reports=False)
    assert found.holds
    assert found.notes[0] == "Signed by key.pub."


def test_the_envelope_holds_under_a_bare_ed25519_check(signed: Path, key: Ed25519PrivateKey) -> None:
    envelope = json.loads((signed / statement.ENVELOPE).read_bytes())
    payload = base64.b64decode(envelope["payload"])
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert payload == (signed / statement.FILE).read_bytes()
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 " + b" ".join([str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    key.public_key().verify(base64.b64decode(envelope["signatures"][0]["sig"]), message)


def test_another_key_does_not_hold(signed: Path, tmp_path: Path) -> None:
    other = public(Ed25519PrivateKey.generate(), tmp_path / "other.pub")
    found = verify(signed, key=other)
    assert not found.holds
    assert "not by other.pub" in found.differences[0]


def test_an_unsigned_bundle_does_not_hold_where_a_key_is_asked_for(
    whole: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    found = verify(whole, key=public(key, tmp_path / "key.pub"))
    assert found.differences == ("statement.dsse.json: is missing; the bundle is not signed by key.pub",)


def test_a_forgery_cannot_be_resealed_under_the_key(signed: Path, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    envelope = (signed / statement.ENVELOPE).read_bytes()
    (signed / "README.txt").write_text("Trust me.")
    reseal(signed)
    known = public(key, tmp_path / "key.pub")
    assert (signed / statement.ENVELOPE).read_bytes() == envelope
    assert "signs another statement" in verify(signed, key=known).differences[0]
    opened = statement.opened(envelope)
    moved = opened._replace(payload=(signed / statement.FILE).read_bytes())
    (signed / statement.ENVELOPE).write_bytes(statement.envelope(moved))
    assert "not by key.pub" in verify(signed, key=known).differences[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(payloadType="application/json"),
        lambda e: e.update(signatures=[]),
        lambda e: e["signatures"].append(e["signatures"][0]),
        lambda e: e.pop("payload"),
        lambda e: e.update(payload="%%%"),
        lambda e: e["signatures"][0].update(sig="AA=="),
        lambda e: e["signatures"][0].update(sig=None),
        lambda e: e.update(signatures="none"),
    ],
)
def test_an_envelope_that_is_none_does_not_hold(
    change: Any, signed: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    envelope = json.loads((signed / statement.ENVELOPE).read_bytes())
    change(envelope)
    (signed / statement.ENVELOPE).write_bytes(json.dumps(envelope).encode())
    found = verify(signed, key=public(key, tmp_path / "key.pub"))
    assert not found.holds
    assert found.differences[0].startswith("statement.dsse.json: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"[" * 100_000, b"\xff"])
def test_what_is_no_envelope_is_named(content: bytes) -> None:
    with pytest.raises(LogError, match=r"statement\.dsse\.json"):
        statement.opened(content)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    for other in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        with pytest.raises(RunError, match="expected ed25519"):
            signing.sign(b"{}", private(other, tmp_path / "key"))
        with pytest.raises(RunError, match="expected ed25519"):
            signing.problem(statement.Envelope(b"{}", "", b""), public(other, tmp_path / "key.pub"))


def test_a_key_that_is_none_or_needs_a_passphrase_is_refused_and_not_quoted(
    key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    (tmp_path / "none").write_text("my secret words")
    closed = private(key, tmp_path / "closed", secret=b"passphrase")
    for path in (tmp_path / "none", closed, tmp_path / "absent", tmp_path):
        with pytest.raises(RunError) as caught:
            signing.sign(b"{}", path)
        assert "secret words" not in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(RunError, match="no public key"):
        signing.problem(statement.Envelope(b"{}", "", b""), tmp_path / "none")


def test_a_private_key_does_not_reach_the_bundle(signed: Path, tmp_path: Path) -> None:
    secret = bytes(range(32))
    pem = (tmp_path / "key.pem").read_bytes().splitlines()[1]
    for path in signed.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes()
            assert pem not in path.read_bytes()


def test_the_command_signs_and_verifies(audited: Path, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    secret, known = private(key, tmp_path / "key.pem"), public(key, tmp_path / "key.pub")
    out = tmp_path / "b.zip"
    done = CliRunner().invoke(main, ["bundle", str(audited), "--out", str(out), "--sign", str(secret)])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["verify", str(out), "--key", str(known), "--no-reports"])
    assert done.exit_code == 0, done.output
    assert "Signed by key.pub" in done.output


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen_signs_and_checks_the_statement_as_documented(copy: Path, tmp_path: Path) -> None:
    def call(*words: str, stdin: Path | None = None) -> int:
        content = stdin.read_bytes() if stdin else b""
        return subprocess.run(["ssh-keygen", *words], input=content, capture_output=True, check=False).returncode

    assert call("-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(tmp_path / "key")) == 0
    assert call("-Y", "sign", "-n", statement.NAMESPACE, "-f", str(tmp_path / "key"), str(copy / statement.FILE)) == 0
    assert (copy / statement.SSH_SIGNATURE).is_file()
    assert verify(copy, reports=False).holds  # the signature beside the statement is no foreign file
    known = tmp_path / "allowed"
    known.write_text(f"release@example.org {(tmp_path / 'key.pub').read_text()}")
    check = ["-Y", "verify", "-f", str(known), "-I", "release@example.org", "-n", statement.NAMESPACE]
    check += ["-s", str(copy / statement.SSH_SIGNATURE)]
    assert call(*check, stdin=copy / statement.FILE) == 0
    assert call(*check, stdin=copy / manifest.FILE) != 0


def test_the_statement_is_one_by_the_specification_s_own_library(whole: Path) -> None:
    pytest.importorskip("in_toto_attestation", reason="in-toto-attestation is not installed")
    from google.protobuf import json_format
    from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    stated = json.loads((whole / statement.FILE).read_bytes())
    [subject] = stated["subject"]
    assert subject["name"] == manifest.FILE
    Statement.copy_from_pb(json_format.ParseDict(stated, statement_pb2.Statement())).validate()
    known = {name: value for name, value in stated["predicate"].items() if not name.startswith("x-")}
    predicate = json_format.ParseDict(known, test_result_pb2.TestResult())
    assert predicate.result == "FAILED"
    assert list(predicate.failed_tests) == known["failedTests"]


def gate(verdict: str, *, blocking: bool = True, name: str = "G1") -> GateResult:
    raw: Any = "fail" if verdict == "waived" else verdict
    shown: Any = verdict
    return GateResult(
        id=name, title="t", model="openai/gpt-5", audit="advice", measure="m", contrast="E3(full)", direction="higher",
        margin=-10.0, blocking=blocking, verdict=shown, raw=raw, reason="", finding=None,
    )  # fmt: skip


BASE = Decision(verdict="pass", exit_code=0, simulated=False, headline="", gates=(gate("pass"),))


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (BASE, "PASSED"),
        (replace(BASE, gates=(gate("pass"), gate("waived", name="G2"))), "WARNED"),
        (replace(BASE, gates=(gate("pass"), gate("fail", blocking=False, name="G2"))), "WARNED"),
        (replace(BASE, gates=(gate("pass"), gate("missing", blocking=False, name="G2"))), "WARNED"),
        (replace(BASE, simulated=True), "FAILED"),
        (replace(BASE, simulated=True, allow_simulated=True), "FAILED"),
        (replace(BASE, verdict="inconclusive", exit_code=11, gates=(gate("inconclusive"),)), "FAILED"),
        (replace(BASE, verdict="fail", exit_code=10, gates=(gate("fail"),)), "FAILED"),
        (replace(BASE, verdict="missing", exit_code=12, gates=(gate("missing"),)), "FAILED"),
        (replace(BASE, verdict="missing", exit_code=12), "FAILED"),
    ],
)
def test_who_reads_one_word_alone_releases_on_no_more_than_a_pass(decision: Decision, word: str) -> None:
    assert statement.result(decision) == word


def test_an_inconclusive_decision_that_is_let_through_is_no_pass() -> None:
    let = replace(BASE, verdict="inconclusive", exit_code=0, inconclusive="warn", gates=(gate("inconclusive"),))
    assert statement.result(let) == "FAILED"
    assert decisions.from_json(decisions.to_json(let)).inconclusive == "warn"


def test_each_gate_stands_in_one_list_of_the_statement() -> None:
    results = [gate(verdict, name=verdict) for verdict in ("pass", "fail", "inconclusive", "missing", "waived")]
    results.append(gate("fail", blocking=False, name="advisory"))
    listed = manifest.manifest([], {}, "")
    stated = json.loads(statement.statement(listed, replace(BASE, gates=tuple(results)), {"models": ["openai/gpt-5"]}))
    lists = {
        name: [t.split(" ")[0] for t in stated["predicate"][name]]
        for name in ("passedTests", "warnedTests", "failedTests")
    }
    assert lists == {
        "passedTests": ["pass"],
        "warnedTests": ["waived", "advisory"],
        "failedTests": ["fail", "inconclusive", "missing"],
    }
