"""What a site sets before it starts: environment variables that begin with AFTERDISC_."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from afterdisc.errors import NotPossible


def data_folder() -> Path:
    """Where the record is kept: AFTERDISC_DATA, else the user's data folder."""
    given = os.environ.get("AFTERDISC_DATA")
    if given:
        return Path(given)
    shared = os.environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "afterdisc"


class Settings(BaseSettings):
    """One site's settings. Each is the environment variable AFTERDISC_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="AFTERDISC_", extra="ignore")

    database_url: str = ""
    origin: str = ""  # the public address behind a proxy, for example https://afterdisc.clinic.example
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"  # names by which this server may be called, separated by commas
    idle_minutes: float = Field(default=15, gt=0)
    session_hours: float = Field(default=12, gt=0)
    most_upload_mb: float = Field(default=64, gt=0)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "your organisation"
    oidc_roles_claim: str = ""  # a claim that lists roles; empty: an administrator gives them
    ehr: str = ""  # path of the YAML file that names the record systems this site trusts
    ehr_keys: str = ""  # this site's private keys for record systems; empty: ehr-keys.json in the data folder
    hooks_silent: bool = False  # CDS Hooks: work cards out and keep them, show none
    hooks_origins: str = ""  # whose pages may call the CDS Hooks services from a browser, separated by commas

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{data_folder() / 'afterdisc.sqlite'}"

    @property
    def ehr_key_file(self) -> Path:
        return Path(self.ehr_keys) if self.ehr_keys else data_folder() / "ehr-keys.json"

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        named = [h.strip() for h in self.allowed_hosts.split(",") if h.strip()]
        public = self.origin.partition("://")[2].split("/")[0].rpartition(":")
        return [*named, *([public[0] or public[2]] if self.origin else [])]


def settings_of_the_site() -> Settings:
    """The settings as the environment gives them. Raises NotPossible that names what is wrong, and repeats no value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(f"AFTERDISC_{str(e['loc'][0]).upper()} ({e['msg'].lower()})" for e in error.errors())
        raise NotPossible(f"a setting cannot be read: {wrong}. Mend the environment variable, or leave it out.") from None
