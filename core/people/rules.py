"""Names, phones and the tokens by which a person is found. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import phonenumbers

from core.kernel import pinyin
from core.kernel.errors import Invalid
from core.kernel.i18n import _

CHILD_BELOW = 14  # PIPL art. 31: consent of a guardian below fourteen
ADULT_FROM = 18  # Civil Code art. 17–19: until then a guardian agrees to what is not of daily life
GENDERS = ("female", "male", "unknown")
CALENDARS = ("solar", "lunar")
ECONOMY = ("", "low", "middle", "high")
MAX_NAME = 60
_TOKEN = 40
# A card number, ours or an imported one; no reading of a name holds a digit.
CARD_TOKEN = re.compile(r"(?=.*\d)[a-z0-9]{4,40}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BIRTH = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?(?!\d)")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


def clean(text: str | None) -> str:
    """Return text in NFC, trimmed, without control characters and direction overrides."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text or "")).strip()


def clean_name(text: str | None, field_name: str = "name") -> str:
    """Return a person's name; raise Invalid when it is empty, too long or holds control characters."""
    name = re.sub(r"\s+", " ", clean(text))
    if not name:
        raise Invalid.field(field_name, _("请填写姓名。"))
    if len(name) > MAX_NAME:
        raise Invalid.field(field_name, _("姓名最多 %(n)d 个字。", n=MAX_NAME))
    return name


def clean_phone(text: str | None, field_name: str = "phone") -> str | None:
    """Return a phone: eleven digits for the mainland, else +country…; None for an empty text.

    Raises Invalid for a number that no network would take. Full-width digits, spaces and the
    1.38E+10 of spreadsheets are understood.
    """
    raw = unicodedata.normalize("NFKC", clean(text))
    if not raw:
        return None
    raw = _from_scientific(raw)
    wrong = Invalid.field(
        field_name,
        _("“%(phone)s”不是有效的电话号码。请填写 11 位手机号，境外号码以 + 开头。", phone=raw[:20]),
    )
    try:
        number = phonenumbers.parse(raw, "CN")
    except phonenumbers.NumberParseException:
        raise wrong from None
    if not phonenumbers.is_valid_number(number):
        raise wrong
    if number.country_code == 86:
        return str(number.national_number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _from_scientific(raw: str) -> str:
    if re.fullmatch(r"1\.\d{5,10}[eE]\+?10", raw):
        whole, digits = raw.split(".")
        fraction = re.split("[eE]", digits)[0].ljust(10, "0")
        return whole + fraction
    return re.sub(r"\.0+$", "", raw)


def mask_phone(phone: str | None) -> str:
    """Return 138****5051, or an empty text."""
    if not phone:
        return ""
    return f"{phone[:-8]}****{phone[-4:]}" if len(phone) > 8 else f"****{phone[-4:]}"


def age_on(birth_on: date, on: date) -> int:
    """Return the age in whole years on the day `on`."""
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def is_child(birth_on: date | None, on: date) -> bool:
    """Return whether a guardian must consent (PIPL art. 31)."""
    return birth_on is not None and age_on(birth_on, on) < CHILD_BELOW


def is_minor(birth_on: date | None, on: date) -> bool:
    """Return whether somebody is known to be under eighteen (Civil Code art. 17)."""
    return birth_on is not None and age_on(birth_on, on) < ADULT_FROM


@lru_cache(maxsize=20000)
def readings(name: str) -> tuple[tuple[str, str], ...]:
    """Return (joined pinyin, initials) for every reading of the surname: 曾 is zeng and ceng."""
    letters = "".join(ch for ch in name if ch.isalnum())
    if not letters:
        return ()
    first = pinyin.readings(letters[0]) if _HAN.match(letters[0]) else [letters[0]]
    rest = [part.lower() for part in pinyin.syllables(letters[1:]) if part]
    found = []
    for head in dict.fromkeys(part.lower() for part in first):
        words = [head, *rest] if _HAN.search(letters) else [letters.lower()]
        found.append(("".join(words), "".join(word[0] for word in words)))
    return tuple(dict.fromkeys(found))


def sort_pinyin(name: str) -> str:
    """Return the pinyin by which lists sort a name: database collations know no Chinese order."""
    found = readings(name)
    return found[0][0][:120] if found else ""


def name_tokens(name: str) -> set[str]:
    """Return the tokens of a name: its endings and words, its pinyin by every surname reading, its initials.

    Written as a query is read (`parse_query`): compatible forms folded, lower case, split at other signs.
    """
    folded = unicodedata.normalize("NFKC", name).lower()
    letters = "".join(ch for ch in folded if not ch.isspace())
    tokens = set(re.findall(r"[^\W\d_]+", folded))
    for joined, initials in readings(folded):
        tokens |= {joined, initials}
    if _HAN.search(name):
        tokens |= {letters[start:] for start in range(min(len(letters), 12))}
        tokens.add("".join(pinyin.syllables(letters[1:])).lower())
    return {token[:_TOKEN] for token in tokens if token}


def company_tokens(company: str) -> set[str]:
    """Return the tokens of a company: every ending, so that any fragment is a prefix (S3-05)."""
    letters = "".join(ch.lower() for ch in company if not ch.isspace())[:40]
    return {letters[start : start + 20] for start in range(max(len(letters) - 1, 0))}


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed into the search box, taken apart."""

    phone: str | None = None
    last4: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())
    birth_on: date | None = None
    card: str = ""  # the whole text as an old card number of letters and digits (vip00123), else empty

    @property
    def empty(self) -> bool:
        """Return whether nothing can be searched for."""
        return not (self.phone or self.last4 or self.numbers or self.words or self.birth_on)


def birth_token(birth_on: date) -> str:
    """Return the token by which a date of birth is found (B55): no name or number begins like it."""
    return f"@{birth_on:%Y%m%d}"


def _take_birth(raw: str) -> tuple[date | None, str]:
    """Return the date of birth written in a search, and the rest of the search."""
    found = _BIRTH.search(raw)
    if found is None:
        return None, raw
    try:
        birth_on = date(*(int(part) for part in found.group(1, 2, 3)))
    except ValueError:
        return None, raw
    return birth_on, raw[: found.start()] + " " + raw[found.end() :]


def parse_query(text: str) -> Query:
    """Return the parts of a search: any mix of name, pinyin, initials, last 4 digits, card number, phone,
    date of birth (2019-04-05)."""
    birth_on, raw = _take_birth(unicodedata.normalize("NFKC", clean(text)).lower())
    digits_only = re.sub(r"[\s\-()]", "", raw)
    if re.fullmatch(r"\+?\d{11,15}", digits_only):
        try:
            return Query(phone=clean_phone(digits_only), numbers=(digits_only.lstrip("+"),))
        except Invalid:
            return Query(numbers=(digits_only.lstrip("+"),))
    last4, numbers, words = [], [], []
    for part in re.findall(r"\d+|[^\W\d_]+|[·]", raw):
        if not part.isdigit():
            words.append(part)
        elif len(part) == 4:
            last4.append(part)
        else:
            numbers.append(part)
    return Query(
        last4=tuple(last4), numbers=tuple(numbers), words=tuple(word[:_TOKEN] for word in words),
        birth_on=birth_on, card=_mixed_number(raw) if len(last4) + len(numbers) and words else "",
    )  # fmt: skip


def card_key(number: str) -> str:
    """Return a card number as it is looked up: half-width, lower case, without spaces, dashes and marks of ours."""
    return re.sub(r"[\s\-#@]", "", unicodedata.normalize("NFKC", number)).lower()


def _mixed_number(raw: str) -> str:
    """Return the text as one number when it may be one: `lcm 5051` is looked up both ways, a sentence is not."""
    key = card_key(raw)
    return key if len(key) <= _TOKEN else ""
