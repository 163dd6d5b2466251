"""Seed the price table, dated: what is edited later in admin stays."""

import datetime

from django.db import migrations

from tasks.models.price import SEED


def seed(apps, schema_editor):
    price = apps.get_model("tasks", "Price")
    for (model, resolution), credits in SEED.items():
        price.objects.get_or_create(
            model=model,
            resolution=resolution,
            defaults={
                "credits": credits,
                "checked_on": datetime.date(2026, 10, 5),
                "source": "KIE.AI public price feed",
            },
        )


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
