"""The one place where refusals and failures become pages: in the shell, numbered, never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import acting
from core.kernel.web import problem, state
from core.kernel.web.render import is_fragment, shell_context

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

log = structlog.get_logger("web")
API = "/api/"


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _failure)


def show_refusal(refusal: Refusal) -> Response:
    """Show a refusal: the form again with what was typed, a fragment for htmx, else a page of its own."""
    if request.path.startswith(API):
        return problem.of_refusal(refusal)
    here = state.maybe_here()
    if here and here.on_refusal:
        return _again(refusal, here.on_refusal)
    if is_fragment():
        return alert_fragment(refusal)
    title, text = WORDS.get(refusal.status, WORDS[422])()
    answer = error_page(refusal.status, title, refusal.message or text)
    return _with_retry(answer, refusal)


def _again(refusal: Refusal, render: Any) -> Response:
    """Render the form again in a fresh read unit, with the refusal's status."""
    here, web = state.here(), state.web()
    here.on_refusal = None
    actor = here.identity.actor if here.identity else None
    with acting(actor), web.runtime.db.unit("read") as unit:
        here.session = unit
        try:
            answer = make_response(render(refusal))
        except Refusal as another:  # the form itself is about something that is not there
            return show_refusal(another)
        finally:
            here.session = None
    answer.status_code = refusal.status
    return _with_retry(answer, refusal)


def _with_retry(answer: Response, refusal: Refusal) -> Response:
    if refusal.extra.get("retry_after"):
        answer.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return answer


def alert_fragment(refusal: Refusal) -> Response:
    """Return the alert that htmx puts into the alert region, whatever its target was."""
    body = render_template("errors/alert.html", refusal=refusal, request_id=state.here().request_id)
    answer = make_response(body, refusal.status)
    answer.headers["HX-Retarget"] = "#alerts"
    answer.headers["HX-Reswap"] = "innerHTML show:window:top"
    return _with_retry(answer, refusal)


def _not_here() -> tuple[str, str]:
    return _("没有找到这一页"), _("地址可能写错了，或者这条记录不属于你所在的机构。")


def _forbidden() -> tuple[str, str]:
    return _("你还不能做这件事"), _("请让店长或加盟主为你开通权限。")


def _conflict() -> tuple[str, str]:
    return _("保存前请看一眼：情况已经变了"), _("有人刚改过这份资料，你的操作没有保存。")


def _busy() -> tuple[str, str]:
    return _("操作太频繁了"), _("请稍等片刻再试。")


def _refused() -> tuple[str, str]:
    return _("这一步没有完成"), _("账目没有变化。")


def _sign_in_again() -> tuple[str, str]:
    return _("请先登录"), _("登录后会回到这一页。")


def _overloaded() -> tuple[str, str]:
    return _("系统正忙，账目没有变化"), _("同一时间的操作太多，请稍等几秒再试一次。")


WORDS = {
    401: _sign_in_again, 403: _forbidden, 404: _not_here, 409: _conflict, 422: _refused, 429: _busy,
    503: _overloaded,
}  # fmt: skip


def error_page(status: int, title: str, text: str) -> Response:
    """Return an error page in the shell, with the request's number and a way on."""
    if is_fragment():
        refusal = Refusal(f"{title}。{text}", status=status)
        return alert_fragment(refusal)
    moment = clock.now()
    who = state.here().identity
    at = moment.astimezone(clock.zone(who.actor.tz if who else "Asia/Shanghai"))
    body = render_template(
        "errors/page.html",
        **shell_context(),
        status=status,
        error_title=title,
        error_text=text,
        at=at.strftime("%H:%M:%S"),
    )
    return make_response(body, status)


def _stale_form(_problem: CSRFError) -> Response:
    if request.path.startswith(API):
        return problem.answer(400, "csrf", _("请求缺少校验。"))
    return error_page(400, _("这一页放得太久了"), _("为了安全，请返回上一页刷新后再提交。刚才的操作没有保存。"))


def _foreign_host(_problem: SecurityError) -> Response:
    # The address itself is not trusted, so no page with links is built for it.
    return make_response("Bad Request", 400)


def _http(failure: HTTPException) -> Response:
    status = failure.code or 500
    if failure.response is not None:
        return failure.response  # type: ignore[return-value]
    if request.path.startswith(API):
        told = problem.answer(status, _CODES.get(status, "http"), _http_words(status)[1])
        return _with_allow(told, failure)
    if state.maybe_here() is None:
        return make_response(failure.name, status)
    title, text = _http_words(status)
    return _with_allow(error_page(status, title, text), failure)


def _with_allow(answer: Response, failure: HTTPException) -> Response:
    for name, value in failure.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "media_type",
}


def _http_words(status: int) -> tuple[str, str]:
    if status in WORDS:
        return WORDS[status]()
    if status == 413:
        return _("内容太大了"), _("一次最多提交 2 MB；上传文件最多 20 MB。")
    if status == 405:
        return _("这个地址不能这样打开"), _("请从菜单重新进入。")
    return _("请求有问题"), _("请返回上一页检查后再试。")


def _database(failure: OperationalError) -> Response:
    """A database that is locked or gone: busy, not broken; nothing was saved."""
    state_code = getattr(failure.orig, "sqlstate", None)
    if "locked" in str(failure.orig) or "busy" in str(failure.orig) or state_code in {"40001", "40P01"}:
        refusal = Refusal("", status=503, code="busy", extra={"retry_after": 2})
        refusal.message = " ".join(_overloaded())
        log.warning("busy", **_where())
        if request.path.startswith(API):
            return problem.of_refusal(refusal)
        return _with_retry(error_page(503, *_overloaded()), refusal)
    return _failure(failure)


def _failure(failure: Exception) -> Response:
    """An error of ours: logged with its number, told without its text."""
    # A database error carries the parameters of its statement: names and phones never reach the log.
    shown = type(failure.orig).__name__ if isinstance(failure, DBAPIError) else None
    log.error("failure", error=shown or repr(failure), exc_info=failure if shown is None else None, **_where())
    if request.path.startswith(API):
        return problem.answer(500, "internal", _("系统出错，账目没有变化。"), request_id=_number())
    if state.maybe_here() is None:
        return make_response("Internal Server Error", 500)
    return error_page(
        500, _("这一页没打开，收银不受影响"), _("我们已经记下这个问题。刚才的操作没有保存，账目没有变化。")
    )


def _number() -> str:
    here = state.maybe_here()
    return here.request_id if here else ""


def _where() -> dict[str, Any]:
    return {"request": _number(), "endpoint": request.endpoint, "method": request.method}
