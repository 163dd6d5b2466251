"""What the provider said unasked. A receipt is a hint: record-info decides."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from tasks.models.attempt import Attempt


class CallbackReceiptQuerySet(models.QuerySet["CallbackReceipt"]):
    def unused(self) -> Self:
        return self.filter(used_at=None).order_by("id")


class CallbackReceipt(models.Model):
    """One delivery to an attempt's own callback URL.

    Only what helps to find the generation is kept; result URLs in the body are not
    trusted and not stored.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="receipts")
    provider_task_id = models.CharField(max_length=128, blank=True, default="")
    received_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = CallbackReceiptQuerySet.as_manager()

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

    @classmethod
    def hint(cls, attempt: Attempt, provider_task_id: str, *, now: datetime) -> None:
        """Keep that this id was named for the attempt; said twice, it is looked at
        again."""
        cls.objects.update_or_create(
            attempt=attempt,
            provider_task_id=provider_task_id,
            defaults={"received_at": now, "used_at": None},
        )
