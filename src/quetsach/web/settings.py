"""Django's settings, all derived from one :class:`~quetsach.web.configuration.Configuration`."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP
from pythonjsonlogger.core import RESERVED_ATTRS

from quetsach.web.configuration import Configuration

CENTER = Configuration.read(os.environ)

SECRET_KEY = CENTER.secret_key
DEBUG = False
ALLOWED_HOSTS = list(CENTER.allowed_hosts)
ROOT_URLCONF = "quetsach.web.urls"
WSGI_APPLICATION = "quetsach.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "quetsach.web.design",
    "quetsach.web.portal",
    "quetsach.web.api",
]

# No session, no sign-in and no cookie on the public side: the language is in the path.
MIDDLEWARE = [
    "quetsach.web.measurement.RequestMeasurement",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "quetsach.web.same_origin.SameOrigin",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["quetsach.web.portal.context.site"],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "quetsach.web.design.templatetags.words",
            ],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(CENTER.database_url, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Readers never wait for the writer, and a writer waits for another instead of failing; what is erased is
    # overwritten.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1000}}}

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "/static/"
STATIC_ROOT = CENTER.data / "static" if CENTER.data else None
WHITENOISE_USE_FINDERS = CENTER.data is None
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if CENTER.data
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
}

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if CENTER.https else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CENTER.https and CENTER.proxy_hops else None
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20

# What is logged never holds a visitor's address: the formatter is given neither the request nor its headers.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "quetsach.web.log_lines.UtcFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s",
            "timestamp": "time",
            "rename_fields": {"levelname": "level", "name": "logger"},
            # Django adds the request to some records: its text holds what the visitor typed.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": CENTER.log_format}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "quetsach": {"level": "INFO"},
        # Django's own line for a request holds the path as the visitor typed it; ours holds the page's name.
        "django.request": {"level": "ERROR"},
        # A wrong Host is answered with 400 and counted; a trace of it for whoever sends one would only fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
