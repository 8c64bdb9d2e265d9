"""Random streams from a secret: one for each stage and place, whoever asks first."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# Returns the random stream of a stage at a place.
Streams = Callable[[str, str], np.random.Generator]


# A key of fewer bytes, or of fewer different ones, can be tried out.
_BYTES: Final = 16
_DIFFERENT: Final = 8


def read_key(path: Path) -> bytes:
    """Read the secret from a file, without the white space around it.

    Raises
    ------
    InputError
        If the file is not there, or holds nothing.
    """
    try:
        key = path.read_bytes().strip()
    except OSError:
        raise InputError("file_missing", path=path.name) from None
    if not key:
        raise InputError("key_file_empty", path=path.name)
    return key


def require_secret(key: str | bytes) -> None:
    """Raise unless a key is long and varied enough not to be guessed.

    Raises
    ------
    InputError
        If it has fewer than 16 bytes, fewer than 8 different ones, or digits only.

    Examples
    --------
    >>> require_secret("42")
    Traceback (most recent call last):
        ...
    tsukuba_gis.errors.InputError: ...can be guessed...
    """
    secret = key.encode() if isinstance(key, str) else key
    digits = secret.replace(b" ", b"").isdigit()
    if len(secret) < _BYTES or len(set(secret)) < _DIFFERENT or digits:
        raise InputError("pseudo_key_guessable", n=_BYTES)


def stream(key: str | bytes, stage: str, place: str = "") -> np.random.Generator:
    """Return the random stream of a stage at a place.

    Philox under a key that is BLAKE2b(stage | place), keyed by the secret: the
    streams do not depend on the order of work, on chunks or on workers.

    Parameters
    ----------
    key
        The secret: any text or bytes.
    stage, place
        What is drawn, and where.

    Raises
    ------
    InputError
        If the key is empty.

    Examples
    --------
    >>> int(stream("secret", "care", "a1").integers(1000))
    794
    >>> int(stream("secret", "care", "a2").integers(1000))
    581
    """
    secret = key.encode() if isinstance(key, str) else key
    if not secret:
        raise InputError("pseudo_key_empty")
    # BLAKE2b takes keys of up to 64 bytes; a longer secret is condensed first.
    short = secret if len(secret) <= 64 else blake2b(secret).digest()
    digest = blake2b(f"{stage}|{place}".encode(), key=short, digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "big")))
