"""Django's settings, all derived from one :class:`~quetsach.web.configuration.Configuration`."""

import logging
import os
import time
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP
from pythonjsonlogger.core import RESERVED_ATTRS

from quetsach.centre.tables import country_folder, load_country
from quetsach.core.language import language_name
from quetsach.core.text import Text
from quetsach.web.configuration import Configuration, ConfigurationError
from quetsach.web.limits import FORM_BYTES, UPLOADS, office_path


class UtcFormatter(logging.Formatter):
    """Text lines whose time is ISO 8601 in UTC, whole seconds with milliseconds."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


CENTER = Configuration.read(os.environ)
COUNTRY = load_country(CENTER.data)

SECRET_KEY = CENTER.secret_key
DEBUG = False
ALLOWED_HOSTS = list(CENTER.allowed_hosts)
ROOT_URLCONF = "quetsach.web.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "quetsach.web.design",
    "quetsach.web.portal",
    "quetsach.web.api",
    "quetsach.web.evaluation",
    "quetsach.web.office.apps.Office",
    "quetsach.web.office.apps.Log",
    "quetsach.web.office.apps.Tree",
    "quetsach.web.office.apps.People",
    "quetsach.web.office.apps.Units",
    "quetsach.web.office.apps.Audit",
    "quetsach.web.office.apps.Approvals",
    "quetsach.web.office.apps.Plans",
    "quetsach.web.office.apps.Campaigns",
    "quetsach.web.office.apps.Mail",
    "quetsach.web.office.apps.Letters",
    "quetsach.web.office.apps.Returns",
    "quetsach.web.office.apps.Partners",
    "quetsach.web.office.apps.Publicity",
    "quetsach.web.office.apps.Helpdesk",
    "quetsach.web.office.apps.Figures",
    "quetsach.web.office.apps.Feeds",
    "quetsach.web.office.apps.Sources",
    "quetsach.web.office.apps.Packs",
    "quetsach.web.office.apps.OtherTools",
    "quetsach.web.office.apps.Operation",
    "quetsach.web.office.apps.Wording",
    "quetsach.web.office.apps.Accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

# No session, no sign-in and no cookie on the public side: the language is in the path, and what is called Office acts
# under the office's addresses alone.
MIDDLEWARE = [
    "quetsach.web.operation.Monitoring",
    "quetsach.web.metrics.RequestMeasurement",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "quetsach.web.middleware.Compression",
    "quetsach.web.middleware.PathLanguage",
    "quetsach.web.middleware.SameOrigin",
    "quetsach.web.middleware.SmallBody",
    "django.middleware.common.CommonMiddleware",
    "quetsach.web.office.middleware.OfficeSession",
    "quetsach.web.office.middleware.OfficePerson",
    "quetsach.web.office.middleware.OfficeMessages",
    "allauth.account.middleware.AccountMiddleware",
    "quetsach.web.office.middleware.OfficeAccess",
    "quetsach.web.office.middleware.OfficeToken",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [country_folder(CENTER.data) / "templates"],  # pages on the country's law
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "quetsach.web.portal.pages.site",
                "quetsach.web.office.navigation.navigation",
            ],
            "libraries": {
                "days": "quetsach.web.office.day_field",
                "acts": "quetsach.web.office.audit.words",
                "families": "quetsach.web.portal.families",
                "feed_words": "quetsach.web.office.feeds.words",
                "help_lines": "quetsach.web.portal.help_lines",
                "helpdesk_words": "quetsach.web.office.helpdesk.wording",
                "letter_words": "quetsach.web.office.letters.words",
                "operation_words": "quetsach.web.office.operation.words",
                "partner_words": "quetsach.web.office.partners.wording",
                "plan": "quetsach.web.office.campaigns.drawing",
                "returns": "quetsach.web.office.returns.words",
                "sheet": "quetsach.web.office.campaigns.plan_sheet",
                "source_words": "quetsach.web.office.sources.words",
                "units": "quetsach.web.office.units.words",
            },
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "quetsach.web.design.words",
                "quetsach.web.design.faults",
                "quetsach.web.office.people.form_marks",
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

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}}

LANGUAGE_CODE = COUNTRY.languages[0]
LANGUAGES = [(code, language_name(code)) for code in COUNTRY.languages]
for _code, _name in LANGUAGES:
    if not _name:
        raise ConfigurationError(
            Text("this build does not speak {language}", language=repr(_code)), hint="docs/how-to/add-a-language.md"
        )
LOCALE_PATHS = [Path(__file__).parent / "locale", Path(__file__).parent / "django_words" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = str(COUNTRY.zone)

FILE_UPLOAD_HANDLERS = [
    "quetsach.web.office.accounts.upload.InMemoryAlone",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = CENTER.data / UPLOADS if CENTER.data else None
"""Beside the data: the system's folder for such files is memory on Debian 13."""
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
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
CSP_WITH_OWN_SCRIPT = {**SECURE_CSP, "script-src": [CSP.SELF], "connect-src": [CSP.SELF]}
"""Of pages of the office with a script of ours: passkeys, drafts, the end of a session. Public pages have none."""
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if CENTER.https else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CENTER.https and CENTER.proxy_hops else None
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = FORM_BYTES  # of the office: what others may send is bounded before it is read
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a plan of 25 windows and 25 milestones has about seven hundred

AUTH_USER_MODEL = "office_people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "office:dashboard"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "quetsach.web.office.people.passwords.OwnWordsValidator"},
]
SESSION_ENGINE = "quetsach.web.office.people.sessions"
_PREFIX = "__Secure-" if CENTER.https else ""
"""By this name a browser takes the cookie over an encrypted line alone; ``__Host-`` would have it sent everywhere."""
SESSION_COOKIE_NAME = f"{_PREFIX}office"
SESSION_COOKIE_PATH = office_path(LANGUAGE_CODE, LANGUAGE_CODE)
SESSION_TWINS = {f"{_PREFIX}office-{code}": office_path(code, LANGUAGE_CODE) for code in COUNTRY.languages[1:]}
"""The cookies of the session under the office's addresses in the other languages, by name."""
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CENTER.https
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "quetsach.web.office.people.sign_in_views.stale"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ACCOUNT_ADAPTER = "quetsach.web.office.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_FORMS = {
    "login": "quetsach.web.office.people.forms.SignInForm",
    "reauthenticate": "quetsach.web.office.people.forms.PasswordAgainForm",
    "change_password": "quetsach.web.office.people.forms.NewPasswordForm",
}
MFA_ADAPTER = "quetsach.web.office.people.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "quetsach.web.office.people.forms.CodeForm",
    "reauthenticate": "quetsach.web.office.people.forms.CodeAgainForm",
    "activate_totp": "quetsach.web.office.people.forms.AppForm",
    "add_webauthn": "quetsach.web.office.people.forms.PasskeyForm",
}

# What is logged never holds a visitor's address: the formatter is given neither the request nor its headers.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": UtcFormatter,
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
