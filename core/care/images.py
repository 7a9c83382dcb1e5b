"""Pictures: what is taken in, made small and clean, and marked with who looks (security C42, dependencies.md).

Pure: bytes in, bytes out. Only the pixels of a picture are kept: they are painted onto a fresh one, so that no EXIF,
GPS position, XMP, comment or colour profile of the camera comes along.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from core.kernel import pinyin
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
FULL, THUMB = 2560, 320
MEDIA_TYPE = "image/webp"
_QUALITY = 84
_MAGIC = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))
# Where systems keep a font with Chinese characters; without one the mark is written in pinyin.
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clean:
    """A picture as it is kept: both sizes as WebP, and how large the full one is in pixels."""

    full: bytes
    thumb: bytes
    width: int
    height: int


def kind_of(data: bytes) -> str | None:
    """Return JPEG, PNG or WEBP by the first bytes of a file, or None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def clean(data: bytes) -> Clean:
    """Return an uploaded picture re-encoded: upright, at most 2560 pixels wide, without any metadata.

    Raises Invalid for an empty or damaged file, Refusal `file_type`, `file_too_large` or `picture_too_large`.
    """
    if not data:
        raise Invalid.field("file", _("请选择一张照片。"))
    if len(data) > MAX_BYTES:
        raise Refusal(
            _("这张照片超过 %(n)d MB。请用相机的“中等尺寸”重拍，或压缩后再上传。", n=MAX_BYTES >> 20),
            code="file_too_large", status=413,
        )  # fmt: skip
    if data[:1024].lstrip().startswith(b"%PDF"):
        raise Refusal(
            _("不能上传 PDF：里面可能带有脚本和隐藏内容。请拍照或截图，再上传图片。"), code="file_type", status=415
        )
    kind = kind_of(data)
    if kind is None:
        raise Refusal(
            _("只能上传 JPG、PNG 或 WebP 照片。苹果手机的 HEIC 请在“设置－相机－格式”里选“兼容性最佳”。"),
            code="file_type", status=415,
        )  # fmt: skip
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            return _kept(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _too_large() from problem
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as problem:
        raise Invalid.field("file", _("这张照片已损坏，打不开。请重新拍摄或换一张。")) from problem


def _kept(picture: Image.Image) -> Clean:
    # The size stands in the header: a bomb is refused before a pixel is unpacked.
    if picture.width * picture.height > MAX_PIXELS:
        raise _too_large()
    picture.draft("RGB", (FULL, FULL))
    upright = ImageOps.exif_transpose(picture)
    pixels = upright.convert("RGBA") if "A" in upright.getbands() or "transparency" in upright.info else upright
    fresh = Image.new("RGB", pixels.size, "white")
    if pixels.mode == "RGBA":
        fresh.paste(pixels, mask=pixels.getchannel("A"))
    else:
        fresh.paste(pixels.convert("RGB"))
    fresh.thumbnail((FULL, FULL), Image.Resampling.LANCZOS)
    small = fresh.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return Clean(_encoded(fresh), _encoded(small), fresh.width, fresh.height)


def _too_large() -> Refusal:
    return Refusal(
        _("这张图的像素太多（超过 %(n)d 万）。请缩小尺寸后再上传。", n=MAX_PIXELS // 10_000),
        code="picture_too_large", status=413,
    )  # fmt: skip


def _encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=2)
    return out.getvalue()


def marked(data: bytes, text: str) -> bytes:
    """Return a kept picture with `text` (who looks, and when) written over it again and again."""
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as picture:
        base = picture.convert("RGBA")
    size = max(11, min(base.size) // 24)
    font = _font(size)
    words = text if _writes_chinese() else latin(text)
    layer = Image.new("RGBA", base.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    box = draw.textbbox((0, 0), words, font=font)
    step_x, step_y = int(box[2] - box[0]) + size * 2, size * 5
    for row, y in enumerate(range(size, base.height, step_y)):
        for x in range(size - (row % 2) * step_x // 2, base.width, step_x):
            draw.text((x + 1, y + 1), words, font=font, fill=(0, 0, 0, 90))
            draw.text((x, y), words, font=font, fill=(255, 255, 255, 130))
    return _encoded(Image.alpha_composite(base, layer).convert("RGB"))


def latin(text: str) -> str:
    """Return a text in letters that every font has: Chinese names in pinyin."""
    return " ".join("".join(part if part.isascii() else "" for part in pinyin.syllables(text)).split())


@lru_cache(maxsize=1)
def _font_file() -> str | None:
    return next((one for one in _FONTS if Path(one).is_file()), None)


def _writes_chinese() -> bool:
    return _font_file() is not None


@lru_cache(maxsize=32)
def _font(size: int) -> Any:
    path = _font_file()
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)
