from decimal import Decimal

import pytest

from tasks.models import Price
from tasks.models.price import SEED


@pytest.mark.django_db
def test_it_knows_every_kind_by_model_and_resolution():
    table = Price.table()
    assert table == {
        (str(model), str(resolution)): Decimal(price)
        for (model, resolution), price in SEED.items()
    }
