"""What the emulator's values can do beside having members."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vipps_partner_auth import PartnerKeys, SalesUnitKeys, SpecializedKeys

    from ._operations import Header


class KeysExtras:
    """Plain keys as ``vipps_partner_auth`` takes them."""

    if TYPE_CHECKING:
        client_id: str
        client_secret: str
        subscription_key: str
        second_subscription_key: str

    def for_partner(self) -> PartnerKeys:
        """As the keys of a partner, for ``vipps_partner_auth.Partner``."""
        from vipps_partner_auth import PartnerKeys

        second = self.second_subscription_key
        return PartnerKeys(self.client_id, self.client_secret, self.subscription_key, second_subscription_key=second)

    def for_sales_unit(self, msn: str) -> SalesUnitKeys:
        """As the own keys of this sales unit, for ``vipps_partner_auth.Partner``."""
        from vipps_partner_auth import SalesUnitKeys

        second = self.second_subscription_key
        return SalesUnitKeys(
            self.client_id, self.client_secret, self.subscription_key, msn, second_subscription_key=second
        )


class SpecializedKeysExtras:
    """Plain accounting or donations keys as ``vipps_partner_auth`` takes them."""

    if TYPE_CHECKING:
        client_id: str
        client_secret: str

    def for_partner(self) -> SpecializedKeys:
        """For ``vipps_partner_auth.Partner``."""
        from vipps_partner_auth import SpecializedKeys

        return SpecializedKeys(self.client_id, self.client_secret)


class RequestExtras:
    """A request that can be asked for a header."""

    if TYPE_CHECKING:
        headers: list[Header]

    def header(self, name: str) -> str | None:
        """The first header of that name, in any letter case."""
        found = (header.value for header in self.headers if header.name == name.lower())
        return next(found, None)
