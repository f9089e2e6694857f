"""What must not be handed around: tables of credentials, and of personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from migrator.core.init.references import noun, words
from migrator.core.schema.catalog import Column, Table

# Words by which a table is about logging in, whoever's it is.
CREDENTIAL_WORDS = frozenset({
    "credential", "password", "passwd", "oauth", "oauth2", "sso", "saml", "oidc", "mfa", "otp", "totp", "webauthn",
    "passkey", "authenticator", "api_key", "apikey", "api_token", "apitoken", "access_token", "access_key",
    "auth_token", "refresh_token", "session_token", "personal_access_token", "secret", "ssh_key", "signing_key",
    "private_key", "verification_token", "reset_token", "recovery_code", "two_factor", "backup_code",
    "identity_provider", "mot_de_passe", "jeton",
})  # fmt: skip
# Words that say so where a column agrees.
_LIKELY_WORDS = frozenset({"session", "token", "login", "auth", "authentication", "key", "nonce", "grant"})
# Columns by whose value somebody gets in; also as the end of a name: reset_password_token.
_SECRETS = frozenset({
    "password", "passwd", "pwd", "mot_de_passe", "secret", "token", "api_key", "apikey", "access_key", "secret_key",
    "private_key", "signing_key", "session_key", "session_token", "password_hash", "hashed_password",
    "password_digest", "token_digest", "token_hash", "secret_hash", "key_hash", "otp_secret", "recovery_codes",
    "backup_codes", "credential", "credentials", "jeton",
})  # fmt: skip
# Columns of a web session's row, one of which a table that is called so has.
_OF_SESSIONS = frozenset({
    "sid", "sess", "session_id", "session_data", "session_key", "expire", "expires", "expires_at", "expire_date",
    "expiry", "last_activity", "last_seen_at", "payload", "ip", "ip_address", "user_agent",
})  # fmt: skip
_PERSONAL = frozenset({
    "email", "e_mail", "email_address", "mail", "courriel", "birth_date", "birthdate", "birthday", "date_of_birth",
    "dob", "date_naissance", "ssn", "social_security_number", "national_id", "passport_number", "iban",
})  # fmt: skip
# A name of a person is two columns; a telephone number beside one makes it personal, too.
_PERSONS_NAMES = (("first_name", "last_name"), ("prenom", "nom"), ("given_name", "family_name"))


@dataclass(frozen=True, slots=True)
class Sensitive:
    """What a table holds, and why one thinks so.

    `credentials` by what its name says that it is for, `people` by their data, else a `secret` among other things.
    """

    kind: Literal["credentials", "people", "secret"]
    why: str

    @property
    def credentials(self) -> bool:
        return self.kind == "credentials"


def sensitive(table: Table) -> Sensitive | None:
    """What of the table is not to be shared, replicated or put into quarantine by proposal; None where nothing is."""
    name = noun(table.relation.name)
    secrets = list(secret_columns(table))
    columns = _names(table)
    if mentions(name, CREDENTIAL_WORDS) or name.startswith("auth_"):
        return Sensitive("credentials", "credentials, by its name")
    if mentions(name, _LIKELY_WORDS) and (secrets or (_is_session(name) and columns & _OF_SESSIONS)):
        return Sensitive("credentials", f"credentials: it has {(secrets or sorted(columns & _OF_SESSIONS))[0]}")
    if secrets:
        return Sensitive("secret", f"it holds a secret ({secrets[0]})")
    if _is_session(name):
        return Sensitive("secret", "it may hold sessions, by its name")
    if personal := personal_columns(table):
        return Sensitive("people", f"it holds personal data ({', '.join(personal)})")
    return None


def secret_columns(table: Table) -> Iterator[str]:
    """The columns by whose values somebody gets in."""
    for column in table.columns:
        name = "_".join(words(column.name))
        if _holds_text(column) and any(name == one or name.endswith(f"_{one}") for one in _SECRETS):
            yield column.name


def personal_columns(table: Table) -> tuple[str, ...]:
    """The columns that say who or where a person is; () where none does."""
    names = {"_".join(words(column.name)): column.name for column in table.columns}
    if found := sorted(names.keys() & _PERSONAL):
        return (names[found[0]],)
    for pair in _PERSONS_NAMES:
        if set(pair) <= names.keys():
            return tuple(names[one] for one in pair)
    return ()


def traces_logins(table: Table) -> bool:
    """Whether the table has what sessions and tokens of people have: a secret, or when and from where they came."""
    return any(secret_columns(table)) or bool(_names(table) & _OF_SESSIONS)


def mentions(name: str, wanted: frozenset[str]) -> bool:
    """Whether a noun contains one of the words."""
    return any(f"_{word}_" in f"_{name}_" for word in wanted)


def _is_session(name: str) -> bool:
    return name.rpartition("_")[2] == "session"


def _names(table: Table) -> frozenset[str]:
    return frozenset("_".join(words(column.name)) for column in table.columns)


def _holds_text(column: Column) -> bool:
    return column.value_type.startswith(("text", "character", "bytea", "uuid", "public.citext", "citext", "json"))
