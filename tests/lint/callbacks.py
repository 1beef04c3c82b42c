# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""No exception leaves a function that C calls. From a callback, an exception would leave a C library in
the middle of its work (the driver's log would keep its lock forever). From a thread, it would end the
broker. Therefore each callback, each thread's body and each extern "C" function is noexcept, and either
catches everything or calls only functions that do so or that throw nothing.

SITES lists all such functions, so that neither a new one nor a pattern that no longer finds anything
goes unnoticed. The check reads only text: it looks up definitions by name, in the same folder."""

import pathlib
import re
import sys

# Folder, and the function that is passed to C there: its name, or the call to which a lambda is passed.
SITES = {
    ("broker", "mosquitto_plugin_version"), ("broker", "mosquitto_plugin_init"),
    ("broker", "mosquitto_plugin_cleanup"),
    ("broker", "on_message"), ("broker", "on_tick"), ("broker", "on_reload"),
    ("broker", "lambda of std::thread"),
    ("delivery", "lambda of threads_.emplace_back"),
    ("journal", "lambda of std::thread"),
    ("mongo", "handle"), ("mongo", "lambda of on_exit"),
}

# Declared in a C header, to which clang compares their definitions: they can't be noexcept, but they
# catch everything.
DECLARED_BY_C = {"mosquitto_plugin_version", "mosquitto_plugin_init", "mosquitto_plugin_cleanup"}

# C functions and our own functions that throw nothing.
NOTHROW = {"fflush", "_exit", "pthread_setname_np", "pthread_self", "move"}

# Calls that pass a function on: it is the first argument that is a function.
GIVEN = re.compile(
    r"\b(on_exit|atexit|at_quick_exit|qsort|bsearch|pthread_create|pthread_once|dl_iterate_phdr|"
    r"nftw|ftw|scandir|std::async|std::j?thread(?:\s+\w+)?|cJSON_InitHooks|"
    r"(?:std::)?set_(?:terminate|new_handler)|(?:std::|::)?signal|"
    r"(?:mongoc|bson|mosquitto|SSL|SSL_CTX|OPENSSL|X509|CRYPTO)_\w*"
    r"(?:set_handler|callback\w*|_cb|_hooks?|_vtable|visit_all|apm_set\w*))\s*[({]")
UNREGISTERED = re.compile(r"_callback_unregister$")
# Tables of callbacks, and functions with C linkage.
TABLE_ROW = re.compile(r"\{\s*MOSQ_EVT_\w+,\s*(\w+)")
TABLE_FIELD = re.compile(r"^\w+[.]\w+$")
EXPORTED = re.compile(r'(?:extern\s+"C"|\bMONGO_STORE_EXPORT)\s+[\w\s*&:]*?\b(\w+)\s*\(')
THREADS = re.compile(r"std::vector<std::j?thread>\s+(\w+)")
ACTION = re.compile(r"\bsa_(?:handler|sigaction)\s*=\s*([^;]+);")
LAMBDA = re.compile(r"\[[^\]]*\]\s*(?:\([^)]*\))?\s*([^{]*)\{")
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
WORDS = {"if", "for", "while", "switch", "return", "catch", "sizeof", "static_cast", "int"}


def bare(text):
    """Comments, directives and the insides of literals become blanks; the rest keeps its place."""
    def blank(match):
        said = match.group(0)
        if said.startswith("/"):
            return re.sub(r"[^\n]", " ", said)
        return said if said == '"C"' else said[0] + " " * (len(said) - 2) + said[-1]
    text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.MULTILINE)
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.DOTALL)


def closing(text, at):
    """Returns the position after the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] in "({["
        depth -= text[i] in ")}]"
        if depth == 0:
            return i + 1
    return len(text)


def arguments(text, at):
    """Returns the arguments of the call whose bracket is at `at`."""
    inside = text[at + 1:closing(text, at) - 1]
    parts, begin, i = [], 0, 0
    while i < len(inside):
        if inside[i] in "({[":
            i = closing(inside, i)
            continue
        if inside[i] == ",":
            parts.append(inside[begin:i].strip())
            begin = i + 1
        i += 1
    return parts + [inside[begin:].strip()]


def given_functions(text, threads):
    """Returns the callbacks that this source passes to C, as (name, lambda or None)."""
    given = [(name, None) for name in TABLE_ROW.findall(text) + EXPORTED.findall(text)]
    calls = [(match.group(1), match.end() - 1) for match in GIVEN.finditer(text)]
    for name in threads:
        calls += [(f"{name}.{match.group(1)}", match.end() - 1)
                  for match in re.finditer(name + r"\s*\.\s*(emplace_back|push_back)\s*\(", text)]
    for call, bracket in calls:
        if UNREGISTERED.search(call):
            continue
        parts = [part.lstrip("&") for part in arguments(text, bracket)]
        lambdas = [part for part in parts if part.startswith("[")]
        if lambdas:
            given.append((f"lambda of {call.split()[0]}", lambdas[0]))
            continue
        if any(TABLE_FIELD.match(part) for part in parts) and TABLE_ROW.search(text):
            continue
        names = [part.split("::")[-1] for part in parts if re.match(r"^[a-z]\w*(?:::\w+)*$", part)
                 and part not in ("nullptr", "this")]
        if names:
            given.append((names[0], None))
    given += [(name.strip().lstrip("&"), None) for name in ACTION.findall(text)
              if not name.strip().startswith("SIG_")]
    return given


def definitions(text):
    """Maps each function's name to (is noexcept, body). A function in the same file takes precedence."""
    found = {}
    for match in CALL.finditer(text):
        end = closing(text, match.end() - 1)
        after = re.match(r"\s*(?:const\s*)?(noexcept\s*)?(?:[A-Z_]+\([^)]*\)\s*)*\{", text[end:])
        if after and match.group(1) not in WORDS:
            body = end + after.end() - 1
            found[match.group(1)] = (bool(after.group(1)), text[body:closing(text, body)])
    return found


def is_safe(body, known, seen=frozenset()):
    """Whether the body catches everything, or calls only functions that throw nothing."""
    if re.search(r"catch \(\.\.\.\)", body):
        return True
    if re.search(r"\b(?:throw|new)\b", body):
        return False
    for name in set(CALL.findall(body)) - WORDS - NOTHROW:
        is_noexcept, inner = known.get(name, (False, ""))
        if not is_noexcept or name in seen or not is_safe(inner, known, seen | {name}):
            return False
    return True


def fault_of(name, given, known):
    if given is not None:
        head = LAMBDA.match(given)
        if not head or "noexcept" not in head.group(1):
            return "isn't noexcept"
        body = given[head.end() - 1:]
    elif name not in known:
        return "isn't defined in the same folder"
    else:
        is_noexcept, body = known[name]
        if not is_noexcept and name not in DECLARED_BY_C:
            return "isn't noexcept"
    return None if is_safe(body, known) else "has no catch (...), and calls functions that may throw"


def check(texts):
    """Returns the sites found in {folder: [text]}, and the problems of these sites."""
    sites, problems = set(), []
    for folder, sources in texts.items():
        elsewhere = {}
        threads = set()
        for text in sources:
            elsewhere.update(definitions(text))
            threads.update(THREADS.findall(text))
        for text in sources:
            known = {**elsewhere, **definitions(text)}
            for name, given in given_functions(text, threads):
                sites.add((folder, name))
                fault = fault_of(name, given, known)
                if fault:
                    problems.append(f"{folder}: {name}: {fault}")
    return sites, problems


# Whether the check must accept a source, and the source. The check must find a site in each.
EXAMPLES = (
    (True, "void f(int) noexcept { try { g(); } catch (...) { return; } } void r() { atexit(f); }"),
    (False, "void f(int) { try { g(); } catch (...) { return; } } void r() { atexit(f); }"),
    (False, "void f(int) noexcept { try { g(); } catch (const E& e) {} } void r() { atexit(f); }"),
    (False, "void r() { std::thread t([this] { run(); }); }"),
    (False, "void r() { thread_ = std::thread([this]() noexcept { run(); }); }"),
    (True, "void run() noexcept { try { g(); } catch (...) { return; } }"
           "void r() { thread_ = std::thread([this]() noexcept { run(); }); }"),
    (False, "std::vector<std::thread> all_; void r() { all_.emplace_back([&] { run(); }); }"),
    (True, 'extern "C" int f(int a) noexcept { return a; }'),
    (False, 'extern "C" int f(int a) { return a; }'),
    (False, "void h(int) { g(); } void r() { mongoc_apm_set_command_failed_cb(c, h); }"),
    (False, "const int n = 1; Row rows[] = {{MOSQ_EVT_TICK, on_x}}; int on_x(int) { return 0; }"),
)


def main(root):
    problems = []
    for is_fine, example in EXAMPLES:
        sites, faults = check({"example": [bare(example)]})
        if not sites or bool(faults) == is_fine:
            problems.append(f"wrong verdict ({faults}) on the example: {example}")
    texts = {}
    for path in sorted((root / "plugin").rglob("*")):
        if path.suffix in (".h", ".cc"):
            folder = path.relative_to(root / "plugin").parts[0]
            texts.setdefault(folder, []).append(bare(path.read_text(encoding="utf-8")))
    sites, faults = check(texts)
    problems += faults
    problems += [f"{folder}: {name}: not in SITES" for folder, name in sorted(sites - SITES)]
    problems += [f"{folder}: {name}: in SITES, but not found" for folder, name in sorted(SITES - sites)]
    for line in problems:
        print(line)
    print(f"{len(sites)} functions that C calls, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
