"""Lines that are hard on a tokenizer, the same for the same seed: prose, code, Unicode, emoji, numbers, runs of spaces."""
import random
import string

PROSE = """The committee didn't move; they'd waited a year, and we'll wait on. It's only 3.14 or 1,234,567 of them (e.g. "so-called" ones).
A letter arrived: 'Dear Sir or Madam, I'VE been told You'Re leaving at 10:45...' -- and nobody's surprised, says O'Brien!
To be, or not to be; that is what the function returns when x_1 >= 0xFF and the email is a.b+c@example.org / https://example.org/?q=1&r=%20
""".split("\n")
CODE = [
    "def f(x: int) -> str:\n\treturn f'{x:>10}'  # comment", "for (let i = 0; i < n; ++i) { a[i] += b[i] * 1e-9; }", "#include <vector>\r\nint main() { return 0; }",
    "    if x is None:\n        raise ValueError(\"bad\")", "SELECT * FROM t WHERE a <> 'b' AND c BETWEEN 1 AND 20;", "<div class=\"a b\">&nbsp;&copy;2024</div>", "x = {\n  \"k\": [1, 2,\t3],\n}\n\n\n",
]
UNICODE = [
    "naïve café Ångström ﬁne ½ ² ㎏", "Grüße aus Köln – „Straße“", "Привет, как дела? Ёлка", "こんにちは世界。今日は2024年です", "你好，世界！１２３", "안녕하세요 세계", "مرحبا بالعالم ١٢٣", "שָׁלוֹם", "नमस्ते दुनिया १२३",
    "e\u0301 vs \u00e9, A\u030a", "zero\u200bwidth\u200djoiner\ufeff", "nbsp\u00a0here\u2003em\u3000ideographic", "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝟘𝟙", "ไทยภาษา", "\u2028line\u2029sep\u0085nel", "Ⅷ ⅻ ① ௧௨", "control\x01\x07\x7f end",
]
EMOJI = ["🎉", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇯🇵", "❤️", "🤷‍♀️", "☃", "🧑🏿‍🚀"]
RANGES = [(0x20, 0x7e)] * 6 + [(0xa0, 0x17f), (0x370, 0x4ff), (0x590, 0x6ff), (0x900, 0x97f), (0x3040, 0x30ff), (0x4e00, 0x4fff), (0xac00, 0xad00), (0x1f300, 0x1f64f), (0x2000, 0x206f)]


def line(rng: random.Random) -> str:
    kind = rng.randrange(9)
    if kind == 0:
        words = " ".join(PROSE).split()
        at = rng.randrange(len(words) - 12)
        return " ".join(words[at:at + rng.randrange(3, 12)])
    if kind == 1:
        return rng.choice(CODE) + rng.choice(["", "\n", " " * rng.randrange(9)])
    if kind == 2:
        return rng.choice(UNICODE) + rng.choice([" ", ""]) + rng.choice(UNICODE)
    if kind == 3:
        return "".join(rng.choice(EMOJI) + rng.choice(["", " ", "a", "1"]) for _ in range(rng.randrange(1, 6)))
    if kind == 4:
        return "".join(rng.choice("ab1.\n") + rng.choice(" \t\n\u00a0") * rng.randrange(0, 40) for _ in range(rng.randrange(1, 6)))
    if kind == 5:
        return "".join(chr(rng.randint(*rng.choice(RANGES))) for _ in range(rng.randrange(1, 40)))
    if kind == 6:
        return " ".join(str(rng.randrange(10 ** rng.randrange(1, 12))) + rng.choice(["", "%", "kg", "st", ".5", ",000"]) for _ in range(rng.randrange(1, 6)))
    if kind == 7:
        return "".join(rng.choice(string.ascii_letters + "'     ") for _ in range(rng.randrange(1, 60)))
    return rng.choice(PROSE) + "  " + rng.choice(UNICODE) + " " * rng.randrange(0, 70) + rng.choice(CODE) + rng.choice(EMOJI)


def lines(count: int, seed: int = 3) -> list[str]:
    rng = random.Random(seed)
    fixed = [" ", "  ", "\n", "\t\t", " a", "a ", "  a", "'s", " 's", "'S", "I'LL", "\r\n", "a\n b", "1 2", "1  2", "   1", "<|im_start|>user", "<s>", "</s>x", "▁a", "Ġb", "<0x41>"]
    return (fixed + [line(rng) for _ in range(count)])[:count]
