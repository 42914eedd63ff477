"""Signatures with an ed25519 key, as `openssl genpkey -algorithm ed25519` or `ssh-keygen -t ed25519` makes one."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from standfast.errors import RunError
from standfast.reports.statement import Envelope, signable

# An optional dependency: whoever signs by `ssh-keygen -Y sign`, or in CI, needs none of it.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MISSING = "signatures need the package `cryptography`: pip install 'standfast[sign]', or sign with ssh-keygen -Y"
_LIMIT = 2**16  # no ed25519 key is larger


def sign(payload: bytes, key: Path) -> Envelope:
    """Sign a statement.

    Args:
        payload: Its bytes.
        key: File of the private key, PEM or OpenSSH, without a passphrase.

    Raises:
        RunError: It is no such key, or the package is not installed.
    """
    private = _private(key)
    return Envelope(payload, keyid(private.public_key()), private.sign(signable(payload)))


def problem(envelope: Envelope, key: Path) -> str:
    """Return why an envelope was not signed by a key; empty where it was.

    Args:
        envelope: The signed statement.
        key: File of the public key, PEM or OpenSSH.

    Raises:
        RunError: It is no such key, or the package is not installed.
    """
    public = _public(key)
    from cryptography.exceptions import InvalidSignature

    try:
        public.verify(envelope.signature, signable(envelope.payload))
    except InvalidSignature:
        return f"the signature is not by {key.name} (key {keyid(public)[:16]}), or is of another statement"
    return ""


def keyid(key: "Ed25519PublicKey") -> str:
    """Return the name of a key: the sha256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def _private(path: Path) -> "Ed25519PrivateKey":
    content = _read(path)
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key
    except ImportError as error:
        raise RunError(_MISSING) from error
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in content else load_pem_private_key
    try:
        found = load(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"{path}: is no private key without a passphrase; expected ed25519 as PEM or OpenSSH"
        raise RunError(message) from error
    if not isinstance(found, Ed25519PrivateKey):
        message = f"{path}: is a key of another kind; expected ed25519"
        raise RunError(message)
    return found


def _public(path: Path) -> "Ed25519PublicKey":
    content = _read(path)
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key
    except ImportError as error:
        raise RunError(_MISSING) from error
    load = load_ssh_public_key if content.startswith(b"ssh-") else load_pem_public_key
    try:
        found = load(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        message = f"{path}: is no public key; expected ed25519 as PEM or OpenSSH"
        raise RunError(message) from error
    if not isinstance(found, Ed25519PublicKey):
        message = f"{path}: is a key of another kind; expected ed25519"
        raise RunError(message)
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise RunError(message) from error
