"""A country's code in a file name is refused where the script says that its language was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.cli.main import run


@pytest.mark.parametrize(("tag", "code"), [("kr", 2), ("ko", 0)])
def test_hangul_under_a_tag(
    tag: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.en").write_text("Good morning\nThe bridge was opened\n", encoding="utf-8")
    korean = "오늘 아침에 시장이 다리를 열었습니다.\n모두 안녕하세요 좋은 아침입니다.\n"
    (tmp_path / f"a.{tag}").write_text(korean, encoding="utf-8")
    files = [str(tmp_path / "a.en"), str(tmp_path / f"a.{tag}")]
    assert run(["corpus", "import", *files, "-o", str(tmp_path / "out")]) == code
    if code:
        said = capsys.readouterr().err
        assert "written in Hangul letters" in said and "Korean is ko" in said
        assert not (tmp_path / "out").exists()
