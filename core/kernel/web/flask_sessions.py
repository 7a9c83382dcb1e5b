"""Sessions: a random cookie that leads to a server-side row, and a small signed cookie for the rest.

`SID` holds 256 random bits and nothing else; the row behind it is found by hash (kernel/doors.py),
rotated at sign-in and at a change of rights, and dead after sign-out. `NOTE` carries what may live in
the browser: the CSRF seed of somebody not signed in, and messages for the next page. The CSRF seed of
a session is derived from its cookie, so it changes with it and needs no storage.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.kernel import keys

if TYPE_CHECKING:
    from flask import Flask, Request, Response

CSRF = "csrf_token"
_NOTE_SECONDS = 12 * 3600
_SESSION_SECONDS = 12 * 3600


class HuikeSession(dict[str, Any], SessionMixin):
    """What `flask.session` is. `sid` is the secret of the server-side session, or None."""

    def __init__(self, values: dict[str, Any], sid: str | None) -> None:
        super().__init__(values)
        self.sid = sid
        self.sid_before = sid
        self.before = dict(values)

    @property
    def modified(self) -> bool:  # type: ignore[override]
        """Return whether anything the browser holds must change."""
        return dict(self) != self.before or self.sid != self.sid_before

    def begin(self, secret: str) -> None:
        """Take a new server-side session: at sign-in and whenever rights change."""
        self.sid = secret
        self.clear()
        self[CSRF] = seed(secret)

    def end(self) -> None:
        """Forget the server-side session and everything the browser holds."""
        self.sid = None
        self.clear()


def new_secret() -> str:
    """Return the 256-bit secret of a new session."""
    return secrets.token_urlsafe(32)


def seed(secret: str) -> str:
    """Return the CSRF seed that belongs to a session's secret."""
    return keys.ring().mac("csrf", secret.encode()).hex()[:40]


def cookie_names(secure: bool) -> tuple[str, str]:
    """Return the names of the session cookie and the note cookie."""
    return ("__Host-huike", "__Host-huike-note") if secure else ("huike", "huike-note")


class ServerSessions(SessionInterface):
    """Opens and saves `flask.session` by the two cookies."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None

    def _sign(self) -> URLSafeTimedSerializer:
        if self._signer is None:
            self._signer = URLSafeTimedSerializer(keys.ring().mac("note-cookie", b"v1"), salt="note")
        return self._signer

    def open_session(self, app: Flask, request: Request) -> HuikeSession:
        """Return the session as the cookies tell; a forged or old note counts as none."""
        sid_name, note_name = cookie_names(request.is_secure)
        sid = request.cookies.get(sid_name) or None
        values = self._read_note(request.cookies.get(note_name, ""))
        if sid:
            values[CSRF] = seed(sid)
        return HuikeSession(values, sid)

    def _read_note(self, raw: str) -> dict[str, Any]:
        if not raw:
            return {}
        try:
            found = self._sign().loads(raw, max_age=_NOTE_SECONDS)
        except BadSignature:
            return {}
        return found if isinstance(found, dict) else {}

    def save_session(self, app: Flask, session: HuikeSession, response: Response) -> None:  # type: ignore[override]
        """Write the cookies that changed."""
        from flask import request

        sid_name, note_name = cookie_names(request.is_secure)
        if session.sid != session.sid_before:
            self._put(response, sid_name, session.sid, request.is_secure, _SESSION_SECONDS)
        note = {k: v for k, v in session.items() if not (k == CSRF and session.sid)}
        before = {k: v for k, v in session.before.items() if not (k == CSRF and session.sid_before)}
        if note != before:
            text = self._sign().dumps(note) if note else None
            self._put(response, note_name, text, request.is_secure, _NOTE_SECONDS)

    @staticmethod
    def _put(response: Response, name: str, value: str | None, secure: bool, seconds: int) -> None:
        if value is None:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
            return
        response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")
