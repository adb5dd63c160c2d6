"""Every kind of bad input: what, where and how to fix; nothing sent, nothing written, no job left."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from command_line import PRODUCTS, csv_file, xlsx_file
from openpyxl import Workbook

pytestmark = pytest.mark.servers


def _tree(folder):
    """Give all files but those of the installation."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and folder / "home" not in path.parents
    }


@pytest.fixture
def refused(skuscribe, bedrock, tmp_path):
    """Run a command that must be refused; give its message and fix."""

    def run(*arguments, code=2):
        before = _tree(tmp_path)
        outcome = skuscribe(*arguments, "--json")
        assert outcome.code == code, outcome
        assert set(outcome.json) == {"error"}
        error = outcome.json["error"]
        assert set(error) == {"code", "message", "fix"}
        assert all(isinstance(text, str) and text for text in error.values()), error
        assert "defect" not in error["code"]
        assert bedrock.counts.requests == 0
        assert _tree(tmp_path) == before
        assert not (tmp_path / "outputs").exists()
        jobs = skuscribe("jobs", "--json")
        assert jobs.code != 0 or jobs.json == {"jobs": []}
        spoken = skuscribe(*arguments)
        assert spoken.code == code
        assert spoken.out == ""
        # A click message and ours are the same sentence in both forms.
        assert error["message"].splitlines()[0] in spoken.err
        return f"{error['message']} {error['fix']}"

    return run


def _files(folder):
    csv_file(folder / "p.csv")
    xlsx_file(folder / "p.xlsx", Notes=[("only a note",)])
    (folder / "empty.csv").write_bytes(b"")
    (folder / "empty.xlsx").write_bytes(b"")
    Workbook().save(folder / "blank.xlsx")
    (folder / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    # What Office writes for a workbook with a password: a compound file.
    (folder / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    (folder / "cut.xlsx").write_bytes((folder / "p.xlsx").read_bytes()[:2000])
    with ZipFile(folder / "letter.docx", "w") as letter, ZipFile(folder / "letter.xlsx", "w") as renamed:
        for package in (letter, renamed):
            package.writestr("word/document.xml", "<document/>")
    (folder / "a folder.xlsx").mkdir()
    csv_file(folder / "untitled.csv", [("SKU", "Colour"), ("1", "red")])
    csv_file(folder / "headless.csv", [("Enamel kettle", "12,50"), ("Stoneware mug", "8")])
    csv_file(
        folder / "quarrel.csv",
        [("SKU", "Title"), ("7", "Enamel kettle"), ("8", "Stoneware mug"), ("7", "Iron pan")],
    )
    (folder / "taken.csv").write_text("mine", encoding="utf-8")
    (folder / "brand.toml").write_text("voice = [broken", encoding="utf-8")
    (folder / "brand2.toml").write_text('voyce = "dry"', encoding="utf-8")
    (folder / "job.toml").write_text('template = "seo-meta"\nbuget = 5\n', encoding="utf-8")
    (folder / "job2.toml").write_text('template = "seo-meta"\nrpm = -3\nonly = "some"\n', encoding="utf-8")
    (folder / "job3.toml").write_text('template = "seo-meta"\nlocale = "xx-nope"\n', encoding="utf-8")


RUN = ("--template", "image-alt-text", "--yes")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("nowhere.xlsx", *RUN), ["nowhere.xlsx"], id="missing"),
        pytest.param(("empty.csv", *RUN), ["empty.csv"], id="empty csv"),
        pytest.param(("empty.xlsx", *RUN), ["empty.xlsx"], id="empty xlsx"),
        pytest.param(("blank.xlsx", *RUN), ["blank.xlsx"], id="blank"),
        pytest.param(("picture.xlsx", *RUN), ["picture.xlsx"], id="not a workbook"),
        pytest.param(("picture.csv", *RUN), ["picture.csv"], id="not a csv"),
        pytest.param(("locked.xlsx", *RUN), ["locked.xlsx", "password"], id="locked"),
        pytest.param(("cut.xlsx", *RUN), ["cut.xlsx"], id="cut off"),
        pytest.param(("letter.docx", *RUN), ["letter.docx", ".xlsx"], id="other ending"),
        pytest.param(("letter.xlsx", *RUN), ["letter.xlsx"], id="a letter with a workbook's name"),
        pytest.param(("a folder.xlsx", *RUN), ["a folder.xlsx"], id="folder"),
        pytest.param(("p.xlsx", *RUN, "--sheet", "Product"), ["Product", '"Products"'], id="sheet"),
        pytest.param(("p.csv", *RUN, "--sheet", "Products"), ["Products"], id="sheet of a csv"),
        pytest.param(("p.xlsx", *RUN, "--header-row", "99"), ["99"], id="header row"),
        pytest.param(("p.xlsx", *RUN, "--header-row", "0"), ["header-row"], id="header row 0"),
        pytest.param(("p.csv", *RUN, "--key", "Skuu"), ["Skuu", '"SKU"'], id="key"),
        pytest.param(("p.csv", *RUN, "--map", "title=Titel"), ["Titel", '"Title"'], id="map column"),
        pytest.param(("p.csv", *RUN, "--map", "titel=Title"), ["titel", '"title"'], id="map variable"),
        pytest.param(("p.csv", *RUN, "--map", "title"), ["title", "="], id="map shape"),
        pytest.param(("p.csv", *RUN, "--fill", "alt_text=Colur"), ["Colur", '"Colour"'], id="fill column"),
        pytest.param(("p.csv", *RUN, "--fill", "alt=Colour"), ["alt"], id="fill field"),
        pytest.param(("p.csv", *RUN, "--fill", "alt_text"), ["alt_text", "="], id="fill shape"),
        pytest.param(("untitled.csv", *RUN), ["title", "image-alt-text", '"Colour"', "--map"], id="variable"),
        pytest.param(("headless.csv", *RUN), ["title", '"Enamel kettle"', "row 1 is a product"], id="no header"),
        pytest.param(("quarrel.csv", *RUN), ['"7"', "2", "4", "Enamel kettle"], id="contradiction"),
        pytest.param(("p.csv", *RUN, "--rows", "nine"), ["nine", "4-50"], id="rows"),
        pytest.param(("p.csv", *RUN, "--rows", "9-4"), ["9-4"], id="rows backwards"),
        pytest.param(("p.csv", *RUN, "--rows", "900-950"), ["900-950"], id="rows beyond"),
        pytest.param(("p.csv", "--yes"), ["--template"], id="no template"),
        pytest.param(("p.csv", "--template", "seo-mata", "--yes"), ["seo-mata", "seo-meta"], id="template"),
        pytest.param(("p.csv", "--template", "seo-meta@99", "--yes"), ["seo-meta", "99"], id="version"),
        pytest.param(("p.csv", *RUN, "--templates", "nowhere"), ["nowhere"], id="templates folder"),
        pytest.param(("p.csv", *RUN, "--locale", "zz-ZZ"), ["zz-ZZ"], id="locale"),
        pytest.param(("p.csv", *RUN, "--locale", "german"), ["german"], id="locale name"),
        pytest.param(("p.csv", *RUN, "--brand", "none.toml"), ["none.toml"], id="no brand"),
        pytest.param(("p.csv", *RUN, "--brand", "brand.toml"), ["brand.toml"], id="brand broken"),
        pytest.param(("p.csv", *RUN, "--brand", "brand2.toml"), ["brand2.toml", "voyce"], id="brand key"),
        pytest.param(("p.csv", "--yes", "--job", "none.toml"), ["none.toml"], id="no job file"),
        pytest.param(("p.csv", "--yes", "--job", "brand.toml"), ["brand.toml"], id="job file broken"),
        pytest.param(("p.csv", "--yes", "--job", "job.toml"), ["job.toml", "buget", "budget"], id="job file key"),
        pytest.param(("p.csv", "--yes", "--job", "job2.toml"), ["job2.toml", "rpm", "some"], id="job file value"),
        pytest.param(("p.csv", "--yes", "--job", "job3.toml"), ["xx-nope"], id="job file locale"),
        pytest.param(("p.csv", *RUN, "--budget", "lots"), ["lots"], id="budget"),
        pytest.param(("p.csv", *RUN, "--budget", "0"), ["0"], id="budget 0"),
        pytest.param(("p.csv", *RUN, "--budget=-5"), ["-5"], id="budget negative"),
        pytest.param(("p.csv", *RUN, "--budget", "nan"), ["nan"], id="budget nan"),
        pytest.param(("p.csv", *RUN, "--budget", "1e99"), ["1e99"], id="budget huge"),
        pytest.param(("p.csv", *RUN, "--budget", "5", "--model", "acme.x-v1"), ["acme.x-v1", "price"], id="unpriced"),
        pytest.param(("p.csv", *RUN, "--deadline", "soon"), ["soon", "6h"], id="deadline"),
        pytest.param(("p.csv", *RUN, "--deadline", "0h"), ["0h"], id="deadline 0"),
        pytest.param(("p.csv", *RUN, "--rpm", "0"), ["rpm"], id="rpm"),
        pytest.param(("p.csv", *RUN, "--rpm", "nan"), ["rpm"], id="rpm nan"),
        pytest.param(("p.csv", *RUN, "--rpm", "inf"), ["rpm"], id="rpm inf"),
        pytest.param(("p.csv", *RUN, "--tpm", "-1"), ["tpm"], id="tpm"),
        pytest.param(("p.csv", *RUN, "--concurrency", "0"), ["concurrency"], id="concurrency"),
        pytest.param(("p.csv", *RUN, "--lane", "air"), ["lane", "air"], id="lane"),
        pytest.param(("p.csv", *RUN, "--lane", "flex"), ["flex", "amazon.nova-lite"], id="lane of the model"),
        pytest.param(("p.csv", *RUN, "--only", "some"), ["only", "some"], id="only"),
        pytest.param(("p.csv", *RUN, "--model", "two words"), ["two words"], id="model"),
        pytest.param(("p.csv", *RUN, "--model", "a.b-v1", "--model", "c.d-v1"), ["model"], id="two models"),
        pytest.param(("p.csv", *RUN, "--model", ""), ["model"], id="empty model"),
        pytest.param(("p.csv", *RUN, "--out", "taken.csv"), ["taken.csv", "--overwrite"], id="out exists"),
        pytest.param(("p.csv", *RUN, "--report", "taken.csv"), ["taken.csv"], id="report exists"),
        pytest.param(("p.csv", *RUN, "--out", "p.csv", "--overwrite"), ["p.csv"], id="out is the source"),
        pytest.param(("p.csv", *RUN, "--out", "taken.csv/x.csv"), ["taken.csv"], id="out under a file"),
        pytest.param(("p.csv", *RUN, "--out", "/proc/none/x.csv"), ["/proc/none"], id="out cannot be written"),
        pytest.param(("p.csv", *RUN, "--out", "copy.xlsx"), ["copy.xlsx", ".csv"], id="out of another kind"),
        pytest.param(("p.csv", *RUN, "--out", "a.csv", "--report", "b.txt"), ["b.txt"], id="report of another kind"),
        pytest.param(("p.csv", *RUN, "--nonsense"), ["--nonsense"], id="option"),
        pytest.param((*RUN,), ["SOURCE"], id="no source"),
        pytest.param(("p.csv", "p.xlsx", *RUN), ["p.xlsx"], id="two sources"),
    ],
)
def test_bad_input_of_a_run_is_told_and_costs_nothing(refused, tmp_path, arguments, said):
    _files(tmp_path)
    text = refused("run", *arguments)
    for part in said:
        assert part in text, text


TEMPLATE = """title = "Mine"
version = 1
[needs.title]
label = "Title"
[fields.line]
title = "Line"
brief = "One line"
max_chars = 60
"""


@pytest.mark.parametrize(
    ("user", "said"),
    [
        pytest.param("{{ title", ["user.j2", "line 1"], id="syntax"),
        pytest.param("{% if title %}{{ title }}", ["user.j2"], id="block not closed"),
        pytest.param("{{ titel }}", ["titel"], id="unknown variable"),
        pytest.param("{{ title.__class__.__mro__ }}", ["__mro__"], id="internals"),
        pytest.param("{{ ''.__class__.__base__.__subclasses__() }}", ["__"], id="internals of a literal"),
        pytest.param("{{ cycler.__init__.__globals__.os.popen('id').read() }}", ["__globals__"], id="globals"),
        pytest.param("{{ title | attr('__class__') }}", ["attr"], id="attr"),
        pytest.param("{% for a in range(99999999) %}{{ title }}{% endfor %}", [], id="endless"),
        pytest.param(
            "{% for a in range(30000) %}{% for b in range(30000) %}{% endfor %}{% endfor %}", [], id="silent loop"
        ),
        pytest.param("{% for a in range(5000) %}{{ title * 5000 }}{% endfor %}", [], id="huge"),
        pytest.param("{{ 'x' * 10**10 }}", [], id="huge at once"),
        pytest.param("{{ 9 ** (9 ** 9) }}", [], id="huge number"),
        pytest.param("{% include '/etc/passwd' %}", [], id="include"),
        pytest.param("{% import 'os' as os %}{{ os }}", [], id="import"),
        pytest.param("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", [], id="recursion"),
        pytest.param("{{ title | nonsense }}", ["nonsense"], id="filter"),
        pytest.param("{{ 1 / 0 }}", [], id="division"),
    ],
)
def test_a_bad_template_is_told_and_costs_nothing(refused, tmp_path, user, said):
    csv_file(tmp_path / "p.csv")
    folder = tmp_path / "own" / "mine"
    folder.mkdir(parents=True)
    (folder / "template.toml").write_text(TEMPLATE, encoding="utf-8")
    (folder / "system.j2").write_text("You write.", encoding="utf-8")
    (folder / "user.j2").write_text(user, encoding="utf-8")
    text = refused("run", "p.csv", "--templates", "own", "--template", "mine", "--yes")
    for part in ("mine", *said):
        assert part in text, text


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (TEMPLATE + "[", ["template.toml"]),
        (TEMPLATE.replace("version = 1", "version = 0"), ["version"]),
        (TEMPLATE.replace("max_chars = 60", "max_chars = -1"), ["max_chars"]),
        (TEMPLATE.replace("max_chars = 60", "max_chras = 60"), ["max_chras", "max_chars"]),
        (TEMPLATE.split("[fields", maxsplit=1)[0], ["field"]),
    ],
)
def test_a_bad_template_file_is_told(refused, tmp_path, toml, said):
    csv_file(tmp_path / "p.csv")
    folder = tmp_path / "own" / "mine"
    folder.mkdir(parents=True)
    (folder / "template.toml").write_text(toml, encoding="utf-8")
    (folder / "system.j2").write_text("You write.", encoding="utf-8")
    (folder / "user.j2").write_text("{{ title }}", encoding="utf-8")
    text = refused("run", "p.csv", "--templates", "own", "--template", "mine", "--yes")
    for part in ("mine", *said):
        assert part in text, text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "j1"), ["j1", "skuscribe jobs"]),
        (("resume", "j1"), ["j1"]),
        (("retry", "j1"), ["j1"]),
        (("stop", "j1"), ["j1"]),
        (("costs", "--by", "modle"), ["modle", "model"]),
        (("costs", "--from", "yesterday"), ["yesterday"]),
        (("costs", "--from", "2026-02-30"), ["2026-02-30"]),
        (("costs", "--from", "2026-03-02", "--to", "2026-03-01"), ["2026-03-02", "2026-03-01"]),
        (("preview", "p.csv", "--template", "seo-meta", "--rows", "0"), ["0"]),
        (("prices", "--model", "amazon.nova-liet-v1:0"), ["amazon.nova-liet-v1:0", "amazon.nova-lite-v1:0"]),
        (("templates", "show", "seo-mata"), ["seo-mata", "seo-meta"]),
        (("templates", "check", "seo-meta", "none.csv"), ["none.csv"]),
        (("templates", "nonsense"), ["nonsense"]),
        (("nonsense",), ["nonsense"]),
        (("rnu",), ["rnu"]),
    ],
)
def test_a_wrong_question_is_told(refused, tmp_path, arguments, said):
    csv_file(tmp_path / "p.csv")
    text = refused(*arguments)
    for part in said:
        assert part in text, text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SKUSCRIBE_RPM", "many", ["SKUSCRIBE_RPM", "many"]),
        ("SKUSCRIBE_CONCURRENCY", "0.5", ["SKUSCRIBE_CONCURRENCY", "0.5"]),
        ("SKUSCRIBE_CONCURENCY", "5", ["SKUSCRIBE_CONCURENCY", "SKUSCRIBE_CONCURRENCY"]),
        ("SKUSCRIBE_DATABASE_URL", "nonsense", ["SKUSCRIBE_DATABASE_URL"]),
        ("SKUSCRIBE_DATABASE_URL", "oracle://h/d", ["SKUSCRIBE_DATABASE_URL", "oracle"]),
        ("SKUSCRIBE_PRICES", "none.csv", ["none.csv"]),
        ("SKUSCRIBE_HOME", "/proc/none", ["/proc/none"]),
        ("SKUSCRIBE_READ_TIMEOUT_S", "-1", ["SKUSCRIBE_READ_TIMEOUT_S", "-1"]),
        ("SKUSCRIBE_BROKER_URL", "amqp://h", ["SKUSCRIBE_BROKER_URL", "amqp://h", "redis://HOST"]),
        ("SKUSCRIBE_BROKER_URL", "redis://127.0.0.1:9", ["broker is out of reach", "SKUSCRIBE_BROKER_URL"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(refused, monkeypatch, name, value, said):
    csv_file(Path("p.csv"))
    monkeypatch.setenv(name, value)
    text = refused("run", "p.csv", *RUN)
    for part in said:
        assert part in text, text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rpm = 'many'\n", ["rpm", "many"]),
        ("rmp = 5\n", ["rmp", "rpm"]),
        ("rpm = \n", ["skuscribe.toml"]),
        ("model = 5\n", ["model", "5"]),
        ("concurrency = true\n", ["concurrency", "True"]),
        ("broker_url = 'amqp://h'\n", ["broker_url", "redis://HOST"]),
    ],
)
def test_a_wrong_settings_file_is_named_with_its_place(refused, tmp_path, text, said):
    csv_file(tmp_path / "p.csv")
    (tmp_path / "skuscribe.toml").write_text(text, encoding="utf-8")
    told = refused("run", "p.csv", *RUN)
    for part in ("skuscribe.toml", *said):
        assert part in told, told


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ("", []),
        ("model,usd\nx,1\n", ["model"]),
        ("nonsense", []),
    ],
)
def test_a_wrong_price_file_is_told(refused, tmp_path, monkeypatch, prices, said):
    csv_file(tmp_path / "p.csv")
    (tmp_path / "own.csv").write_text(prices, encoding="utf-8")
    monkeypatch.setenv("SKUSCRIBE_PRICES", str(tmp_path / "own.csv"))
    text = refused("run", "p.csv", *RUN)
    for part in ("own.csv", *said):
        assert part in text, text


def test_without_a_terminal_nobody_can_be_asked(refused, tmp_path):
    csv_file(tmp_path / "p.csv")
    assert "--budget" in refused("run", "p.csv", "--template", "image-alt-text")


def test_estimate_and_preview_refuse_what_run_refuses(refused, tmp_path):
    _files(tmp_path)
    for command in ("estimate", "preview"):
        assert "Colour" in refused(command, "untitled.csv", "--template", "image-alt-text")
        assert "Iron pan" in refused(command, "quarrel.csv", "--template", "image-alt-text")
        assert "seo-meta" in refused(command, "p.csv", "--template", "seo-mata")


def test_a_product_without_what_it_needs_fails_alone_and_is_not_sent(skuscribe, bedrock, tmp_path):
    rows = [*PRODUCTS, ("00126", "", "green", "B1")]
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", rows), *RUN, code=3)
    assert summary["state"] == "partial"
    assert (summary["items"]["done"], summary["items"]["failed"]) == (3, 1)
    assert bedrock.counts.requests == 3
    assert "Title" in Path(summary["outputs"]["workbook"]).read_text(encoding="utf-8").splitlines()[-1]
