"""A text column sealed with authenticated encryption under keys from the environment."""

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


@lru_cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
            for key in keys
        ]
    )


def _seals() -> MultiFernet:
    return _ring(tuple(settings.FIELD_KEYS))


class SealedTextField(TextField):
    """Seals under the first of FIELD_KEYS, opens under any of them.

    A value that no key opens raises: handing out the sealed text as if it were the
    secret would send it to the provider.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _seals().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: Any, *_: Any) -> Any:
        if not value:
            return value
        try:
            return _seals().decrypt(value.encode()).decode()
        except InvalidToken as e:
            raise ImproperlyConfigured(
                "A stored secret cannot be opened: FIELD_KEYS (or SECRET_KEY) is not "
                "the one it was sealed with. Put the old key back, after the new one."
            ) from e
