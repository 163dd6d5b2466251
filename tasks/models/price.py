"""What a clip costs, in credits, by model and resolution."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks.models.choices import Resolution, VeoModel

# Source: KIE's public price feed of October 2026 (kie-api.md §6.4); edited in admin.
SEED = {
    (VeoModel.LITE, Resolution.HD): 30,
    (VeoModel.LITE, Resolution.FULL_HD): 35,
    (VeoModel.LITE, Resolution.UHD): 150,
    (VeoModel.FAST, Resolution.HD): 60,
    (VeoModel.FAST, Resolution.FULL_HD): 65,
    (VeoModel.FAST, Resolution.UHD): 180,
    (VeoModel.QUALITY, Resolution.HD): 250,
    (VeoModel.QUALITY, Resolution.FULL_HD): 255,
    (VeoModel.QUALITY, Resolution.UHD): 380,
}


class Price(models.Model):
    """One row of the dated price table."""

    model = models.CharField(_("model"), max_length=40)
    resolution = models.CharField(_("resolution"), max_length=5)
    credits = models.DecimalField(_("credits"), max_digits=12, decimal_places=2)
    checked_on = models.DateField(_("checked on"))
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(
                fields=["model", "resolution"], name="one_price_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.resolution}: {self.credits}"

    @classmethod
    def table(cls) -> dict[tuple[str, str], Decimal]:
        """Return `{(model, resolution): credits}`."""
        rows = cls.objects.values_list("model", "resolution", "credits")
        return {(model, resolution): price for model, resolution, price in rows}
