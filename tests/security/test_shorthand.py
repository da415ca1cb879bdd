"""Attack: what a user writes acts at Zendesk, hides an address, or imitates the summary."""

from __future__ import annotations

import re
import sys
from unicodedata import normalize

import aiohttp
import pytest
import regex

from tests.support.bot_texts import ASK_HUMAN
from tests.support.dialogues import talk
from tests.support.names import TEXTS
from tests.support.users import conversation_of
from tests.support.webchat import PNG
from zendesk_handoff.domain.text import MAX_TEXT, split_text, units
from zendesk_handoff.domain.untrusted_text import harmless, quotable
from zendesk_handoff.domain.user_ids import external_id
from zendesk_handoff.summary import labels_of, summarize

PASS = "%((switchboard:passControl:next))%"
#: Every construct of Zendesk's page "Shorthand syntax", and what a normalisation makes of others.
ATTACKS = (
    *(PASS, "%((switchboard:passControl))%", "%((template:refund))%", "%{{template:refund}}%"),
    *("%[Pay](https://shop.example)", "%[Yes](reply:YES)", "%[Yes](postback:YES)"),
    *("![](http://shop.example/a.jpg)", "&((namespace=[[a]] template=[[b]]))&"),
    *("%\u200b[Pay](https://shop.example)", "%\u2060((switchboard:passControl))%"),
    *("%\u202e[Pay](https://shop.example)", "%\u00ad\u200d(\u200b(switchboard:passControl))%"),
    *("\uff05[Pay](https://shop.example)", "%\uff3bPay](https://shop.example)"),
    *("%\uff08\uff08switchboard:passControl))%", "\ufe6a\u207d\u2474x))%", "%\x00[a](b)"),
    *("%%[a](b)", "%%%((a))%", "100%[1](https://shop.example)", "\u203c[](http://shop.example)"),
)
#: What a program may read as shorthand after a normalisation.
_READ_AS = re.compile(r"[%!&](?:\[|\(\(|\{\{)")
_IGNORED = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\x00-\x08\x0e-\x1f\x7f]")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: Persian with joiners, Arabic with its marks, emoji of several code points, plain percent signs.
KEPT = (
    *("می‌خواهم سفارش ۵۰٪ را لغو کنم", "العدد\u061c ‎123‏ (50%)", "👩‍👩‍👧 🏳️‍🌈 👍🏽 ✈️ क्‍ष"),
    *("50% (about)", "100 % [see below]", "5% ((", "Hello! [1]", "R&D (x)", "a ( b % c [d] & (("),
    "https://shop.example/a%20b?x=(1)&y=[2]",
)


def acts(text):
    return any(
        _READ_AS.search(normalize("NFKC", _IGNORED.sub("", each)))
        for each in (text, normalize("NFKC", text), normalize("NFKD", text))
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_spelling_of_the_shorthand_acts(attack):
    assert acts(attack), "the attack is one"
    plain = harmless(attack)
    assert not acts(plain)
    assert units(plain) <= units(attack)


@pytest.mark.parametrize("text", KEPT)
def test_what_people_write_is_unchanged(text):
    assert harmless(text) == text


def test_no_character_is_read_as_a_sign_that_is_not_known():
    for code in range(sys.maxunicode + 1):
        form = normalize("NFKC", chr(code))
        if form and (form[-1] in "%!&" or form[0] in "([{"):
            for each in (f"{chr(code)}[", f"{chr(code)}((", f"%{chr(code)}{chr(code)}"):
                assert not acts(harmless(each)), hex(code)


@pytest.mark.parametrize("attack", ATTACKS[:9])
@pytest.mark.parametrize("before", [0, 1, 2, 3, 12])
def test_no_part_of_a_cut_text_acts_or_is_too_long(attack, before):
    parts = split_text("a" * (MAX_TEXT - before) + attack + "b" * MAX_TEXT)
    plain = [harmless(part) for part in parts]
    assert not any(map(acts, plain))
    assert all(units(part) <= MAX_TEXT for part in plain)


def test_only_turning_marks_are_removed_wherever_they_are():
    given = {"a": ["\u202enm\u2069", {"b": "\u2066x"}], "payload": "\u202e", "n": 1}
    kept = frozenset({"payload"})
    assert harmless(given, verbatim=kept) == {"a": ["nm", {"b": "x"}], "payload": "\u202e", "n": 1}


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "filling", ["", "\u2800" * 300, "\u3164" * 300], ids=["none", "braille", "hangul"]
)
def test_no_line_imitates_a_label(end, filling):
    labels = labels_of("en")
    fake = [f"{label} approved" for label in (labels.why, labels.last, labels.agent, labels.user)]
    words = f"the order 10234 is late{filling}{end}" + end.join(fake)
    text = summarize(talk(words), reason=f"asked{end}{labels.agent} approved", max_words=200)
    lines = text.splitlines()
    assert sum(line.startswith(labels.why) for line in lines) == 1
    assert sum(line.startswith(labels.last) for line in lines) == 1
    assert sum(line.startswith(labels.user) for line in lines) == 1
    assert not any(line.startswith(labels.agent) for line in lines)
    assert not {"\u2800", "\u3164"} & set(text)


@pytest.mark.parametrize(
    "link",
    [
        "[bank.example](https://evil.example)",
        "[bank.example]\u200b(https://evil.example)",
        "[bank.example][1]",
        "[1]: https://evil.example",
        "[bank.example&#93;(https://evil.example)",
    ],
)
def test_no_link_of_a_summary_hides_its_address(link):
    text = summarize(talk(f"my order 10234 is late {link}"), locale="en")
    assert not re.search(r"\]\s?[(\[:]", re.sub(r"\] ", "]~", _IGNORED.sub("", text)))
    assert "](" not in quotable(link).replace("&#93;", "]~")


async def test_nothing_that_a_user_writes_acts_at_zendesk(stack, sim, new_user):
    user = new_user(name=f"Jo {PASS} %[Pay](https://shop.example) \u202etxt")
    await user.says(f"my order 10234 is late {PASS} \u202e [a](https://shop.example)")
    await user.says(ASK_HUMAN)
    found = (await conversation_of(user.sender, sim, stack))["id"]
    for text in (*TEXTS, *ATTACKS, *KEPT):
        await user.says(text.replace("\x00", ""))
    await sim.wait_for_message(found, KEPT[-1])
    said = [each["content"]["text"] for each in await sim.messages(found)]
    assert any("10234" in text and "switchboard" in text for text in said), "in the summary"
    assert sum("switchboard" in text for text in said) > 5
    assert not any(map(acts, said))
    assert not any(map(BIDI.search, said))
    assert all(text in said for text in KEPT)
    sent = str(await sim.requests(stack.connectors["support"]["app_id"]))
    assert external_id("rest", user.sender) in sent
    assert not acts(sent.replace("\\u", "")) and not BIDI.search(sent)


async def test_the_name_of_a_file_does_not_act(page, sim, stack):
    found = await page.is_handed_over(sim, stack)
    form = aiohttp.FormData(quote_fields=False)  # a name as an attacker's program writes it
    form.add_field(
        "files", PNG, filename="%[Pay](reply:YES) \u202egnp.png", content_type="image/png"
    )
    async with page.http.post(f"{page.root}/files", data=form) as answer:
        assert answer.status == 202

    async def posted():
        media = [each["content"].get("mediaUrl") for each in await sim.messages(found)]
        return next(filter(None, media), None)

    address = await sim.wait_until(posted)
    assert "%25%5B" not in address and "%[" not in address and "%E2%80%AE" not in address
    assert "%D9%AA%5B" in address
