"""What the organisation writes into the audit trail, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "session.sign_in": _l("登录"), "session.sign_out": _l("退出登录"), "session.refused": _l("登录被拒"),
    "session.locked": _l("锁屏"), "session.unlocked": _l("解锁"), "session.unlock_refused": _l("解锁失败"),
    "session.totp_passed": _l("通过动态口令"), "session.totp_refused": _l("动态口令不对"),
    "session.ended": _l("结束一处登录"), "session.view_as": _l("以其他角色查看"),
    "session.view_as_ended": _l("结束以其他角色查看"), "staff.added": _l("新增员工"), "staff.changed": _l("修改员工"),
    "staff.left": _l("员工停用"), "staff.returned": _l("员工恢复在职"), "staff.roles_changed": _l("修改员工的角色"),
    "staff.password_changed": _l("修改密码"), "staff.pin_changed": _l("修改 PIN"), "staff.pin_refused": _l("PIN 输错"),
    "staff.totp_enrolled": _l("设置动态口令"), "staff.totp_reset": _l("清除动态口令"),
    "staff.sign_in_reset": _l("重置登录"), "staff.person_linked": _l("员工与会员本人对应"),
    "store.added": _l("新增门店"), "org.token.created": _l("新建接口令牌"), "org.token.revoked": _l("作废接口令牌"),
    "org.role.added": _l("新增角色"), "org.role.changed": _l("修改角色的权限"), "org.role.dropped": _l("删除角色"),
    "org.franchise.frozen": _l("冻结账目"), "org.franchise.resumed": _l("恢复账目"),
    "org.own_card.witnessed": _l("同事见证为本人办理"), "org.approval.asked": _l("提出审批"),
    "org.approval.approved": _l("批准"), "org.approval.executed": _l("批准并执行"),
    "org.approval.refused": _l("拒绝审批"), "org.approval.withdrawn": _l("撤回审批"),
    "org.approval.expired": _l("审批过期"), "org.approval.failed": _l("审批未能执行"),
}  # fmt: skip
