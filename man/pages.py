#!/usr/bin/python3
"""Writes the manual pages from what the programs say of themselves: their arguments, their topics, their configuration.

usage: pages.py DIRECTORY-OF-BINARIES CONFIGURATION OUTPUT
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

BINARIES, CONFIGURATION, OUTPUT = (pathlib.Path(word) for word in sys.argv[1:4])
# What every command takes is told once, in mend(1).
EVERYWHERE = {"socket", "json", "quiet", "version", "help"}


def told(program, *words):
    return subprocess.run(
        [BINARIES.resolve() / program, *words], check=True, capture_output=True, text=True
    ).stdout


def escaped(text):
    text = text.replace("\\", "\\e").replace("…", "...").replace("‘", "'").replace("’", "'")
    return text.encode("ascii", "xmlcharrefreplace").decode()


def line(text):
    """A line of text that no formatter takes for a request."""
    return "\\&" + text if text[:1] in (".", "'") else text


def prose(text):
    """A paragraph: a new line for each sentence, as mdoc(7) has it."""
    lines = []
    for sentence in re.split(r"(?<=[.?!:]) +(?=[A-Z0-9])", escaped(" ".join(text.split()))):
        lines += textwrap.wrap(sentence, 76, break_long_words=False, break_on_hyphens=False)
    return [line(part) for part in lines]


def body(text, joined):
    """Text with paragraphs, and what is indented as it is. `joined`: line ends within a paragraph mean nothing."""
    out = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        plain, literal = [], []
        for row in block.split("\n"):
            (literal if row.startswith("  ") else plain).append(row)
        if out:
            out.append(".Pp")
        if plain:
            rows = [" ".join(plain)] if joined else plain
            for place, row in enumerate(rows):
                out += ([".br"] if place else []) + prose(row)
        if literal:
            if out and out[-1] == ".Pp":
                out.pop()
            out += [".Bd -literal -offset 2n"]
            out += [line(escaped(row)) or "\\&" for row in textwrap.dedent("\n".join(literal)).split("\n")]
            out += [".Ed"]
    return out


def words(text):
    """Arguments of a macro."""
    return '"' + escaped(text).replace('"', '""') + '"' if re.search(r"[\s\"]", text) else escaped(text)


def flag(name):
    return ("Fl " if name["kind"] == "short" else "Fl Fl ") + name["name"]


def shown(command, everywhere=False):
    """The arguments that are explained, positional ones first."""
    arguments = [a for a in command.get("arguments", []) if a["shouldDisplay"]]
    arguments = [
        a
        for a in arguments
        if everywhere or a["kind"] == "positional" or a["preferredName"]["name"] not in EVERYWHERE
    ]
    return sorted(arguments, key=lambda a: a["kind"] != "positional")


def item(argument):
    value = words(argument["valueName"])
    repeats = " ..." if argument["isRepeating"] and argument["kind"] == "positional" else ""
    if argument["kind"] == "positional":
        head = f"Ar {value}{repeats}"
    else:
        head = " , ".join(flag(name) for name in argument["names"])
        head += f" Ar {value}" if argument["kind"] == "option" else ""
    more = []
    if argument.get("allValues") or argument.get("allValueStrings"):
        more.append("one of " + ", ".join(argument.get("allValues") or argument["allValueStrings"]))
    if argument.get("defaultValue"):
        more.append("default: " + argument["defaultValue"])
    text = argument.get("abstract", "") + (f" ({'; '.join(more)})" if more else "")
    return [f".It {head}", *prose(text)]


def listed(arguments):
    if not arguments:
        return []
    return [".Bl -tag -width 6n", *[row for a in arguments for row in item(a)], ".El"]


def synopsis(name, command):
    out = [f".Nm {name}"]
    if any(a["kind"] != "positional" for a in shown(command)):
        out.append(".Op Ar option ...")
    # Where a command has written its usage itself, that tells more than its arguments do.
    usage = re.search(r"USAGE: (.*?)\n\n", told(*name.split(), "--help"), re.DOTALL)[1]
    if "[OPTIONS]" in usage:
        ways = [way.split(name, 1)[1].replace("[OPTIONS]", " ").split() for way in usage.split("\n")]
        rows = [".Ar " + escaped(" ".join(way)).replace("--", "\\-\\-") + "\\&" for way in ways]
        return [row for way in rows for row in (*out, way)]
    for argument in shown(command):
        if argument["kind"] == "positional":
            value = words(argument["valueName"]) + (" ..." if argument["isRepeating"] else "")
            out.append(f".Op Ar {value}" if argument["isOptional"] else f".Ar {value}")
    return out


def head(title, section, name, abstract):
    abstract = abstract[:1].lower() + abstract[1:].rstrip(".") if abstract else name
    return [
        f".Dd {DATE}",
        f".Dt {title.upper()} {section}",
        ".Os",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {escaped(abstract)}",
    ]


def several(verbs):
    """Options that three commands of a noun or more have alike, with these commands."""
    seen = {}
    for verb in verbs:
        for argument in shown(verb):
            if argument["kind"] != "positional":
                key = (argument["preferredName"]["name"], argument.get("abstract"))
                seen.setdefault(key, []).append((verb["commandName"], argument))
    return {key: found for key, found in seen.items() if len(found) >= 3}


def write(name, section, lines):
    directory = OUTPUT / f"man{section}"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.{section}").write_text("\n".join(lines) + "\n")


def see_also(*names):
    names = sorted(names, key=lambda one: (one[1], one[0]))
    rows = [f".Xr {name} {section} ," for name, section in names]
    return [".Sh SEE ALSO", *rows[:-1], rows[-1].removesuffix(" ,")]


DOCUMENTS = "/usr/share/doc/mend"
RULES = [
    ("/etc/mend/rules.d/*.yaml", f"Rules of your own, as {DOCUMENTS}/protocol/RULES.md describes them."),
    ("/etc/mend/catalog.d/*.yaml", "Codes of your own, with what they mean, as the same file describes them."),
]
PROTOCOL = [
    (f"{DOCUMENTS}/protocol/PROTOCOL.md", "What is said over the socket, for clients in any language."),
    (f"{DOCUMENTS}/protocol/openrpc.json", "The same for machines."),
]


def files(*named):
    out = [".Sh FILES", ".Bl -tag -width 6n"]
    for path, says in named:
        out += [f".It Pa {path}", *prose(says)]
    return [*out, ".El"]


def command_page(command):
    name = command["commandName"]
    verbs = [v for v in command.get("subcommands", []) if v["shouldDisplay"] and v["commandName"] != "help"]
    out = head(f"mend-{name}", 1, f"mend-{name}", command["abstract"]) + [".Sh SYNOPSIS"]
    for verb in verbs or [command]:
        out += synopsis(f"mend {name} {verb['commandName']}" if verbs else f"mend {name}", verb)
    out += [".Sh DESCRIPTION", *prose(command["abstract"])]
    if command.get("discussion"):
        out += [".Pp", *body(command["discussion"], joined=False)]
    if not verbs and shown(command):
        out += [".Sh OPTIONS", *listed(shown(command))]
    alike = several(verbs)
    if verbs:
        out.append(".Sh COMMANDS")
    for verb in verbs:
        own = [
            a
            for a in shown(verb)
            if a["kind"] == "positional" or (a["preferredName"]["name"], a.get("abstract")) not in alike
        ]
        out += [f".Ss mend {name} {verb['commandName']}", *prose(verb.get("abstract", ""))]
        if verb.get("discussion"):
            out += [".Pp", *body(verb["discussion"], joined=False)]
        out += listed(own)
    if alike:
        out += [".Sh OPTIONS OF SEVERAL COMMANDS", ".Bl -tag -width 6n"]
        for found in alike.values():
            takers = [name for name, _ in found]
            out += item(found[0][1]) + prose("Of " + ", ".join(takers) + ".")
        out.append(".El")
    if name == "work":
        out += files(("/etc/mend/workers/NAME.yaml", "What mend-worker@NAME.service reads as its --config."))
    out += [
        ".Sh EXIT STATUS",
        "See",
        ".Xr mend 1 .",
    ]
    write(f"mend-{name}", 1, out + see_also(("mend", 1), ("mendd", 8)))


def mend_page(root):
    commands = [c for c in root["subcommands"] if c["shouldDisplay"] and c["commandName"] != "help"]
    out = head("mend", 1, "mend", root["abstract"])
    out += [".Sh SYNOPSIS", ".Nm", ".Op Ar option ...", ".Ar command ...", ".Nm", ".Cm help", ".Op Ar command | topic"]
    out += [".Sh DESCRIPTION", *prose(root["abstract"]), ".Pp", *body(root.get("discussion", ""), joined=False)]
    out += [".Pp", "The commands, each with a page of its own:", ".Bl -tag -width mend-completions"]
    for command in sorted(commands, key=lambda c: c["commandName"]):
        out += [f".It Xr mend-{command['commandName']} 1", *prose(command["abstract"])]
    out += [".El", ".Sh OPTIONS", "Every command takes them.", *listed(shown(root, everywhere=True))]
    sections = [
        ("VERDICTS AND RETRIES", "verdicts"),
        ("TIMES AND SIZES", "time"),
        ("ENVIRONMENT", "environment"),
        ("EXIT STATUS", "exit-status"),
        ("EXAMPLES", "recipes"),
    ]
    for title, topic in sections:
        out += [f".Sh {title}", *body(told("mend", "help", topic), joined=True)]
        if topic == "environment":
            out += files((f"{DOCUMENTS}/README.md", "What there is, by example."), *PROTOCOL)
    pages = [(f"mend-{c['commandName']}", 1) for c in commands]
    write("mend", 1, out + see_also(("mend.yaml", 5), ("mendd", 8), *pages))
    for command in commands:
        command_page(command)


def mendd_page(root):
    commands = [c for c in root["subcommands"] if c["shouldDisplay"] and c["commandName"] != "help"]
    # Serving is what it does where nothing else is said.
    serving = next(c for c in commands if c["commandName"] == "serve")
    others = [c for c in commands if c is not serving]
    out = head("mendd", 8, "mendd", root["abstract"]) + [".Sh SYNOPSIS", ".Nm", ".Op Ar option ..."]
    for command in others:
        out += synopsis(f"mendd {command['commandName']}", command)
    out += [".Sh DESCRIPTION", *prose(root["abstract"]), ".Pp", *body(root.get("discussion", ""), joined=False)]
    out += [".Sh OPTIONS", *listed(shown(serving, everywhere=True)), ".Sh COMMANDS"]
    for command in others:
        out += [f".Ss mendd {command['commandName']}", *prose(command["abstract"])]
        out += [".Pp", *body(command.get("discussion", ""), joined=False), *listed(shown(command))]
    out += [".Sh ENVIRONMENT", "Each key of", ".Xr mend.yaml 5", "has a variable, which stands over the file."]
    out += files(
        ("/etc/mend/mend.yaml", "The configuration."),
        *RULES,
        ("/etc/mend/workers/NAME.yaml", "What mend-worker@NAME.service does: see mend-work(1)."),
        (
            "/etc/credstore/mend.payload-keys",
            "The keys that seal payloads at rest, which nobody but root is to read: each line is a number and 32 bytes in "
            "Base64, the highest number seals, and all of them open. The service reads it when it starts.",
        ),
        ("/run/mend/mend.sock", "The socket."),
        ("/run/mend-guest/mend.sock", "The socket for containers, which mend-guest.socket makes where it is enabled."),
        ("/var/lib/mend", "The state."),
        (f"{DOCUMENTS}/README.md", "How it is all used on a host."),
        *PROTOCOL,
    )
    write("mendd", 8, [*out, *see_also(("mend", 1), ("mend-work", 1), ("mend.yaml", 5))])


def yaml_page():
    """From the shipped file, which is made from the table of keys."""
    rows = CONFIGURATION.read_text().split("\n")
    end = rows.index("")
    out = head("mend.yaml", 5, "mend.yaml", "configuration of the error handling and recovery daemon")
    intro = " ".join(row.lstrip("# ") for row in rows[:end])
    intro = intro.replace("Each setting is shown", "In the file as it is shipped each setting is shown")
    out += [".Sh DESCRIPTION", *prose(intro), ".Sh KEYS"]
    path, says, keys = [], [], 0
    out.append(".Bl -tag -width 6n")
    for row in rows[end:]:
        depth = (len(row) - len(row.lstrip())) // 2
        text = row.strip()
        if text.startswith("# "):
            says.append(text[2:])
        elif match := re.fullmatch(r"#(\w+): (.*)", text):
            name = ".".join([*path[:depth], match[1]])
            variable = "MEND_" + name.replace(".", "_").upper()
            out += [f".It Ic {name}", *prose(" ".join(says).rstrip(".") + ".")]
            out += prose(f"Default: {match[2]}. In the environment: {variable}.")
            says, keys = [], keys + 1
        elif match := re.fullmatch(r"(\w+):", text):
            path = [*path[:depth], match[1]]
    assert keys > 20, "the keys were not found"
    told = files(
        ("/etc/mend/mend.yaml", "The configuration; it may be missing."),
        (f"{DOCUMENTS}/examples/mend.yaml", "The file as it is shipped, to be copied there."),
        *RULES,
    )
    write("mend.yaml", 5, [*out, ".El", *told, *see_also(("mendd", 8))])


def date():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    command = ["date", "-u", "-d", f"@{epoch}"] if epoch else ["date", "-u"]
    day = subprocess.run([*command, "+%B %-d, %Y"], check=True, capture_output=True, text=True, env={"LC_ALL": "C"})
    return day.stdout.strip()


DATE = date()
mend_page(json.loads(told("mend", "--experimental-dump-help"))["command"])
mendd_page(json.loads(told("mendd", "--experimental-dump-help"))["command"])
yaml_page()
