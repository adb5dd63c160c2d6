from __future__ import annotations

import pytest

from jobs.intake.opening import open_sheet
from jobs.intake.text.encoding import find_encoding
from jobs.sheet import ReadOptions
from templates.errors import UserError

WORDS = {
    "cp1252": "größer,schön,Übergröße,für,Maße,hübsch,“gut”,5 €,Café®,Hängeleuchte – weiß,Tür",
    "mac-roman": "größer,schön,Übergröße,für,Maße,hübsch,“gut”,Café®,Hängeleuchte – weiß,Tür,Fuß,Söckchen,Bär,Öl",
    "cp850": "größer,schön,Übergröße,für,Maße,hübsch,Tür,Fuß,Söckchen,Bär,Öl,Räder,Fön,süß",
    "cp1250": "żółty,łóżko,książka,głowa,świeca,mąż,źródło,ćma,dźwięk,pięć,gałąź,wąż,noże,lampą",
    "cp1251": "Лампа,настольная,зелёная,стекло,Россия",
    "cp1253": "Φωτιστικό,πράσινο,γυαλί,Ελλάδα",
    "cp950": "檯燈,綠色玻璃,台灣製造,餐具組合",
    "gbk": "台灯,绿色玻璃,中国制造,餐具组合,陶瓷杯子",
    "gb18030": "台灯,绿色玻璃,中国制造,餐具组合\U0001f6cb",
    "cp932": "テーブルランプ,緑のガラス,日本製,きれいなコップ",
    "cp949": "탁상용 램프,초록색 유리,한국에서 만든,도자기 컵",
}


def catalogue(words, encoding, ends="\n"):
    lines = ["SKU,Title", *(f"{number},{word}" for number, word in enumerate(words.split(","), 1)), ""]
    return ends.join(lines).encode(encoding)


@pytest.mark.parametrize("encoding", WORDS)
def test_the_older_encodings_are_told_by_their_words(tmp_path, encoding):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue(WORDS[encoding], encoding))
    sheet = open_sheet(path)
    assert sheet.info.encoding == encoding
    assert [row.cells[1] for row in sheet.rows()] == WORDS[encoding].split(",")
    assert "if letters look wrong, give --source-encoding." in sheet.info.notes[0]


@pytest.mark.parametrize("words", ["é", "Café", "–", "5 °C", "½", "»Größe«", "naïve,señor", "Škoda", "10 µm,3 × 4,™"])
def test_a_short_text_is_windows_1252_when_in_doubt(tmp_path, words):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue(words, "cp1252"))
    assert find_encoding(path).name == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("words", ["Lamp,Vase", "檯燈綠色玻璃台灣製造,餐具組合上下不"])
def test_wide_characters_need_no_mark(tmp_path, encoding, words):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue(words, encoding))
    sheet = open_sheet(path)
    assert sheet.info.encoding == encoding
    assert [row.cells[1] for row in sheet.rows()] == words.split(",")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_bad_bytes_are_told_by_their_line_in_the_file(tmp_path, monkeypatch, ends, chunk):
    monkeypatch.setattr("jobs.intake.text.strays._CHUNK_BYTES", chunk)
    content = catalogue(f'größer,"zwei{ends}Zeilen",schön,XX,für', "utf-8", ends).replace(b"XX", b"caf\xe9")
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    assert find_encoding(path).bad_lines == (6,)


def test_a_few_bad_bytes_do_not_lose_a_chinese_file(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue(WORDS["cp950"] + ",XX;", "cp950").replace(b"XX", b"\xa4\xff"))
    sheet = open_sheet(path)
    assert [row.cells[1] for row in sheet.rows()][-1] == "\ufffd\ufffd;"
    assert sheet.info.notes[1].startswith("Line 6 has bytes that are not Big5")


def test_the_encoding_told_is_obeyed(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue("Caf\x8e", "latin-1"))
    sheet = open_sheet(path, ReadOptions(encoding="MacRoman"))
    assert next(iter(sheet.rows())).cells == ("1", "Café")
    assert sheet.info.notes == ()


@pytest.mark.parametrize("told", ["utf-8", "utf8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path, told):
    path = tmp_path / "p.csv"
    path.write_bytes(catalogue("ä", "utf-8-sig"))
    info = open_sheet(path, ReadOptions(encoding=told)).info
    assert (info.columns[0].raw, info.encoding) == ("SKU", "utf-8-sig")


@pytest.mark.parametrize("told", ["utf-9", "latin-2000", "", "rot13", "hz", "iso2022_jp", "cp037", "x" * 5000])
def test_an_unknown_encoding_is_refused_with_near_names(tmp_path, told):
    path = tmp_path / "p.csv"
    path.write_bytes(b"SKU,Title\n1,a\n")
    with pytest.raises(UserError, match="is not known") as caught:
        find_encoding(path, told)
    assert caught.value.code == "encoding"


@pytest.mark.parametrize(
    ("content", "told"), [(b"1,caf\xe9\n", "ascii"), (b"1,\xff\xfe\n", "utf-8"), (b"\xff\n", "big5")]
)
def test_an_encoding_that_cannot_read_the_file_is_refused_with_the_line(tmp_path, content, told):
    path = tmp_path / "p.csv"
    path.write_bytes(b"SKU,Title\n" + content)
    with pytest.raises(UserError, match=r"line [23] has bytes") as caught:
        find_encoding(path, told)
    assert caught.value.code == "encoding"
