"""Every environment variable of the product, once, with its bounds. Nobody else reads os.environ."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Read from `RISKMAP_…` and `.env` beside the project. Unknown names are ignored, values out of bounds stop the start."""

    model_config = SettingsConfigDict(env_prefix="RISKMAP_", env_file=ROOT / ".env", extra="ignore")

    # where things are
    root: Path = ROOT
    layers_dir: Path = ROOT / "layers"
    migrations_dir: Path = ROOT / "migrations"
    data_dir: Path = ROOT / "data"
    web_dir: Path = ROOT / "web"
    var_dir: Path = ROOT / "var"
    paper_dir: Path | None = None  # a folder with the bureau's own Word templates: plan.docx, report.docx

    # database: a server that exists, else the embedded cluster under var_dir. With owner_database_url (superuser or owner, for
    # set-up), database_url is the app's own login; alone, database_url is the superuser or owner for everything
    database_url: str | None = None
    engine_database_url: str | None = None
    owner_database_url: str | None = None
    database_name: str = Field("riskmap", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    pool_size: int = Field(8, ge=1, le=64)
    ballast_bytes: int = Field(256_000_000, ge=0, le=10_000_000_000)  # room to give up when the disk is full

    # server
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    behind_gate: bool = False  # inside a container whose only way in is a published loopback port
    trusted_proxies: str = Field("127.0.0.1", max_length=500)  # whose X-Forwarded-For is believed, by commas; * for any
    log_format: str = Field("console", pattern="^(console|json)$")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")

    # sign-in; all of it sleeps until the first account is made
    plain_http: bool = False  # an intranet without TLS: the session cookie goes without Secure; see README
    password_profile: str = Field("djbh", pattern="^(djbh|asvs)$")
    totp: str = Field("optional", pattern="^(optional|required)$")  # second factor of reviewers, officers and administrators
    signin_failures: int = Field(5, ge=3, le=20)  # wrong passwords or codes in a row, then the account is locked
    signin_lock_minutes: int = Field(15, ge=1, le=1_440)
    signin_per_address: int = Field(20, ge=1, le=10_000)  # attempts a minute
    signin_overall: int = Field(200, ge=1, le=100_000)  # attempts a minute
    key_per_minute: int = Field(600, ge=1, le=100_000)  # requests of one API key
    one_time_hours: int = Field(72, ge=1, le=720)  # how long a password made by the product waits for its sign-in
    session_idle_minutes: int = Field(30, ge=1, le=480)
    session_hours: int = Field(12, ge=1, le=24)
    session_most: int = Field(3, ge=1, le=20)  # of one person; the oldest ends

    # sign-in by the identity provider of the city (OpenID Connect); none set: there is none
    oidc_issuer: str = Field("", pattern=r"^(|https?://[^\s?#]+)$", max_length=500)
    oidc_client_id: str = Field("", max_length=200)
    oidc_client_secret: str = Field("", max_length=500)
    oidc_label: str = Field("统一身份认证", min_length=1, max_length=40)  # what the link on the sign-in page says
    oidc_acr: str = Field("", max_length=500)  # values of `acr` that mean a second factor, by commas
    oidc_amr: str = Field("mfa,otp,hwk,sc", max_length=500)  # methods in `amr` that do
    oidc_ca: Path | None = None  # certificates that the provider's is signed by, where the system does not know them
    public_url: str = Field("", pattern=r"^(|https?://[^\s?#/]+)$", max_length=300)  # how browsers reach us: the provider sends them back there

    # the audit's head, kept where who changes the database cannot change it
    audit_head_file: Path | None = None  # another disk or a mounted folder of another machine, beside the file in var_dir
    audit_syslog: str = Field("", pattern=r"^(|/[^\s]+|[A-Za-z0-9.\-\[\]:]+:\d{1,5})$")  # host:port (UDP, RFC 5424) or a socket as /dev/log

    # intake
    upload_max_bytes: int = Field(20_000_000, ge=1_000, le=200_000_000)
    unpacked_max_bytes: int = Field(200_000_000, ge=1_000_000, le=2_000_000_000)
    import_max_rows: int = Field(50_000, ge=1, le=1_000_000)
    import_max_rows_cli: int = Field(1_000_000, ge=1, le=5_000_000)
    import_max_columns: int = Field(200, ge=1, le=1_000)
    parse_seconds: int = Field(60, ge=1, le=3600)
    parse_memory_bytes: int = Field(1_000_000_000, ge=200_000_000, le=16_000_000_000)
    district_tolerance_m: float = Field(100.0, ge=0, le=5_000)  # farther outside the stated district is told
    soft_duplicate_m: float = Field(100.0, ge=1, le=2_000)

    # grading
    close_at: str = Field("00:05", pattern=r"^\d\d:\d\d$")  # Asia/Shanghai

    # map
    tile_sources: str = ""  # path of a JSON file; see README "底图"
    tianditu_key: str = ""
    language: str = Field("zh-CN", pattern="^(zh-CN|en)$")

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Settings:
        if not self.oidc_issuer:
            return self
        if not (self.oidc_client_id and self.public_url):
            raise ValueError("RISKMAP_OIDC_ISSUER needs RISKMAP_OIDC_CLIENT_ID and RISKMAP_PUBLIC_URL")
        host = urlsplit(self.oidc_issuer).hostname
        if self.oidc_issuer.startswith("http://") and host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("RISKMAP_OIDC_ISSUER is https, but on this machine")
        return self

    @property
    def audit_heads(self) -> Path:
        """Where the heads of the audit chain are kept: one file a database, since each has a chain of its own."""
        return self.var_dir / f"audit-heads-{self.database_name}.tsv"


@lru_cache
def settings() -> Settings:
    """The one Settings of the process."""
    return Settings()
