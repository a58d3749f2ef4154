"""Where the servers of a directory, or of one of its domains, are: listed, or found by DNS."""

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import DnsDomain, ServerAddress, SiteName
from bridge.config.service import Model
from bridge.config.values import wrong
from bridge.sources.ldap.settings import Discovery, is_global_catalog


class ServersSection(Model):
    """What every section has that names servers."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["servers"]}, {"required": ["discover"]}]})

    discover: DnsDomain | None = Field(default=None, examples=["corp.example"])
    """The DNS domain in which to find the servers, instead of listing them."""

    site: SiteName | None = Field(default=None, examples=["Paris"])
    """With `discover`, the site of Active Directory whose domain controllers are tried first."""

    servers: Annotated[tuple[ServerAddress, ...], Field(min_length=1)] | None = Field(
        default=None, validate_default=True, examples=[["ldaps://ldap.corp.example"]]
    )
    """Addresses of servers that hold the same, tried in this order: ldaps://, ldap:// or ldapi://."""

    @field_validator("site", mode="after")
    @classmethod
    def _is_looked_for(cls, site: str | None, info: ValidationInfo) -> str | None:
        if site is not None and info.data.get("discover", site) is None:
            raise wrong("A site is for servers that DNS finds.", "Add `discover`, or leave it out.")
        return site

    @field_validator("servers", mode="after")
    @classmethod
    def _are_listed_or_found(cls, servers: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        discover = info.data.get("discover", "wrong")
        if servers is None and discover is None:
            raise wrong("Nothing says where the servers are.", "List their addresses, or add `discover`.")
        if servers is not None and info.data.get("discover"):
            raise wrong("The servers are listed, and to be found by DNS.", "Leave out `servers` or `discover`.")
        return servers

    @field_validator("servers", mode="after")
    @classmethod
    def _hold_the_same(cls, servers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if len({is_global_catalog(server) for server in servers or ()}) > 1:
            raise wrong(
                "A global catalog does not hold the same as a domain's own servers.",
                "Write addresses with port 3268 or 3269 alone, or none of them.",
            )
        return servers

    def discovery(self, *, active_directory: bool, start_tls: bool, elsewhere: bool) -> Discovery | None:
        """How DNS lists the servers, if it does."""
        if self.discover is None:
            return None
        return Discovery(
            domain=self.discover,
            active_directory=active_directory,
            site=self.site or "",
            scheme="ldap" if start_tls else "ldaps",
            elsewhere=elsewhere,
        )
