"""What is kept may be a draft, and says on which page it stood, so that it can be shown in that page's words."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add both; what is kept already is no draft, has no page, and is shown without its words."""

    dependencies: ClassVar = [("office_people", "0003_kept_forms")]

    operations: ClassVar = [
        migrations.AddField(model_name="keptform", name="is_draft", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="keptform", name="page", field=models.CharField(blank=True, default="", max_length=500)
        ),
    ]
