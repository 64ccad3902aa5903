"""A kept form says on which page it stood, so that it can be shown in that page's words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the address; what is kept already has none, and is shown without its words."""

    dependencies = [("office_people", "0004_drafts_of_forms")]

    operations = [
        migrations.AddField(
            model_name="keptform", name="page", field=models.CharField(blank=True, default="", max_length=500)
        ),
    ]
