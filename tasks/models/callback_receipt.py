"""What the provider said unasked. A receipt is a hint: record-info decides."""

from django.db import models
from django.db.models import Q

from tasks.models.attempt import Attempt


class CallbackReceipt(models.Model):
    """One delivery to an attempt's own callback URL.

    Only what helps to find the generation is kept; result URLs in the body are not
    trusted and not stored.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="receipts")
    provider_task_id = models.CharField(max_length=128, blank=True, default="")
    received_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "provider_task_id"], name="one_receipt_a_hint"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"], name="receipt_unused", condition=Q(used_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.provider_task_id}"
