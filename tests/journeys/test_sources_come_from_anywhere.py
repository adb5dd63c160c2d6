"""A source may be encrypted, lie in S3, or come in by standard input; it comes back like any other."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from command_line import table_of, xlsx_file
from openpyxl import load_workbook

from jobs.intake.encryption import decrypt, encrypt

pytestmark = pytest.mark.servers

RUN = ("--template", "product-description", "--simulate")


def locked(tmp_path, password):
    plain = xlsx_file(tmp_path / "plain.xlsx")
    path = tmp_path / "range.xlsx"
    with plain.open("rb") as file, path.open("wb") as out:
        encrypt(file, password, out)
    return path


def test_an_encrypted_workbook_comes_back_encrypted_with_the_copy_in_it(skuscribe, tmp_path):
    source = locked(tmp_path, "geheim")
    (tmp_path / "password").write_text("geheim\n")
    summary = skuscribe.json("run", source, *RUN, "--password-file", tmp_path / "password", "--out", tmp_path / "out")
    assert summary["items"]["done"] == 3
    opened = io.BytesIO()
    decrypt(tmp_path / "out" / "range.xlsx", "geheim", opened)
    sheet = load_workbook(opened).active
    assert sheet["A2"].value == "00123"
    assert "Skuscribe status" in [cell.value for cell in sheet[1]]
    kept = [each.read_bytes() for each in (tmp_path / "home").rglob("*") if each.is_file()]
    assert not [content for content in kept if b"geheim" in content]


def test_without_its_password_nothing_is_spent_and_the_option_is_named(skuscribe, tmp_path, monkeypatch):
    source = locked(tmp_path, "geheim")
    error = skuscribe.json("run", source, *RUN, code=2)["error"]
    assert (error["code"], "--password-file" in error["fix"]) == ("encrypted", True)
    monkeypatch.setenv("SKUSCRIBE_SOURCE_PASSWORD", "falsch")
    assert "does not open it" in skuscribe.json("run", source, *RUN, code=2)["error"]["message"]
    monkeypatch.setenv("SKUSCRIBE_SOURCE_PASSWORD", "geheim")
    assert skuscribe.json("estimate", source, *RUN)["items"]["total"] == 3


def test_standard_input_is_read_to_its_end(skuscribe, tmp_path, monkeypatch):
    text = b"SKU;Title\r\n1;Kettle\r\n2;Mug\r\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: False))
    summary = skuscribe.json("run", "-", *RUN, "--out", tmp_path / "out", "--catalogue", "kitchen")
    assert summary["items"]["done"] == 2
    assert summary["outputs"]["workbook"].endswith("stdin.csv")
    lines = (tmp_path / "out" / "stdin.csv").read_bytes().split(b"\r\n")
    assert lines[0].startswith(b"SKU;Title;")
    assert lines[1].startswith(b"1;Kettle;")


def test_an_object_in_s3_is_fetched_once_and_named_by_its_url(skuscribe, tmp_path, monkeypatch):
    asked = []

    class Bucket(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = b"SKU,Title\n1,Kettle\n"
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.server_port}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        summary = skuscribe.json("run", "s3://shop/exports/spring.csv", *RUN, "--out", tmp_path / "out")
        again = skuscribe.json("resume", summary["job"])
    finally:
        server.shutdown()
        server.server_close()
    assert summary["source"] == again["source"] == "s3://shop/exports/spring.csv"
    assert table_of(tmp_path / "out" / "spring.csv")[0]["Title"] == "Kettle"
    assert asked == ["/shop/exports/spring.csv"]
