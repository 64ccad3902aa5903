from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("office_people", "0003_kept_forms")]

    operations: ClassVar = [
        migrations.AddField(model_name="keptform", name="is_draft", field=models.BooleanField(default=False)),
    ]
