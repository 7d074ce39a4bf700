#!/bin/bash
# Checks the manual pages: each command has its own, and neither mandoc nor groff has anything to say about them.
# usage: man.sh DIRECTORY-OF-BINARIES DIRECTORY-OF-PAGES
set -euo pipefail

binaries=${1:?usage: man.sh DIRECTORY-OF-BINARIES DIRECTORY-OF-PAGES}
pages=${2:?usage: man.sh DIRECTORY-OF-BINARIES DIRECTORY-OF-PAGES}

fail() {
    echo "man.sh: $*" >&2
    exit 1
}

# What a page refers to is not installed here: whether it is there is asked below.
said=$(mandoc -Tlint "$pages"/man?/* | grep -v 'referenced manual not found: Xr mend' || true)
[ -z "$said" ] || fail "mandoc says: $said"
for page in "$pages"/man?/*; do
    said=$(LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 >/dev/null)
    [ -z "$said" ] || fail "man says of $page: $said"
done
grep -ho '^\.Xr [^ ]* [0-9]\|^\.It Xr [^ ]* [0-9]' "$pages"/man?/* | sed 's/^\.It //' | sort -u | while read -r _ name section; do
    [ -f "$pages/man$section/$name.$section" ] || fail "there is no page $name($section), to which one refers"
done

# Every command, every verb and every option that a verb shows stands in a page.
count=0
while read -r noun verb options; do
    page=$pages/man1/mend-$noun.1
    [ -f "$page" ] || fail "mend $noun has no page"
    [ "$verb" = - ] || grep -q "^\.Ss mend $noun $verb\$" "$page" || fail "mend $noun $verb is not in its page"
    for option in $options; do
        grep -q "^\.It .*Fl Fl $option\b" "$page" "$pages/man1/mend.1" || fail "mend $noun $verb --$option is in no page"
    done
    count=$((count + 1))
done < <("$binaries/mend" --experimental-dump-help | jq -r '
    .command.subcommands[] | select(.shouldDisplay and .commandName != "help") | .commandName as $noun
    | (([.subcommands[]? | select(.shouldDisplay and .commandName != "help")] | map([.commandName, .])) as $verbs
        | if $verbs == [] then [["-", .]] else $verbs end)[]
    | [$noun, .[0]] + [.[1].arguments[]? | select(.shouldDisplay and .kind != "positional") | .preferredName.name]
    | join(" ")')
[ "$count" -gt 60 ] || fail "only $count commands were found"
grep -q '^\.It Ic queue.max_size$' "$pages/man5/mend.yaml.5" || fail "mend.yaml(5) does not have the keys"
for told in 'Fl Fl check-config' 'Ss mendd restore' 'Fl Fl state'; do
    grep -q "$told" "$pages/man8/mendd.8" || fail "mendd(8) does not have $told"
done
for told in /etc/mend/rules.d /etc/mend/catalog.d /etc/mend/workers /etc/credstore/mend.payload-keys \
    /usr/share/doc/mend/protocol/PROTOCOL.md /usr/share/doc/mend/protocol/RULES.md; do
    grep -qF "$told" "$pages/man8/mendd.8" || fail "mendd(8) does not say where $told is"
done
grep -qF /usr/share/doc/mend/examples/mend.yaml "$pages/man5/mend.yaml.5" || fail "mend.yaml(5) does not name its example"
grep -qF /etc/mend/workers "$pages/man1/mend-work.1" || fail "mend-work(1) does not say where workers are configured"
echo "manual pages: $count commands"
