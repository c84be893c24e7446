"""The identity step in a real browser: photographs of the live picture, and what is said of them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from playwright.sync_api import Page, expect

from oneseat.room.services.identity.identity_step import open_photo
from oneseat.state.room import attempts, identity
from signing.text import Text
from tests.pictures import keep_picture
from tests.room.browser.browsing import BEFORE, Visitor, browsable_room
from tests.room.browser.looks import check_looks
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import NUMBER
from tests.room.held_exam import RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM

DOCUMENTS = (Text("Resident identity card", "居民身份证"), Text("Passport", "护照"))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room whose exam has the identity step."""
    folder = tmp_path_factory.mktemp("identity") / "exam"
    with browsable_room(folder, room_keys, BEFORE, identity_documents=DOCUMENTS) as running:
        yield running


def reach_identity(candidate: Visitor) -> Page:
    """From the devices to the identity step, with the browser's fake camera."""
    page = candidate.open("devices", kind="mock")
    candidate.press("打开摄像头和麦克风")
    candidate.press("共享屏幕")
    expect(page.locator("[data-act=ready]")).to_be_enabled()
    candidate.press("继续，开始录制")
    expect(page.get_by_role("heading", level=1)).to_contain_text("人证核验")
    return page


def test_two_photographs_and_a_name_and_the_candidate_goes_on(candidate: Visitor) -> None:
    page = reach_identity(candidate)
    check_looks(page)
    candidate.press("提交，继续")
    expect(page.get_by_role("alert")).to_contain_text("请先拍好两张照片")
    take = page.locator("[data-photo=face] [data-act=take]")
    page.evaluate("video = document.querySelector('[data-photo=face] video'); camera = video.srcObject")
    page.evaluate("video.srcObject = new MediaStream()")
    expect(take).to_be_disabled()  # there is no picture yet
    page.evaluate("video.srcObject = camera; void video.play()")
    for what in ("face", "card"):
        photograph(page, what)
    page.locator("[name=name]").fill("测试考生")
    page.locator("[name=number]").fill("110105203501010011")
    candidate.press("提交，继续")
    expect(page.locator("#notices")).to_contain_text("证件号码有误")
    check_looks(page)
    page.locator("[name=number]").fill(NUMBER)
    page.locator("[name=number]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考场要求")
    expect(page.locator("main")).to_contain_text("核验材料已收到，由工作人员核验，请继续")
    assert NUMBER not in page.content()
    attempt = candidate.seat.attempt["nonce"]
    with candidate.room.exam.database.reading() as connection:
        sealed = identity.sealed_photos(connection, "test", attempt)
    for what in ("face", "card"):
        content = open_photo(candidate.room.app.state.room, attempt, what, sealed[what])
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (640, 480)
    candidate.forgive("409")
    with candidate.room.exam.database.writing() as connection:
        attempts.reopen_identity(connection, attempt, "glare")
    expect(page.get_by_role("alert")).to_contain_text("工作人员请您重新拍照")
    expect(page.get_by_role("alert")).to_contain_text("请摘下眼镜，证件避开灯光")
    assert page.get_by_text("帽子、口罩，头发").locator("visible=true").count() == 0
    expect(page.locator("[name=name]")).to_be_hidden()
    check_looks(page)
    page.evaluate("scrollTo(0, 0)")
    keep_picture(page, "room-identity-again.png")
    for what in ("face", "card"):
        photograph(page, what)
    candidate.press("提交，继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考场要求")


def photograph(page: Page, what: str) -> None:
    """Take a good photograph. One frame in 150 of the fake camera's has no sharp edge in the card's frame."""
    card = page.locator(f"[data-photo={what}]")
    card.locator("[data-act=take]").click()
    expect(card).not_to_have_attribute("data-state", "live")
    if card.get_attribute("data-state") == "blurred":
        card.locator("[data-act=again]").click()
        card.locator("[data-act=take]").click()
    expect(card).to_have_attribute("data-state", "good")


DIM = """(what) => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  const pen = canvas.getContext("2d");
  setInterval(() => { pen.fillStyle = "rgb(20,20,20)"; pen.fillRect(0, 0, 640, 480); }, 40);
  const video = document.querySelector(`[data-photo=${what}] video`);
  video.srcObject = canvas.captureStream(15);
  return video.play();
}"""


def test_what_is_not_clear_is_taken_again_three_times_and_then_kept(candidate: Visitor) -> None:
    page = reach_identity(candidate)
    candidate.takes(2)  # no recorder begins any more, which would show the camera's picture again
    page.evaluate(DIM, "face")
    face = page.locator("[data-photo=face]")
    for again in (1, 2, 3):
        face.get_by_role("button", name="拍照").click()
        dark = face.locator("[data-when=dark]")
        expect(dark).to_be_visible()
        expect(dark).to_contain_text(f"光线太暗，请重拍（第 {again} 次，共 3 次）。")
        face.get_by_role("button", name="重拍").press("Enter")
    check_looks(page)
    face.get_by_role("button", name="拍照").click()
    expect(face.get_by_text("照片已保存，由工作人员核验。请继续。")).to_be_visible()


# --------------------------------------------------------------------------------------- thresholds


def face(light: float = 1.0) -> Image.Image:
    """A face before a striped wall, in plain shapes, with a lens's softness."""
    picture = Image.new("L", (640, 480), 150)
    pen = ImageDraw.Draw(picture)
    for x in range(0, 640, 80):
        pen.rectangle([x, 0, x + 40, 480], fill=140)
    pen.ellipse([230, 90, 410, 330], fill=190)
    pen.pieslice([225, 70, 415, 250], 180, 360, fill=40)
    for x in (280, 360):
        pen.ellipse([x - 14, 190, x + 14, 204], fill=240)
        pen.ellipse([x - 6, 191, x + 6, 203], fill=30)
    pen.line([285, 280, 355, 280], fill=110, width=5)
    pen.rectangle([180, 340, 460, 480], fill=70)
    return picture.point(lambda value: value * light).filter(ImageFilter.GaussianBlur(0.6))


def card(glare: int = 0) -> Image.Image:
    """A card with lines of print and a portrait, with a lamp's reflection of so many pixels across."""
    picture = Image.new("L", (640, 480), 110)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle([110, 105, 530, 370], 14, fill=215)
    for row in range(5):
        for column in range(14):  # a sign is some strokes
            x, y = 130 + column * 17, 130 + row * 40
            pen.line([x, y, x + 12, y], fill=60, width=2)
            pen.line([x + 6, y, x + 6, y + 15], fill=60, width=2)
    picture.paste(face().resize((120, 150)), (390, 135))
    pen.ellipse([320 - glare // 2, 240 - glare // 2, 320 + glare // 2, 240 + glare // 2], fill=255)
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def seen(picture: Image.Image, blur: float = 0, noise: float = 0) -> str:
    """The picture through an unsharp lens and a noisy sensor, as an address."""
    blurred = picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture
    grain = Image.effect_noise(blurred.size, noise) if noise else None
    noisy = ImageChops.add(blurred, grain, 1, -128) if grain else blurred
    file = io.BytesIO()
    noisy.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


JUDGE = """async ([module, url, what]) => {
  const { judge } = await import(module);
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  return judge(bitmap, what);
}"""


def test_only_what_is_sure_is_said_of_a_photograph(candidate: Visitor) -> None:
    page = candidate.open("consent", kind="mock")
    module = page.evaluate(
        "document.querySelector('script[type=module]').src.replace(/[^/]*$/, 'photo_check.js')"
    )
    wanted = {
        ("face", "sharp"): (seen(face()), "good"),
        ("face", "noisy"): (seen(face(), noise=6), "good"),
        ("face", "a little soft"): (seen(face(), blur=1), "good"),
        ("face", "evening"): (seen(face(0.45)), "good"),
        ("face", "night"): (seen(face(0.2)), "dark"),
        ("face", "night, noisy"): (seen(face(0.2), noise=6), "dark"),
        ("face", "overexposed"): (seen(face(1.7)), "bright"),
        ("face", "out of focus"): (seen(face(), blur=4), "blurred"),
        ("face", "out of focus, noisy"): (seen(face(), blur=4, noise=6), "blurred"),
        ("card", "sharp"): (seen(card()), "good"),
        ("card", "noisy"): (seen(card(), noise=6), "good"),
        ("card", "a little soft"): (seen(card(), blur=1.5), "good"),
        ("card", "a small reflection"): (seen(card(40)), "good"),
        ("card", "a lamp across the print"): (seen(card(130)), "bright"),
        ("card", "out of focus"): (seen(card(), blur=4), "blurred"),
        ("card", "out of focus, noisy"): (seen(card(), blur=4, noise=6), "blurred"),
    }
    found = {key: page.evaluate(JUDGE, [module, url, key[0]]) for key, (url, _) in wanted.items()}
    assert found == {key: finding for key, (_, finding) in wanted.items()}
