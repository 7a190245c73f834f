#!/usr/bin/env python3
"""Verifies a draw file, written from openapi/draw.md and nothing else: no other code of the project was looked at.

    python3 verify_draw.py FILE [--head HEAD] [--public-key HEX]        (FILE `-` is the standard input)

Ends with 0 if the file holds, with 1 if it does not, and with 2 if there is no verdict. Needs Python's standard library only.
"""

import argparse
import codecs
import hashlib
import hmac
import json
import re
import sys
from datetime import datetime

ALGORITHM = "kaofa-draw/1"
MEMBERS = ["manifest", "manifest_digest", "secret", "beacon", "log", "papers"]
KINDS = ("single", "multiple", "judgement")
DIFFICULTIES = ("easy", "medium", "hard")
WORD = 1 << 64
U32 = (1 << 32) - 1
SAFE = (1 << 53) - 1


class Fault(Exception):
    """The file does not hold; the text says where."""


class NoVerdict(Exception):
    """Nothing can be said of the file."""


def demand(holds, why):
    if not holds:
        raise Fault(why)


# Section 1: building blocks.


def digest(data):
    return hashlib.sha256(data).digest()


def mac(key, message):
    return hmac.digest(key, message, "sha256")


def length_prefixed(data):
    if isinstance(data, str):
        data = data.encode()
    return len(data).to_bytes(4, "big") + data


def canonical(value):
    """JCS of a value without fractions, as text."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def jcs_digest(value):
    return digest(canonical(value).encode())


class Words:
    """The stream `words(key, label…)`, and what is drawn from it."""

    def __init__(self, key, *labels):
        self.key = key
        self.prefix = b"".join(map(length_prefixed, labels))
        self.block = 0
        self.ready = []

    def next(self):
        if not self.ready:
            block = mac(self.key, self.prefix + length_prefixed(str(self.block)))
            self.block += 1
            # Taken from the end, so the first word lies last.
            self.ready = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
        return self.ready.pop()

    def below(self, bound):
        limit = WORD - WORD % bound
        while True:
            word = self.next()
            if word < limit:
                return word % bound

    def deal(self, items):
        """Gives the items in the order of `shuffle`, using words only for those that are asked for."""
        items = list(items)
        for place in range(len(items)):
            other = place + self.below(len(items) - place)
            items[place], items[other] = items[other], items[place]
            yield items[place]


# JSON, read strictly and value by value.


def pairs(members):
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member occurs twice")
    return found


def whole(text):
    if text == "-0" or len(text) > 17 or abs(int(text)) > SAFE:
        raise ValueError(f"not a number for these documents: {text[:20]}")
    return int(text)


def refuse(text):
    raise ValueError(f"not a number for these documents: {text[:20]}")


DECODER = json.JSONDecoder(object_pairs_hook=pairs, parse_int=whole, parse_float=refuse, parse_constant=refuse)


def parse(text):
    """One JSON value and nothing after it."""
    try:
        value, end = DECODER.raw_decode(text)
        text.encode()
        # An escape may have made half a surrogate pair.
        canonical(value).encode()
    except (ValueError, RecursionError) as error:
        raise Fault(f"form: {error or 'nested too deeply'}") from None
    demand(end == len(text), "form: something stands after a value")
    return value


class Reader:
    """A JSON text of any length, of which one value at a time is in memory."""

    CHUNK = 1 << 16
    SPACE = re.compile(r"[ \t\n\r]*")
    NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\[\]]', re.DOTALL)
    SCALAR_END = re.compile(r"[,\]} \t\n\r]")

    def __init__(self, file):
        self.file = file
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.buffer = ""
        self.at = 0
        self.ended = False

    def more(self):
        """Reads on; as much again as there is, so that a long value is looked through a few times only."""
        if self.ended:
            return False
        try:
            data = self.file.read(max(self.CHUNK, len(self.buffer) - self.at))
        except OSError as error:
            raise NoVerdict(str(error)) from None
        self.ended = not data
        try:
            text = self.decoder.decode(data, final=self.ended)
        except UnicodeDecodeError:
            raise Fault("form: the file is not UTF-8") from None
        self.buffer = self.buffer[self.at :] + text
        self.at = 0
        return True

    def peek(self):
        """The next character that is not white space; empty at the end."""
        while True:
            self.at = self.SPACE.match(self.buffer, self.at).end()
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self.more():
                return ""

    def take(self, sign):
        found = self.peek()
        demand(found == sign, f"form: expected {sign!r}, found {found or 'the end of the file'!r}")
        self.at += 1

    def extent(self, first):
        """Where the value in hand ends, or None if it goes on past what has been read."""
        if first not in '{["':
            found = self.SCALAR_END.search(self.buffer, self.at)
            return found.start() if found else len(self.buffer) if self.ended else None
        depth = 0
        for token in self.NESTING.finditer(self.buffer, self.at):
            sign = token.group()
            if sign == '"':
                return None
            depth += (sign in "{[") - (sign in "}]")
            if depth == 0:
                return token.end()
        return None

    def value(self):
        first = self.peek()
        while (end := self.extent(first)) is None:
            demand(self.more(), "form: the file ends too early")
        text = self.buffer[self.at : end]
        self.at = end
        return parse(text)


# Form: types and members.


def is_text(value):
    return isinstance(value, str)


def is_texts(value):
    return isinstance(value, list) and all(map(is_text, value))


def number(least, most):
    return lambda value: type(value) is int and least <= value <= most


def hexadecimal(size):
    shape = re.compile(f"[0-9a-f]{{{2 * size}}}")
    return lambda value: is_text(value) and shape.fullmatch(value) is not None


def one_of(words):
    return lambda value: is_text(value) and value in words


def or_null(kind):
    return lambda value: value is None or kind(value)


def shaped(value, shape, where):
    """Demands that an object has exactly these members, each of its kind."""
    demand(isinstance(value, dict), f"form: {where} is not an object")
    for name in value:
        demand(name in shape, f"form: {where} has an unknown member {name!r}")
    for name, kind in shape.items():
        demand(name in value, f"form: {where} lacks {name}")
        demand(kind(value[name]), f"form: {where}.{name} is not what it may be")


MANIFEST = {
    "algorithm": one_of((ALGORITHM,)),
    "exam": is_text,
    "sealed_at": is_text,
    "commitment": hexadecimal(32),
    "beacon_rule": or_null(is_text),
    "balance": or_null(lambda value: isinstance(value, dict)),
    "sections": lambda value: isinstance(value, list),
    "pool": lambda value: isinstance(value, list),
}
BALANCE = {"target_permille": number(0, U32), "tolerance_permille": number(0, U32), "tries": number(1, 10_000)}
SECTION = {
    "section": is_text,
    "kind": one_of(KINDS),
    "topics": is_texts,
    "difficulties": lambda value: is_texts(value) and all(word in DIFFICULTIES for word in value),
    "count": number(1, U32),
    "points_each_hundredths": number(0, U32),
}
QUESTION = {
    "item": is_text,
    "digest": hexadecimal(32),
    "kind": one_of(KINDS),
    "topic": is_text,
    "difficulty": one_of(DIFFICULTIES),
    "facility_permille": number(0, 1000),
    "options": is_texts,
    "pinned": is_texts,
    "group": or_null(is_text),
}
LOG = {
    "entry": lambda value: isinstance(value, dict),
    "index": number(0, SAFE),
    "size": number(0, SAFE),
    "root": hexadecimal(32),
    "path": lambda value: isinstance(value, list) and all(map(hexadecimal(32), value)),
}
PAPER = {
    "candidate": hexadecimal(32),
    "attempt": number(1, U32),
    "k": number(0, U32),
    "items": lambda value: isinstance(value, list),
    "digest": hexadecimal(32),
}
PLACE = {"section": is_text, "item": is_text, "options": is_texts}
HEAD = {"size": number(0, SAFE), "root": hexadecimal(32), "at": is_text, "public_key": hexadecimal(32), "signature": hexadecimal(64)}
TOP = {
    "manifest_digest": hexadecimal(32),
    "secret": hexadecimal(32),
    "beacon": or_null(is_text),
}


def check_form(top):
    """The five members before the papers."""
    for name, kind in TOP.items():
        demand(kind(top[name]), f"form: {name} is not what it may be")
    manifest = top["manifest"]
    shaped(manifest, MANIFEST, "manifest")
    if manifest["balance"] is not None:
        shaped(manifest["balance"], BALANCE, "manifest.balance")
    for at, section in enumerate(manifest["sections"]):
        shaped(section, SECTION, f"manifest.sections[{at}]")
    for at, question in enumerate(manifest["pool"]):
        shaped(question, QUESTION, f"manifest.pool[{at}]")
    shaped(top["log"], LOG, "log")


# Section 5: the log.


def check_log(top):
    log = top["log"]
    data = log["entry"].get("data")
    demand(isinstance(data, dict) and data.get("manifest_digest") == top["manifest_digest"], "log: the entry tells of another manifest")
    first, last = log["index"], log["size"] - 1
    demand(first <= last, "log: the index lies outside the log")
    here = digest(b"\0" + canonical(log["entry"]).encode())
    for text in log["path"]:
        step = bytes.fromhex(text)
        demand(last > 0, "log: the path is too long")
        if first % 2 == 1 or first == last:
            here = digest(b"\1" + step + here)
            while first % 2 == 0 and first != 0:
                first, last = first // 2, last // 2
        else:
            here = digest(b"\1" + here + step)
        first, last = first // 2, last // 2
    demand(last == 0, "log: the path is too short")
    demand(here.hex() == log["root"], "log: the path does not lead from the entry to the root")


# Ed25519, RFC 8032 section 5.1, verification only; nothing here is secret, so nothing need be in constant time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point(data):
    """The point that 32 bytes stand for, in extended coordinates; None if they stand for none."""
    packed = int.from_bytes(data, "little")
    sign, y = packed >> 255, packed & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x % 2 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(factor, p):
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = add(total, p)
        p = add(p, p)
        factor >>= 1
    return total


def signed(public_key, message, signature):
    key, r, s = point(public_key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def check_head(log, head, public_key):
    shaped(head, HEAD, "head")
    demand(public_key in (None, head["public_key"]), "head: signed with another key")
    said = {name: head[name] for name in ("at", "public_key", "root", "size")} | {"algorithm": "kaofa-log/1"}
    key, signature = bytes.fromhex(head["public_key"]), bytes.fromhex(head["signature"])
    demand(signed(key, canonical(said).encode(), signature), "head: the signature does not hold")
    demand((head["size"], head["root"]) == (log["size"], log["root"]), "head: it is the head of another log")


# Sections 2 and 4: what a sealed manifest must keep.


def is_moment(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})", text):
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def check_pool(pool):
    questions, before = set(), None
    for place in pool:
        item = place["item"]
        named = re.fullmatch(r"(.+)@([1-9][0-9]{0,9})", item, re.DOTALL)
        demand(named and int(named[2]) <= U32, f"seal: {item!r} names no version of a question")
        demand(named[1] not in questions, f"seal: {named[1]!r} stands in the pool twice")
        questions.add(named[1])
        now = item.encode()
        demand(before is None or before < now, f"seal: {item!r} is out of order")
        before = now
        options, pinned = place["options"], place["pinned"]
        demand((place["kind"] == "judgement") == (not options), f"seal: {item!r} has the options of another kind")
        demand(len(set(options)) == len(options), f"seal: {item!r} has an option twice")
        demand(len(set(pinned)) == len(pinned) and set(pinned) <= set(options), f"seal: {item!r} pins what it does not have once")


def allowed(section, question):
    return (
        question["kind"] == section["kind"]
        and (not section["topics"] or question["topic"] in section["topics"])
        and (not section["difficulties"] or question["difficulty"] in section["difficulties"])
    )


def check_room(sections, eligible):
    # A question without a group is a group of its own, which no group's name can be mistaken for.
    groups = [{("item", q["item"]) if q["group"] is None else ("group", q["group"]) for q in questions} for questions in eligible]
    for at, section in enumerate(sections):
        room = len(groups[at]) - sum(min(sections[t]["count"], len(groups[t] & groups[at])) for t in range(at))
        demand(room >= section["count"], f"seal: section {section['section']} lacks {section['count'] - room}")


def check_seal(top):
    """The rules of a manifest; gives the questions that each section may use."""
    manifest = top["manifest"]
    demand(is_moment(manifest["sealed_at"]), "seal: sealed_at is no moment")
    sections = manifest["sections"]
    demand(sections, "seal: there is no section")
    demand([s["section"] for s in sections] == [str(n + 1) for n in range(len(sections))], "seal: the sections are not numbered 1, 2, …")
    check_pool(manifest["pool"])
    secret = bytes.fromhex(top["secret"])
    demand(digest(b"kaofa-draw/1 commit\0" + secret).hex() == manifest["commitment"], "seal: the commitment is not that of the secret")
    if manifest["beacon_rule"] is None:
        demand(top["beacon"] is None, "seal: there is a beacon without a rule")
    else:
        demand(top["beacon"], "seal: there is a rule without a beacon")
    eligible = [[q for q in manifest["pool"] if allowed(section, q)] for section in sections]
    check_room(sections, eligible)
    return eligible


# Section 3: drawing.


class Draw:
    """Draws the papers of a file anew."""

    def __init__(self, top, eligible):
        self.sections = [section["section"] for section in top["manifest"]["sections"]]
        self.counts = [section["count"] for section in top["manifest"]["sections"]]
        self.balance = top["manifest"]["balance"]
        self.eligible = eligible
        parts = [bytes.fromhex(top["secret"]), bytes.fromhex(top["manifest_digest"]), length_prefixed(top["beacon"] or "")]
        self.seed = digest(b"kaofa-draw/1 seed\0" + b"".join(parts))

    def key(self, candidate, attempt, k):
        return mac(self.seed, b"".join(map(length_prefixed, ("paper", candidate, str(attempt), str(k)))))

    def questions(self, key):
        paper, taken = [], set()
        for section, count, eligible in zip(self.sections, self.counts, self.eligible):
            wanted = count
            dealt = Words(key, "items", section).deal(eligible)
            while wanted:
                question = next(dealt, None)
                demand(question is not None, f"section {section} cannot be filled")
                marks = {("item", question["item"])}
                if question["group"] is not None:
                    marks.add(("group", question["group"]))
                if marks.isdisjoint(taken):
                    taken |= marks
                    paper.append((section, question))
                    wanted -= 1
        return paper

    def choose(self, candidate, attempt):
        """Step 3: k, its key and its questions."""
        if self.balance is None:
            key = self.key(candidate, attempt, 0)
            return 0, key, self.questions(key)
        best = None
        for k in range(self.balance["tries"]):
            key = self.key(candidate, attempt, k)
            paper = self.questions(key)
            mean = sum(question["facility_permille"] for _, question in paper) // len(paper)
            distance = abs(mean - self.balance["target_permille"])
            if best is None or distance < best[0]:
                best = distance, k, key, paper
            if distance <= self.balance["tolerance_permille"]:
                break
        return best[1:]

    def paper(self, candidate, attempt):
        k, key, questions = self.choose(candidate, attempt)
        stream = Words(key, "options")
        items = []
        for section, question in questions:
            free = [option for option in question["options"] if option not in question["pinned"]]
            order = stream.deal(free)
            options = [option if option in question["pinned"] else next(order) for option in question["options"]]
            items.append({"section": section, "item": question["item"], "options": options})
        drawn = {"candidate": candidate, "attempt": attempt, "k": k, "items": items}
        return drawn | {"digest": jcs_digest(drawn).hex()}


def check_paper(paper, draw, before):
    shaped(paper, PAPER, "a paper")
    for place in paper["items"]:
        shaped(place, PLACE, "a place of a paper")
    mine = (paper["candidate"], paper["attempt"])
    name = f"paper of {mine[0]}, attempt {mine[1]}"
    demand(before is None or before < mine, f"papers: the {name} is out of order")
    drawn = draw.paper(*mine)
    for member in ("k", "items", "digest"):
        demand(paper[member] == drawn[member], f"papers: the {name} has other {member} than the draw gives")
    return mine


# The whole check, in the order of section 5.


def verify(file, head, public_key, say):
    reader, top = Reader(file), {}
    reader.take("{")
    for name in MEMBERS:
        if top:
            reader.take(",")
        found = reader.value()
        demand(found == name, f"form: expected the member {name}, found {str(found)[:60]!r}")
        reader.take(":")
        if name != "papers":
            top[name] = reader.value()
    check_form(top)
    say("form", "the members before the papers are as they should be")
    demand(jcs_digest(top["manifest"]).hex() == top["manifest_digest"], "manifest: the digest is not that of the manifest")
    say("manifest", f"has the digest {top['manifest_digest']}")
    check_log(top)
    say("log", f"the seal is entry {top['log']['index']} of {top['log']['size']} under the root {top['log']['root']}")
    if head is not None:
        check_head(top["log"], head, public_key)
        say("head", f"signed by {head['public_key']}")
    draw = Draw(top, check_seal(top))
    say("seal", "keeps the rules; " + ("without a beacon" if top["beacon"] is None else f"with the beacon {top['beacon']}"))
    count, before = 0, None
    reader.take("[")
    while reader.peek() != "]":
        if count:
            reader.take(",")
        before = check_paper(reader.value(), draw, before)
        count += 1
    reader.take("]")
    reader.take("}")
    demand(reader.peek() == "", "form: something stands after the end")
    say("papers", f"{count} drawn anew, none differs")


def read_head(path):
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read().strip(" \t\n\r"))
    except (OSError, UnicodeDecodeError, Fault) as error:
        raise NoVerdict(str(error)) from None


def main():
    parser = argparse.ArgumentParser(description="Verifies a draw file of kaofa-draw/1.")
    parser.add_argument("file", help="the draw file; - reads the standard input")
    parser.add_argument("--head", help="a signed head of the log, in a file")
    parser.add_argument("--public-key", help="the only key to believe, in hex")
    options = parser.parse_args()
    if options.public_key is not None and options.head is None:
        parser.error("--public-key needs --head")
    try:
        head = read_head(options.head) if options.head is not None else None
        with sys.stdin.buffer if options.file == "-" else open(options.file, "rb") as file:
            verify(file, head, options.public_key, lambda check, found: print(f"ok   {check}: {found}"))
    except Fault as fault:
        print(f"FAIL {fault}")
        return 1
    except (NoVerdict, OSError) as error:
        print(f"no verdict: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
