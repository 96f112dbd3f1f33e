"""All settings: embedded defaults that start on a bare machine, each to be changed by the environment.

`manage.py check --deploy` refuses the defaults that are unsafe in production (`config/checks.py`).
"""

from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from config import installation
from config.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- what this installation is ------------------------------------------------------------------
DATA_DIR = Path(env.secret("DATA_DIR") or BASE_DIR / "var").absolute()
DEMO = env.flag(  # a demonstration: other data, another clock, known passwords
    "DEMO",
    default=installation.is_demonstration(DATA_DIR, if_new=env.flag("DEMO_IF_NEW", default=False)),
)
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.kept_secret("SECRET_KEY", folder=DATA_DIR)
TOKEN_PEPPER = env.kept_secret("TOKEN_PEPPER", folder=DATA_DIR)  # keys the hash of API tokens
REGISTER_KEY_APART = bool(env.str("REGISTER_KEY_FILE", default=""))  # not among our own data
REGISTER_KEY_FILE = Path(  # signs checkpoints; opened where one is made, and nowhere else
    env.str("REGISTER_KEY_FILE", default="") or DATA_DIR / "register_key.pem"
)
BODY_TIME_ZONE = env.zone("BODY_TIME_ZONE", default="Asia/Ho_Chi_Minh")  # local days of the body

# --- where it answers -----------------------------------------------------------------------------
HOST = env.str("HOST", default="127.0.0.1")  # where `manage.py serve` listens
PORT = env.number("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")  # its host: passkeys
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1", "[::1]", HOST, urlsplit(SITE_URL).hostname or "localhost"],
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL] if HTTPS else [])
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", default=0)  # how many stand before this server
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # the administration's other subdomains are not ours to decide for
    "security.W021",  # nor is a list inside other people's browsers
    "fields.W161",  # a default of 20:00 is meant; the check takes it for the present at that hour
]

# --- proof of the register ------------------------------------------------------------------------
REGISTER_ORIGIN = env.str(  # whose register it is, in every checkpoint
    "REGISTER_ORIGIN", default=urlsplit(SITE_URL).hostname or "localhost"
)
REGISTER_COPIES = Path(  # beside the deployment: a database put back from an old copy is behind it
    env.str("REGISTER_COPIES", default="") or DATA_DIR / "checkpoints"
)
REGISTER_OLD_KEYS = env.list(
    "REGISTER_OLD_KEYS", default=[]
)  # fingerprints of keys before this one
REGISTER_SUBJECTS = [
    "units.health.subjects",
    "commitments.health.subjects",
]  # what counts its writes
REGISTER_PUBLISH = [  # places that others look after: folders and web addresses
    place.strip() for place in env.secret("REGISTER_PUBLISH").split(",") if place.strip()
]

# --- storage --------------------------------------------------------------------------------------
DATABASE_URL = env.secret("DATABASE_URL")  # empty: SQLite in DATA_DIR
if DATABASE_URL:
    DATABASES = {"default": env.database("DATABASE_URL")}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "data.sqlite3"),
        }
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits at BEGIN: the transaction is the lock
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
        ),
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # threads share a file
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}
REDIS_URL = env.secret("REDIS_URL")  # empty: `manage.py serve` starts the embedded server

# --- parts ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "notifications",
    "commitments",
    "units",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "config.middleware.HealthFirst",
    "config.middleware.RequestNumber",
    "units.http.throttling.LimitHeaders",
    "config.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SessionLimits",
    "config.middleware.RequestClock",
    "config.middleware.ActOrigin",
    "config.middleware.PersonLanguage",
    "config.middleware.NotKept",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.accounts.OwnWayInFirst",
    "django_htmx.middleware.HtmxMiddleware",
    "units.http.problems.RefusedMiddleware",  # innermost: what a view refuses becomes a page
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shell",
            ]
        },
    }
]

# --- accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "units.User"
SESSION_COOKIE_AGE = 30 * 60  # seconds without a request
SESSION_ABSOLUTE_AGE = 10 * 3600  # seconds since the login, whatever was done meanwhile
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
REAUTH_MAX_AGE = env.number("REAUTH_MAX_AGE", default=300)  # seconds since the last strong login
STEP_UP_TTL = env.number("STEP_UP_TTL", default=120)  # seconds that one confirmation may take
SIGNING_REST_HOURS = env.number("SIGNING_REST_HOURS", default=24)  # after a lost factor was reset
STEP_UP_METHODS = env.list("STEP_UP_METHODS", default=["passkey", "totp"])
DELEGATES_MAY_SIGN = env.flag(  # a head answers in person unless the body's rules say otherwise
    "DELEGATES_MAY_SIGN", default=False
)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "full_name", "email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]  # nobody signs up
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are entered by an administrator
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False  # offices share computers: a login ends with the browser
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = REAUTH_MAX_AGE
ACCOUNT_RATE_LIMITS = {  # a whole town hall may come from one address
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
}
ACCOUNT_FORMS = {
    "login": "config.account_forms.LoginForm",
    "reauthenticate": "config.account_forms.ReauthenticateForm",
    "change_password": "config.account_forms.ChangePasswordForm",
    "set_password": "config.account_forms.SetPasswordForm",
    "reset_password": "config.account_forms.ResetPasswordForm",
    "reset_password_from_key": "config.account_forms.ResetPasswordKeyForm",
}
MFA_ADAPTER = "config.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else whoever opens a reset link of another bars their factors
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # fingerprint, face or PIN: a found key proves nothing
MFA_TOTP_TOLERANCE = 1  # 30-second steps to either side: clocks of telephones differ
MFA_FORMS = {
    "authenticate": "config.account_forms.AuthenticateForm",
    "reauthenticate": "config.account_forms.ReauthenticateByCodeForm",
    "activate_totp": "config.account_forms.ActivateTOTPForm",
    "edit_webauthn": "config.account_forms.EditPasskeyForm",
}

# --- documents ------------------------------------------------------------------------------------
SEAL_PKCS12_FILE = env.str("SEAL_PKCS12_FILE", default=str(DATA_DIR / "seal" / "seal.p12"))
SEAL_PASSWORD_FILE = env.str("SEAL_PASSWORD_FILE", default=str(DATA_DIR / "seal" / "password"))
TIMESTAMP_URL = env.str("TIMESTAMP_URL", default="")  # RFC 3161; empty: nobody is asked
TIMESTAMP_ROOTS_FILE = env.str("TIMESTAMP_ROOTS_FILE", default="")  # PEM: whom its tokens lead to
SIGNATURE_LEVEL = env.str("SIGNATURE_LEVEL", default="B-T" if TIMESTAMP_URL else "B-B")

ALLOWED_SUBFILTERS = env.list("ALLOWED_SUBFILTERS", default=["ETSI.CAdES.detached"])  # made outside
SIGNER_KEY_USAGE = env.list("SIGNER_KEY_USAGE", default=["non_repudiation"])  # all of them
GRADE_REQUIRED = env.pairs("GRADE_REQUIRED")  # undertaker=personal,assigner=online; else online
REVOCATION_CHECK = env.flag("REVOCATION_CHECK", default=True)  # false: no authority is ever asked

# --- what apps offer to pages of apps below them ----------------------------------------------------
QUEUE_BUCKETS: list[str] = [
    "commitments.web.checks.UNPROVED",
    "commitments.web.verifications.TO_VERIFY",
    "commitments.web.verifications.NOT_IN",
    "commitments.web.verifications.RETURNED",
    "commitments.web.verifications.MISSING",
    "commitments.web.corrections.MISSING",
    "commitments.web.corrections.WATCHED",
    "commitments.web.backlog.OPENED",
    "commitments.web.backlog.ESCALATED",
    "commitments.web.backlog.TO_VERIFY",
    "notifications.web.queue.UNDELIVERED",
]  # dotted paths of further buckets of the queue
HEALTH: list[str] = [  # functions of the instant that return (label, value, well) for /status/
    "units.health.figures",
    "commitments.health.figures",
    "notifications.health.figures",
]
MEASURES: list[str] = [  # functions of the instant that yield (name, labels, value) for /metrics
    "units.health.measures",
    "commitments.health.measures",
    "notifications.health.measures",
]
METRICS_TOKEN = env.secret("METRICS_TOKEN")  # empty: /metrics answers administrators alone
DEADMAN_URL = env.secret("DEADMAN_URL")  # called each minute while all is well; empty: never

# --- REST -------------------------------------------------------------------------------------------
API_READS_PER_MINUTE = env.number("API_READS_PER_MINUTE", default=600)  # for each machine or person
API_WRITES_PER_MINUTE = env.number("API_WRITES_PER_MINUTE", default=120)  # counted apart
API_FEED_PER_MINUTE = env.number("API_FEED_PER_MINUTE", default=120)  # questions for changes, too
FEED_RETENTION_DAYS = env.number("FEED_RETENTION_DAYS", default=400)  # so far back it tells changes
VERIFY_PER_MINUTE = env.number("VERIFY_PER_MINUTE", default=60)  # public questions of one address
VERIFY_MISSES_PER_MINUTE = env.number("VERIFY_MISSES_PER_MINUTE", default=10)  # unknown codes
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "units.http.authentication.TokenAuthentication",
        "units.http.authentication.LoginAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["units.http.permissions.May"],
    "DEFAULT_THROTTLE_CLASSES": ["units.http.throttling.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["units.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["units.http.filters.StrictFilters"],
    "DEFAULT_PAGINATION_CLASS": "units.http.paging.Keyset",
    "DEFAULT_SCHEMA_CLASS": "units.http.schema.Described",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "units.http.problems.handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,  # ?format= would be one more way to ask for a form
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": _("Commitments"),
    "DESCRIPTION": _(
        "Units, appointments, plans, targets and commitments to read and to write. Nothing is signed, returned, "
        "refused, countersigned or voided here: these are acts of a person, on a page."
    ),
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["units.http.schema.in_one_order"],
    "WEBHOOKS": ["notifications.api.hints.HINT"],
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,  # they are for programmers; `about` is for readers
    "ENUM_NAME_OVERRIDES": {
        "UnitKind": "units.enums.UnitKind",
        "EvidenceKindEnum": "commitments.enums.reports.EvidenceKind",
        "CaseKind": "commitments.enums.backlog.CaseKind",
        "CaseState": "commitments.enums.backlog.CaseState",
        "Provenance": "units.enums.Provenance",
        "AppointmentMode": "units.enums.AppointmentMode",
        "PeriodKind": "commitments.enums.PeriodKind",
        "PeriodState": "commitments.enums.PeriodState",
        "TargetState": "commitments.enums.TargetState",
        "TargetMode": "commitments.enums.TargetMode",
        "IndicatorKind": "commitments.enums.IndicatorKind",
        "ReasonEnum": ["out_of_scope"],  # of the feed: the name that clients were promised
        "WebhookReason": "notifications.enums.WebhookReason",
        "WebhookState": "notifications.enums.WebhookState",
        "WebhookDeliveryState": "notifications.enums.WebhookDeliveryState",
        "FigureName": "commitments.enums.FigureName",
        "LightEnum": "commitments.enums.LightColour",  # the name that clients were promised
        "JudgedLight": "commitments.enums.JudgedLight",
        "MandateKind": "commitments.enums.MandateKind",
        "AllocationMode": "commitments.enums.AllocationMode",
        "ItemRole": "commitments.enums.ItemRole",
        "RevisionKind": "commitments.enums.RevisionKind",
        "SignatureLevel": "commitments.enums.SignatureLevel",
        "SlotRole": "commitments.enums.SlotRole",
        "VersionState": "commitments.enums.VersionState",
        "SignatureActEnum": "commitments.enums.VersionAct",  # the name that clients were promised
    },
}

# --- calls to programs ------------------------------------------------------------------------------
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", default=[])  # besides 443
WEBHOOK_PRIVATE_NETWORKS = env.list("WEBHOOK_PRIVATE_NETWORKS", default=[])  # allowed all the same
WEBHOOK_CA_FILE = env.str("WEBHOOK_CA_FILE", default="")  # PEM: trusted besides the usual ones

# --- text messages ----------------------------------------------------------------------------------
SMS_GATEWAY_URL = env.secret("SMS_GATEWAY_URL")  # empty: nobody is told by text message
SMS_GATEWAY_SECRET = env.secret("SMS_GATEWAY_SECRET")  # whsec_...: what signs each call
SMS_GATEWAY_NETWORKS = env.list("SMS_GATEWAY_NETWORKS", default=[])  # own ones it may stand in
TELEPHONE_COUNTRY = env.str("TELEPHONE_COUNTRY", default="84")  # of numbers without a country

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = BODY_TIME_ZONE
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]

# --- files and mail -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.secret("STATIC_ROOT") or DATA_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
BACKUP_LATE_HOURS = env.int("BACKUP_LATE_HOURS", default=0)  # then /status/ warns; 0: never
DRILL_LATE_DAYS = env.int("DRILL_LATE_DAYS", default=0)  # without a restore on trial; 0: never
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default=urlsplit(SITE_URL).hostname or "localhost")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"commitments@{MAIL_DOMAIN}")
EMAIL_URL = env.secret("EMAIL_URL")  # empty: a demonstration keeps its mail in DATA_DIR/mail
EMAIL_TIMEOUT = 10  # seconds for connecting and for each command
if EMAIL_URL:
    globals().update(env.mail("EMAIL_URL"))
elif DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- log ------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        name: {"level": "INFO"} for name in ("config", "notifications", "commitments", "units")
    },
}
