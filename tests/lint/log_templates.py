# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""Reads the plugin's log lines from its C++ sources. A template is the text of a line; VALUE marks each
place whose text is known only at run time, and REST an end that other functions add. A conditional expression
makes two templates."""

import itertools
import re

VALUE, REST = "\0", "\1"
COMPONENTS = "journal|delivery|clock|topics|message_id|MongoDB|balance|not started"
SILENT = ("cli", "config/markdown.cc")  # not the plugin's log
# They log words that are passed to them; the calls that pass the words are read instead.
CARRIERS = ("base/logger.", "journal/failure_log.h", "delivery/outage.cc")

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)+'")
LOGGING = re.compile(r"\b(?P<name>log|write_log|log_exception|warnings_?\.push_back|\w+_log_)(?P<open>\()")
OUTAGE = re.compile(r"\bOutage::Words (?P<name>\w+)(?P<open>\{)")
STARTED = re.compile(rf'\btext(?P<open>\()\s*"(?:{COMPONENTS}): ')
OPENING, CLOSING = "([{", ")]}"


def without_comments(source):
    return re.sub(rf"({STRING.pattern})|//[^\n]*", lambda match: match.group(1) or "", source)


def tokens(expression):
    """Literals as a whole, everything else by character, each with its depth of brackets."""
    depth, at = 0, 0
    while at < len(expression):
        literal = STRING.match(expression, at) or CHARACTER.match(expression, at)
        part = literal.group(0) if literal else expression[at]
        depth -= part in CLOSING
        yield at, part, depth
        depth += part in OPENING
        at += len(part)


def bracketed(source, opening):
    """The text between the bracket at `opening` and the one that closes it."""
    for at, part, depth in tokens(source[opening:]):
        if at > 0 and depth == 0 and part in CLOSING:
            return source[opening + 1 : opening + at]
    raise ValueError(f"no closing bracket: {source[opening:opening + 60]!r}")


def arguments(text):
    cuts = [at for at, part, depth in tokens(text) if part == "," and depth == 0]
    begins = [0] + [cut + 1 for cut in cuts]
    return [text[begin:end].strip() for begin, end in zip(begins, cuts + [len(text)])]


def conditional(expression):
    """The condition and both branches of `a ? b : c`, or None."""
    top = [(at, part) for at, part, depth in tokens(expression) if depth == 0]
    question = next((at for at, part in top if part == "?"), None)
    if question is None:
        return None
    nested = 0
    for at, part in top:
        if at <= question or "::" in (expression[at : at + 2], expression[at - 1 : at + 1]):
            continue
        nested += part == "?"
        if part == ":" and nested == 0:
            return expression[:question].strip(), expression[question + 1 : at], expression[at + 1 :]
        nested -= part == ":"
    return None


def joined(parts):
    """Each way to join one alternative of each part. The same condition has one value throughout."""
    for choice in itertools.product(*parts):
        known = {}
        if all(known.setdefault(name, value) == value for _, when in choice for name, value in when.items()):
            yield "".join(text for text, _ in choice), known


def alternatives(expression, before):
    """Pairs of a text and of the conditions under which the expression has it. `before` is the source
    in front of the expression, which may assign the variables in it."""
    expression = expression.strip()
    branches = conditional(expression)
    if branches:
        condition, yes, no = branches
        return [
            (text, {**when, condition: value})
            for value, branch in ((True, yes), (False, no))
            for text, when in alternatives(branch, before)
            if when.get(condition, value) == value
        ]
    call = re.match(r"(?:text|std::string)\(", expression)
    if call and bracketed(expression, call.end() - 1) == expression[call.end() : -1]:
        parts = arguments(expression[call.end() : -1])
        return list(joined([alternatives(part, before) for part in parts]))
    if re.fullmatch(r"\w+", expression):
        value = rf"([^;\"]*(?:{STRING.pattern}[^;\"]*)*)"
        assigned = list(re.finditer(rf"\bstd::string(?:_view)? {expression} ={value};", before))
        if assigned:
            return alternatives(assigned[-1].group(1), before[: assigned[-1].start()])
    if CHARACTER.fullmatch(expression):
        return [(expression[1:-1], {})]
    # Literals that the compiler joins, perhaps with a macro between them.
    if re.fullmatch(rf"(?:{STRING.pattern}|\s|\b[A-Z_]+\b)+", expression) and STRING.search(expression):
        pieces = re.findall(rf"{STRING.pattern}|[A-Z_]+", expression)
        literal = "".join(piece[1:-1] if piece[0] == '"' else VALUE for piece in pieces)
        return [(literal.replace('\\"', '"'), {})]
    return [(VALUE, {})]


def lines_of_call(name, parts):
    """The expressions of the lines that a logging call can write."""
    if name.endswith("_log_"):  # FailureLog: how a failure begins, and how it ends
        if len(parts) != 3:
            return []
        return [f'text("journal: ", {parts[1]}, ", trying again: ", why)', f'text("journal: ", {parts[2]})']
    if name == "log_exception":
        known = parts[-1].startswith('"')
        if len(parts) == 1:
            return [f'text({parts[0]}, ": ", why)'] if known else []
        return [f'text({parts[1]}, ": ", {parts[2]}, "; trying again")'] if known else []
    return [parts[-1]] if len(parts) == (1 if "push_back" in name else 2) else []


def lines_of_outage(parts):
    begins, consequence, ends = parts
    return [
        f'text("delivery: ", {begins}, ": ", why, "; ", {consequence})',
        f'text("delivery: ", {ends}, ", after ", seconds, " s")',
    ]


def expressions(source):
    """For each line: where its expression begins, the expression, and REST if other functions may add
    to it."""
    logged = []
    for match in LOGGING.finditer(source):
        inside = bracketed(source, match.start("open"))
        logged.append(range(match.start(), match.start() + len(inside)))
        for expression in lines_of_call(match.group("name"), arguments(inside)):
            yield match.start(), expression, ""
    for match in OUTAGE.finditer(source):
        for expression in lines_of_outage(arguments(bracketed(source, match.start("open")))):
            yield match.start(), expression, ""
    for match in STARTED.finditer(source):
        is_assigned = source[: match.start()].rstrip().endswith("=")
        if not is_assigned and not any(match.start() in call for call in logged):
            yield match.start(), f"text({bracketed(source, match.start('open'))})", REST


def says_something(template):
    return re.search(r"[a-z]{2}", re.sub(rf"^(?:{COMPONENTS})(?:: |$)", "", template)) is not None


def templates(source):
    """Pairs of a line's number and a template."""
    source = without_comments(source)
    found = set()
    for begin, expression, end in expressions(source):
        number = source.count("\n", 0, begin) + 1
        for text, _ in alternatives(expression, source[:begin]):
            # A path or a namespace has several values; a reader sees one.
            text = re.sub(rf"{VALUE}(?:[/.]?{VALUE})+", VALUE, text)
            if says_something(text) and not text.startswith("--"):  # of the command line
                found.add((number, text + end))
    return sorted(found)


def all_literals(source):
    """All string literals, those that the compiler joins joined."""
    run = rf"{STRING.pattern}(?:\s*{STRING.pattern})*"
    return [
        "".join(piece[1:-1] for piece in STRING.findall(match.group(0))).replace('\\"', '"')
        for match in re.finditer(run, without_comments(source))
    ]


def is_read(path):
    return not str(path).startswith(SILENT + CARRIERS)
