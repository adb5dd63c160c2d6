import pytest

from templates.errors import UserError
from templates.metering import Meter, RenderLimits, TooMuchError
from templates.program import Program

LIMITS = RenderLimits()
LONG = "y" * 150_000
ENDLESS = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"


def run(text, limits=LIMITS, **values):
    return Program(text, where="T", limits=limits).run({"x": "abc", "long": LONG, **values})


def refusal(text):
    with pytest.raises(UserError) as caught:
        run(text)
    assert caught.value.code == "template"
    assert caught.value.message.startswith("T")
    return caught.value.message


DOUBLING = "{% set n = namespace(s=START) %}{% for i in range(60) %}{% set n.s = STEP %}{% endfor %}{{ USE }}"


def doubling(start, step, use="n.s"):
    return DOUBLING.replace("START", start).replace("STEP", step).replace("USE", use)


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        "{% for i in range(100000) %}{% for j in range(100000) %}a{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}" + ENDLESS + "{% endcall %}",
        "{% macro m() %}{% for i in range(100000) %}{{ long ~ i }}{% endfor %}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% for i in range(100000) %}" + "z" * 900 + "{% endfor %}{% endmacro %}{{ m() }}",
        "{% set q %}{% for i in range(100000) %}" + "z" * 900 + "{% endfor %}{% endset %}{{ q|length }}",
        "{{ 'a' * 10**9 }}",
        "{{ [1] * 10**9 }}",
        "{{ 10**99999999 }}",
        "{{ 9**999**2 }}",
        "{{ 'a'|center(1000000000) }}",
        "{{ '%1000000000d' % 3 }}",
        "{{ '%.1000000000f' % 3 }}",
        "{{ '%*d' % (1000000000, 3) }}",
        "{{ '%1000000000d'|format(3) }}",
        "{{ '%(a)s%(a)s'|format(a=long) }}",
        "{{ x|indent(1000000000) }}",
        "{{ x|indent(long ~ long) }}",
        "{{ long|replace('y', long) }}",
        "{{ long|replace('', long) }}",
        "{{ long|list|join(long) }}",
        "{{ long ~ long }}",
        "{{ long + long }}",
        "{{ range(1000)|map('string')|map('center', 100000)|list|length }}",
        "{{ range(10**9) }}",
        "{{ 5|round(-1000000000) }}",
        "{{ 5|round(1000000000, 'ceil') }}",
        "{% filter center(1000000000) %}a{% endfilter %}",
        doubling("'aaaaaaaa'", "n.s ~ n.s"),
        doubling("'aaaaaaaa'", "n.s + n.s"),
        doubling("'aaaaaaaa'", "n.s|replace('a', 'aa')"),
        doubling("['a']", "[n.s, n.s]"),
        doubling("['a']", "n.s + n.s"),
        doubling("('a',)", "(n.s, n.s)"),
        doubling("{}", "{'a': n.s, 'b': n.s}"),
        doubling("3", "n.s * n.s"),
        doubling("namespace()", "namespace(a=n.s, b=n.s)"),
        doubling("namespace()", "namespace(a=n.s, b=n.s)", "n.s|upper"),
        doubling("namespace()", "namespace(a=n.s, b=n.s)", "'' ~ n.s"),
        doubling("namespace()", "namespace(a=n.s, b=n.s)", "'%s' % n.s"),
        doubling("namespace()", "namespace(a=n.s, b=n.s)", "[n.s]"),
    ],
)
def test_a_template_that_never_ends_or_never_stops_growing_is_stopped(text):
    refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''['__cla' ~ 'ss__'] }}",
        "{{ ''['__cla' ~ 'ss__']['__mro__'] }}",
        "{{ x|attr('__class__') }}",
        "{{ x|map(attribute='__class__')|list }}",
        "{{ [x]|map(attribute='__class__.__mro__')|join }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ cycler }}",
        "{{ lipsum(n=10) }}",
        "{{ range.__self__ }}",
        "{{ range['__sel' ~ 'f__'] }}",
        "{{ namespace.mro() }}",
        "{{ self._TemplateReference__context }}",
        "{{ self['_TemplateReference__con' ~ 'text'] }}",
        "{{ self }}",
        "{{ x.format() }}",
        "{{ x['for' ~ 'mat']() }}",
        "{{ '{:>1000000000}'.format(3) }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ x.encode() }}",
        "{{ x.join }}",
        "{{ x.zfill(1000000000) }}",
        "{{ x.ljust(1000000000) }}",
        "{{ x.expandtabs(1000000000) }}",
        "{% for a in [1] %}{{ loop }}{% endfor %}",
        "{% for a in [1] %}{{ loop._iterator }}{% endfor %}",
        "{% for a in [1] %}{{ loop['_ite' ~ 'rator'] }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m }}",
        "{% macro m() %}{% endmacro %}{{ m._func }}",
        "{% macro m() %}{% endmacro %}{{ m['_fu' ~ 'nc'] }}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% block a %}{% endblock %}",
        "{% autoescape true %}{% endautoescape %}",
        "{{ x|safe }}",
        "{{ x|tojson(indent=9) }}",
        "{{ [1]|batch(1000000000, 0)|list }}",
    ],
)
def test_python_and_what_a_prompt_does_not_need_are_out_of_reach(text):
    refusal(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ x|upper }} {{ x.upper() }} {{ x|title }} {{ x|length }}", "ABC ABC Abc 3"),
        ("{{ x|replace('b', '-') }} {{ x|truncate(2, true, '', 0) }}", "a-c ab"),
        ("{{ 'a, b'.split(', ')|join(' and ') }}", "a and b"),
        ("{{ ['b', 'a', 'b']|unique|sort|join(',') }}", "a,b"),
        ("{% for l, v in [('A', x), ('B', '')] if v %}{{ loop.index }}{{ l }}={{ v }}{% endfor %}", "1A=abc"),
        ("{% for c in x %}{{ c }}{{ '' if loop.last else '-' }}{% else %}none{% endfor %}", "a-b-c"),
        ("{% for c in '' %}{{ c }}{% else %}none{% endfor %}", "none"),
        ("{% macro line(l, v='-') %}{{ l }}: {{ v }};{% endmacro %}{{ line('A', x) }}{{ line('B') }}", "A: abc;B: -;"),
        ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}{{ x }}{% endcall %}", "[abc]"),
        ("{% set n = namespace(i=0) %}{% for c in x %}{% set n.i = n.i + 2 %}{% endfor %}{{ n.i }}", "6"),
        ("{% set a %}<{{ x }}>{% endset %}{{ a }}", "<abc>"),
        ("{% with y = x %}{{ y }}{% endwith %}", "abc"),
        ("{{ '%s has %d of %.1f' % (x, 3, 2.55) }} {{ '%s'|format(x) }}", "abc has 3 of 2.5 abc"),
        ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 8 }} {{ 3 * 4 }} {{ 'ab' * 2 }}", "3 1 256 12 abab"),
        ("{{ {'a': [1, 'ü']}|tojson }} {{ {'a': 1}.items()|map('first')|join }}", '{"a": [1, "ü"]} a'),
        ("{{ [x, 'd']|map('upper')|join(' ') }} {{ ['', x]|select|list|length }}", "ABC D 1"),
        ("{{ x|indent(2, true) }} {{ x|center(5) }} {{ 3.14159|round(2) }}", "  abc  abc  3.14"),
        ("{{ none }}{{ x[:2] }}{{ x|first }}{{ x|last }}{{ '<b>a</b>'|striptags }}", "abaca"),
        ("{{ x is string }} {{ 'b' in x }} {{ nothing is defined }} {{ nothing|default('d') }}", "True True False d"),
        ("{% filter upper %}{{ x }}{% endfilter %}", "ABC"),
        ("{{ range(3)|list }} {{ range(3)|reverse|join }}", "[0, 1, 2] 210"),
    ],
)
def test_what_a_prompt_needs_works_as_in_jinja(text, expected):
    assert run(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n{{ nothing }}", "T, line 2: 'nothing' is undefined."),
        ("\n\n{{ x / 0 }}", "T, line 3: "),
        ("{{ x.nothing }}", "has no attribute 'nothing'"),
        ("{{ x.replace('a', 'b') }}", '"replace" of a text is not allowed in a template: write |replace.'),
        ("{{ x|map('upper') }}", "a list must be joined before it is written"),
        ("{{ range }}", "a function is not a text"),
        ("{% macro m(a) %}\n{{ a / 0 }}{% endmacro %}\n{{ m(1) }}", "T, line 2: division by zero."),
        ("{% for a in 3 %}{% endfor %}", "'int' object is not iterable"),
        ("{% for a in x %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
        ("{{ " + "9" * 5000 + " }}", "a number that is too long"),
    ],
)
def test_a_failure_says_where_and_what(text, expected):
    assert expected in refusal(text)


def test_the_time_is_up_whatever_is_left_of_the_steps():
    ticks = iter(range(1000))
    program = Program(
        "{% for i in range(100000) %}{% endfor %}",
        where="T",
        limits=RenderLimits(time_s=3),
        clock=lambda: float(next(ticks)),
    )
    with pytest.raises(UserError, match="takes longer than 3 s"):
        program.run({})
    assert next(ticks) == 5


def test_a_small_template_never_looks_at_the_clock():
    def clock():
        raise AssertionError

    assert Program("{% for i in range(50) %}{{ i }}{% endfor %}", where="T", clock=clock).run({}).startswith("0123")


def test_the_limits_can_be_set():
    assert run("{{ long }}") == LONG
    with pytest.raises(UserError, match="more than 100 characters"):
        run("{{ 'a' * 101 }}", RenderLimits(characters=100))
    with pytest.raises(UserError, match="more than 300 steps"):
        run("{% for i in range(10000) %}{% endfor %}", RenderLimits(steps=300))


def test_the_waste_of_a_rendering_is_limited():
    meter = Meter(RenderLimits(characters=100))
    for _ in range(25):
        meter.made(100)
    with pytest.raises(TooMuchError, match="on its way"):
        meter.made(1)
