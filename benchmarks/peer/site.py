"""A stock Django admin with one model, in one file; run by gunicorn as `benchmarks.peer.site:application`.

Settings come from the environment: PEER_DB (a SQLite path or a PostgreSQL service folder and name).
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings

folder, _, name = os.environ["PEER_DB"].partition("|")
database = (
    {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "huike", "HOST": folder, "CONN_MAX_AGE": 600}
    if name
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": folder, "CONN_MAX_AGE": 600}
)
settings.configure(
    SECRET_KEY="benchmark",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LANGUAGE_CODE="zh-hans",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": database},
    STATIC_URL="/static/",
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }
    ],
)  # fmt: skip
django.setup()

from django.contrib import admin  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Member(models.Model):
    """A member as a Django developer would write it."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60, db_index=True)
    phone = models.CharField(max_length=20, unique=True)
    gender = models.CharField(max_length=10)
    visited_at = models.DateTimeField(db_index=True)
    spent_fen = models.BigIntegerField()

    class Meta:
        """The app this model says it is in."""

        app_label = "auth"
        db_table = "bench_member"


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    """Stock settings, fifty rows, search over name and phone."""

    list_display = ("name", "phone", "gender", "visited_at", "spent_fen")
    search_fields = ("name", "phone")
    list_per_page = 50
    ordering = ("-visited_at",)


urlpatterns = [path("admin/", admin.site.urls)]


def prepare(rows: str) -> None:
    """Make the tables and a superuser, and load members from a tab-separated file."""
    import datetime as dt

    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, run_syncdb=True)
    with connection.schema_editor() as editor:
        editor.create_model(Member)
    User.objects.create_superuser("bench", "b@example.com", "bench")
    batch: list[Member] = []
    with open(rows, encoding="utf-8") as file:
        for line in file:
            number, name_, phone, gender, at, fen = line.rstrip("\n").split("\t")
            moment = dt.datetime.fromtimestamp(int(at) / 1000, dt.UTC)
            batch.append(
                Member(number=number, name=name_, phone=phone, gender=gender, visited_at=moment, spent_fen=int(fen))
            )
            if len(batch) == 20_000:
                Member.objects.bulk_create(batch, batch_size=2_000)
                batch = []
    Member.objects.bulk_create(batch, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    prepare(sys.argv[1])
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
