"""The decision as an in-toto statement about the manifest, and the envelope that a signature is put on.

Sources: in-toto Statement v1 and predicate test-result v0.1 (github.com/in-toto/attestation, spec/v1/statement.md and
spec/predicates/test-result.md); DSSE v1.0.2 (github.com/secure-systems-lab/dsse, protocol.md and envelope.md).
Deviation: what the predicate has no field for stands under `x-`; readers of the predicate pass over it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from standfast.analysis.decisions import Decision, GateResult
from standfast.errors import LogError
from standfast.reports import manifest

FILE = "statement.json"
ENVELOPE = "statement.dsse.json"
SSH_SIGNATURE = "statement.json.sig"
TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD = "application/vnd.in-toto+json"
NAMESPACE = "standfast"  # of `ssh-keygen -Y sign`

Result = Literal["PASSED", "WARNED", "FAILED"]


class Envelope(NamedTuple):
    """A signed statement.

    Attributes:
        payload: The statement's bytes.
        keyid: Which key signed, a hint that is not itself signed.
        signature: The signature of `signable(payload)`.
    """

    payload: bytes
    keyid: str
    signature: bytes


def statement(listed: Mapping[str, Any], decision: Decision, run: Mapping[str, Any]) -> bytes:
    """Return the statement as canonical JSON.

    Args:
        listed: The manifest; its hash is the statement's one subject.
        decision: What the gates say.
        run: run.json.
    """
    files = {entry["path"]: entry["sha256"] for entry in listed["files"]}
    configuration = [
        name for name in ("suite.yaml", "gates.yaml", "gates-post-hoc.yaml", "waivers.yaml") if name in files
    ]
    return manifest.canonical(
        {
            "_type": TYPE,
            "subject": [{"name": manifest.FILE, "digest": {"sha256": _sha256(manifest.canonical(listed))}}],
            "predicateType": PREDICATE,
            "predicate": {
                "result": result(decision),
                "configuration": [{"name": name, "digest": {"sha256": files[name]}} for name in configuration],
                "passedTests": [_test(gate) for gate in decision.gates if gate.verdict == "pass"],
                "warnedTests": [_test(gate) for gate in decision.gates if _warns(gate)],
                "failedTests": [_test(gate) for gate in decision.gates if gate.verdict != "pass" and not _warns(gate)],
                "x-verdict": decision.verdict,
                "x-exit-code": decision.exit_code,
                "x-simulated": decision.simulated,
                "x-post-hoc": bool(decision.policy and decision.policy.post_hoc),
                "x-models": list(run["models"]),
                "x-evidence": listed["evidence"],
            },
        }
    )


def result(decision: Decision) -> Result:
    """Return the decision in the predicate's three words.

    Whoever reads no more than this word may release on it: all that is not a pass is FAILED, an inconclusive decision
    that was let through as well, and all that a simulated subject or judge took part in. WARNED is a pass with a waiver,
    or with an advisory gate that did not pass.
    """
    if decision.verdict != "pass" or decision.exit_code != 0 or decision.simulated:
        return "FAILED"
    return "PASSED" if all(gate.verdict == "pass" for gate in decision.gates) else "WARNED"


def signable(payload: bytes, kind: str = PAYLOAD) -> bytes:
    """Return what is signed: the payload and its type, each with its length before it (PAE, DSSE protocol.md)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def envelope(signed: Envelope) -> bytes:
    """Return a signed statement as DSSE envelope."""
    coded = base64.b64encode
    return manifest.canonical(
        {
            "payloadType": PAYLOAD,
            "payload": coded(signed.payload).decode(),
            "signatures": [{"keyid": signed.keyid, "sig": coded(signed.signature).decode()}],
        }
    )


def opened(content: bytes) -> Envelope:
    """Read an envelope with one signature.

    Raises:
        LogError: It is none, or is of another type.
    """
    try:
        found = json.loads(content)
        [signed] = found["signatures"]
        if found["payloadType"] != PAYLOAD:
            message = f"{ENVELOPE}: payloadType is {found['payloadType']!r}, expected {PAYLOAD!r}"
            raise LogError(message)
        return Envelope(_decoded(found["payload"]), str(signed.get("keyid", "")), _decoded(signed["sig"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{ENVELOPE}: is no DSSE envelope with one signature ({type(error).__name__}: {error})"
        raise LogError(message) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _warns(gate: GateResult) -> bool:
    return gate.verdict == "waived" or (not gate.blocking and gate.verdict != "pass")


def _test(gate: GateResult) -> str:
    return f"{gate.id} · {gate.model}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
