import random

import pytest
from intake_files import ends_well, refused, spoilt

from jobs.intake.opening import open_sheet

RSS = (
    '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0" '
    'xmlns:c="http://base.google.com/cns/1.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Shop</title>'
    "<link>https://shop.example</link>{}</channel></rss>"
)
SHIPPING = (
    "<g:shipping><g:country>US</g:country><g:service>Standard</g:service><g:price>4.95 USD</g:price></g:shipping>"
)


def feed(path, *items, around=RSS):
    path.write_text(around.replace("{}", "".join(f"<item>{item}</item>" for item in items)), encoding="utf-8")
    return path


def read(path):
    """The table as the header's names, and each row by its number."""
    sheet = open_sheet(path)
    return [column.header for column in sheet.info.columns], {row.number: row.cells for row in sheet.rows()}


def column(path, name):
    headers, rows = read(path)
    return [cells[headers.index(name)] for cells in rows.values()]


def test_every_field_of_any_item_is_a_column_and_item_n_is_row_n_plus_1(tmp_path):
    path = feed(tmp_path / "p.xml", "<g:id>A</g:id><title>Mug</title>", "", "<g:id>B</g:id><g:brand>Acme</g:brand>")
    assert read(path) == (["id", "title", "brand"], {2: ("A", "Mug", ""), 4: ("B", "", "Acme")})
    info = open_sheet(path).info
    assert (info.format, info.header_row) == ("feed", 1)


def test_a_field_that_is_always_empty_is_a_column_to_be_filled(tmp_path):
    path = feed(tmp_path / "p.xml", "<g:id>A</g:id><g:description/>")
    assert read(path)[0] == ["id", "description"]


def test_googles_own_field_comes_before_the_feeds_of_the_same_name(tmp_path):
    path = feed(tmp_path / "p.xml", "<title>Shop's</title><g:title>Google's</g:title>", "<title>Only</title><g:title/>")
    assert column(path, "title") == ["Google's", "Only"]


def test_html_stands_as_it_is_quoted_or_not(tmp_path):
    path = feed(
        tmp_path / "p.xml",
        "<g:id>1</g:id><description><![CDATA[<b>Bold</b> & more]]></description>",
        "<g:id>2</g:id><description>&lt;b&gt;Bold&lt;/b&gt;</description>",
        "<g:id>3</g:id><description>A <b>bold</b> text</description>",
    )
    assert column(path, "description") == ["<b>Bold</b> & more", "<b>Bold</b>", "A <b>bold</b> text"]


def test_repeated_fields_are_parted_by_commas_as_in_googles_tab_separated_form(tmp_path):
    path = feed(
        tmp_path / "p.xml",
        "<g:product_highlight>Light</g:product_highlight><g:product_highlight>Soft, warm</g:product_highlight>",
        '<g:product_highlight>12" wide</g:product_highlight><g:product_highlight>Dry</g:product_highlight>',
        "<g:product_highlight>One, alone</g:product_highlight>",
    )
    assert column(path, "product_highlight") == ['Light,"Soft, warm"', '"12"" wide",Dry', "One, alone"]


def test_fields_with_parts_are_written_as_in_googles_tab_separated_form(tmp_path):
    detail = (
        "<g:product_detail><g:section_name>Display</g:section_name><g:attribute_name>Ratio</g:attribute_name>"
        "<g:attribute_value>{}</g:attribute_value></g:product_detail>"
    )
    path = feed(
        tmp_path / "p.xml",
        SHIPPING + SHIPPING.replace(">US<", ">CA<") + detail.format("16:9"),
        "<g:id>2</g:id><g:installment><g:months>6</g:months><g:amount>50 BRL</g:amount></g:installment>",
    )
    assert column(path, "shipping")[0] == "US::Standard:4.95 USD,CA::Standard:4.95 USD"
    assert column(path, "product_detail")[0] == 'Display:Ratio:"16:9"'
    assert column(path, "installment(months:amount)")[1] == "6:50 BRL"


def test_parts_outside_the_usual_order_are_named_in_the_header(tmp_path):
    path = feed(tmp_path / "p.xml", SHIPPING, SHIPPING.replace("g:service", "g:postal_code"))
    header = "shipping(country:service:price:postal_code)"
    assert column(path, header) == [
        "US:Standard:4.95 USD:",
        "US::4.95 USD:Standard",
    ]


def test_fields_of_the_merchants_own_and_of_others_keep_their_names(tmp_path):
    path = feed(tmp_path / "p.xml", '<g:id>1</g:id><c:margin type="string">9</c:margin><media:credit>Me</media:credit>')
    assert read(path)[0] == ["id", "margin", "media:credit"]


def test_an_atom_feed_in_utf_16_is_read_with_its_links(tmp_path):
    text = (
        '<?xml version="1.0" encoding="utf-16"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title><entry><id>tag:1</id><g:id>1</g:id>'
        '<title>Tasse ☕</title><link href="https://shop.example/1"/></entry></feed>'
    )
    path = tmp_path / "p.xml"
    path.write_bytes(text.encode("utf-16"))
    assert read(path) == (["id", "title", "link"], {2: ("1", "Tasse ☕", "https://shop.example/1")})


def test_a_feed_without_googles_namespace_is_one_when_it_has_prices(tmp_path):
    path = feed(tmp_path / "p.xml", "<id>1</id><price>9</price>", around="\n\n<rss><channel>{}</channel></rss>")
    assert read(path) == (["id", "price"], {2: ("1", "9")})


def test_the_feed_is_told_to_come_back_as_a_workbook(tmp_path):
    (loss,) = open_sheet(feed(tmp_path / "p.xml", "<g:id>1</g:id>")).info.losses
    assert "p.xml comes back as an .xlsx workbook" in loss
    assert "--publish google-supplemental" in loss


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<rss><channel><item><title>News</title></item></channel></rss>", "an RSS news feed"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id></entry></feed>', "an Atom news feed"),
        ("<rss><channel><title>Shop</title></channel></rss>", "no products"),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>', "a sitemap"),
        ('<?xml version="1.0"?><!DOCTYPE html><html/>', "an HTML page"),
        ('<?xml version="1.0"?><products/>', "first element is <products>"),
        ('<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "an XML Spreadsheet 2003"),
        (
            (
                '<gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd" '
                'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
            ),
            "a Gnumeric workbook",
        ),
        ("<rss><channel><item>\n<title>A & B</title></item></channel></rss>", "line 2: the XML is damaged"),
        ("<rss><channel><item>\n<title>&nbsp;</title></item></channel></rss>", "Entity 'nbsp' not defined"),
        ("<rss><channel><item><x:id>1</x:id></item></channel></rss>", "prefix x"),
        ("<rss><channel><item><price>1</price></item>", "cut off"),
        ('<?xml version="1.0" encoding="nonsense"?><rss/>', "nonsense"),
        ('<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss><channel><item><price>&a;</price></item></channel></rss>', "DTD"),
        ("<rss><channel>" + "<a>" * 500, "depth"),
    ],
)
def test_other_xml_is_refused_with_its_name(tmp_path, text, said):
    path = tmp_path / "p.xml"
    path.write_text(text if text.startswith("<?xml") else f'<?xml version="1.0"?>{text}')
    error = refused(path)
    assert error.code == "source"
    assert said in error.message
    assert error.fix


def test_a_spreadsheet_of_2003_is_told_to_be_saved_anew(tmp_path):
    path = tmp_path / "p.xml"
    path.write_text('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>')
    assert "save it as .xlsx" in refused(path).fix


def test_nothing_is_fetched_and_no_entity_is_resolved(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    path = tmp_path / "p.xml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        "<rss><channel><item><price>&x;</price></item></channel></rss>"
    )
    assert "document type" in refused(path).message


@pytest.mark.parametrize("filler", ["<foo/>", "x"])
def test_a_feed_that_never_comes_to_an_item_is_given_up(tmp_path, filler):
    path = tmp_path / "p.xml"
    path.write_text("<rss><channel>" + filler * (9_000_000 // len(filler)))
    assert "more than 8 MB" in refused(path).message


def test_more_fields_than_any_feed_has_are_refused(tmp_path):
    path = feed(tmp_path / "p.xml", "<g:id>1</g:id>" + "".join(f"<f{n}/>" for n in range(1001)))
    assert "1,000 fields" in refused(path).message


@pytest.mark.parametrize(("options", "code"), [({"sheet": "EU"}, "sheet"), ({"header_row": 3}, "header_row")])
def test_options_of_sheets_are_refused(tmp_path, options, code):
    assert refused(feed(tmp_path / "p.xml", "<g:id>1</g:id>"), **options).code == code


def test_text_whose_first_cell_is_in_angle_brackets_is_no_xml(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("<SKU>,<Title>\n1,Mug\n")
    assert open_sheet(path).info.format == "csv"


def test_a_fuzzed_feed_is_read_or_refused_in_a_sentence(tmp_path):
    chance = random.Random(20_26)
    path = feed(tmp_path / "p.xml", *[f"<g:id>{n}</g:id><title>Mug &amp; {n}</title>{SHIPPING}" for n in range(20)])
    whole = path.read_bytes()
    for _ in range(400):
        path.write_bytes(spoilt(whole, chance))
        assert ends_well(path)


@pytest.mark.parametrize("start", ['<?xml version="1.0"?>\n<rss version="2.0">', "\n<rss>", "<!-- Shop -->\n<rss\n>"])
def test_a_feed_that_does_not_say_what_g_stands_for_is_read(tmp_path, start):
    around = start + "<channel><title>Shop</title>{}</channel></rss>"
    path = feed(tmp_path / "p.xml", "<g:id>A</g:id><title>Mug</title>", around=around)
    assert read(path) == (["id", "title"], {2: ("A", "Mug")})
