"""Access without a person at the screen: SMART backend services. We sign who we are and get a token for a few minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from afterdisc.errors import NotPossible, RecordUnreachable
from afterdisc.service.ehr.assertion import client_assertion
from afterdisc.service.ehr.discovery import SmartConfiguration, smart_configuration
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.own_keys import signer_of
from afterdisc.service.ehr.token_endpoint import Access, ask_token

SHORTEST_SECONDS = 30  # a token that ends sooner is asked for anew


@dataclass
class BackendService:
    """One record system, read with this site's keys.

    key_file  the site's; an issuer may have one of its own
    scopes    what the knowledge base needs; an issuer may set others
    now       gives seconds since the epoch
    """

    issuer: Issuer
    key_file: Path
    scopes: str
    now: Callable[[], float]
    _kept: Access | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def client(self) -> FhirClient:
        """A client with a token that still holds. Raises as `access` does."""
        return FhirClient(self.issuer.fhir, self.access().token)

    def access(self) -> Access:
        """A token that still holds; a new one is asked for shortly before it ends.

        Raises RecordUnreachable, or NotPossible where our own part is missing.
        """
        with self._lock:
            if self._kept is None or self._kept.ends < self.now() + SHORTEST_SECONDS:
                self._kept = self._asked(smart_configuration(self.issuer.fhir))
            return self._kept

    def _asked(self, configuration: SmartConfiguration) -> Access:
        backend = self.issuer.backend
        if backend is None:
            raise NotPossible(f"`{self.issuer.name}` has no `backend:` in the file of AFTERDISC_EHR. Add it with a client id.")
        if not configuration.token:
            raise RecordUnreachable("the SMART configuration of the FHIR server names no token endpoint.")
        signer = signer_of(self.issuer.key_file or self.key_file, configuration.signing_algorithms)
        now = self.now()
        form = {"grant_type": "client_credentials", "scope": backend.scopes or self.scopes}
        form |= client_assertion(signer, backend.client_id, configuration.token, now=now)
        return ask_token(configuration.token, form, now=now)
