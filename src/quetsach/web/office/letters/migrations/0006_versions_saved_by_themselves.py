from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("office_letters", "0005_signatures_and_own_due_days")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="letterversion",
            name="is_auto",
            field=models.BooleanField(
                default=False, help_text="kept while it was written; the next saving replaces it"
            ),
        ),
    ]
