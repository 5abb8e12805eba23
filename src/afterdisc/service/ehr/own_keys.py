"""Our own keys for SMART: made once, kept in a file that only its owner reads; the public halves are shown to everybody."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from afterdisc.errors import NotPossible

RSA_BITS = 3072
MOST_BYTES = 100_000
MAKE = "Make one with `afterdisc ehr keys`."
Jwk = dict[str, Any]


@dataclass(frozen=True)
class Signer:
    """One private key and the algorithm it is for."""

    algorithm: str
    kid: str
    key: ECKey | RSAKey = field(repr=False)

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT with these claims; its header names the key."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def new_keys() -> list[Jwk]:
    """A private key for each algorithm that SMART asks for, named by its thumbprint (RFC 7638); the one we prefer first."""
    made: dict[str, ECKey | RSAKey] = {"ES384": ECKey.generate_key("P-384"), "RS384": RSAKey.generate_key(RSA_BITS)}
    return [dict(key.as_dict(private=True, alg=alg, use="sig", kid=key.thumbprint())) for alg, key in made.items()]


def make_key_file(file: Path, *, rotate: bool = False) -> None:
    """Write new keys to a new file that only its owner may read.

    rotate  put them in front of those that are there: the new ones sign, the old ones stay published.

    Raises NotPossible if there is a file already (without `rotate`), or none (with it).
    """
    if rotate:
        kept = [dict(s.key.as_dict(private=True)) for s in signers_of(file)]
        aside = file.with_name(f".{file.name}.new")
        aside.unlink(missing_ok=True)
        _write(aside, [*new_keys(), *kept])
        os.replace(aside, file)
    elif file.exists():
        raise NotPossible(f"{file.name} exists already. Choose another name, or add --rotate to put new keys in front.")
    else:
        _write(file, new_keys())


def _write(file: Path, keys: list[Jwk]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotPossible(f"{file.name} cannot be written ({error.strerror}). Check the folder and its rights.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"keys": keys}, out, indent=1)
        out.write("\n")


# ------------------------------------------------------------------------------------------------------------- reading


def signers_of(file: str | Path) -> list[Signer]:
    """The private keys of a file, in its order. Raises NotPossible if it cannot be read or used, or if others may read it."""
    path = Path(file)
    refuse_open(path, "the key file")
    try:
        with path.open("rb") as handle:
            found = [_signer(jwk) for jwk in json.loads(handle.read(MOST_BYTES))["keys"]]
    except OSError as error:
        raise NotPossible(f"the key file {path.name} cannot be read ({error.strerror}). {MAKE}") from None
    except (ValueError, TypeError, KeyError, JoseError):  # none of their texts is repeated: they may quote the key
        raise NotPossible(f"the key file {path.name} holds no private keys for ES384 and RS384. {MAKE}") from None
    if not found or len({s.kid for s in found}) != len(found):
        raise NotPossible(f"the key file {path.name} must hold at least one key, each with a `kid` of its own. {MAKE}")
    return found


def _signer(jwk: Jwk) -> Signer:
    algorithm, kid = jwk["alg"], jwk["kid"]
    key: ECKey | RSAKey = ECKey.import_key(jwk) if algorithm == "ES384" else RSAKey.import_key(jwk)
    fits = key.curve_name == "P-384" if isinstance(key, ECKey) else algorithm == "RS384"
    if not (fits and key.is_private and isinstance(kid, str) and kid):
        raise ValueError
    return Signer(algorithm, kid, key)


def signer_of(file: str | Path, accepted: Sequence[str] = ()) -> Signer:
    """The first key whose algorithm the other side accepts; it accepts both if it does not say.

    Raises NotPossible if there is none.
    """
    for signer in signers_of(file):
        if not accepted or signer.algorithm in accepted:
            return signer
    raise NotPossible("the server accepts neither ES384 nor RS384, which SMART asks every server for. Ask who runs it.")


def public_keys(files: Iterable[str | Path]) -> Jwk:
    """The public halves of every key in these files, as a JWK set; each key once."""
    found: dict[str, Jwk] = {}
    for file in files:
        for signer in signers_of(file):
            found.setdefault(signer.kid, dict(signer.key.as_dict(private=False)) | {"key_ops": ["verify"]})
    return {"keys": list(found.values())}


def refuse_open(path: Path, what: str) -> None:
    """Raises NotPossible if others than its owner and group may read a file of secrets, or more than its owner write it."""
    try:
        mode = path.stat().st_mode if os.name == "posix" else 0o600
    except OSError:
        return  # whoever reads it says so
    if mode & 0o027:
        raise NotPossible(f"{what} {path.name} is open to others. Close it: chmod 600 {path.name}")
