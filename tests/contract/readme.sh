#!/bin/sh
# The README shows what is there: its program is the example that the build compiles.
. "$(dirname "$0")/../sh/lib.sh"

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$TOP_SRCDIR/README.md" >"$T/shown.c"
ok 'the program in README.md is examples/minimal.c' diff "$T/shown.c" "$TOP_SRCDIR/examples/minimal.c"
ok 'README is a symbolic link to README.md' test "$(readlink "$TOP_SRCDIR/README")" = README.md
grep -oE '\]\([A-Za-z][^):]*\)' "$TOP_SRCDIR/README.md" | tr -d '])(' | sort -u >"$T/links"
while read -r link; do
	ok "the link to $link leads somewhere" test -e "$TOP_SRCDIR/$link"
done <"$T/links"

for file in "$TOP_SRCDIR"/lib/*.c; do
	name=$(basename "$file" .c)
	case $name in
	agent | agent_* | env_system | version) continue ;; # said by "agent*", in a sentence, or by the name
	esac
	ok "doc/architecture.md has a place for lib/$name.c" \
		grep -qE "^\|.*\`$name\`.* \|" "$TOP_SRCDIR/doc/architecture.md"
done
for page in "$TOP_SRCDIR"/man/*.[1-8]; do
	name=man/$(basename "$page")
	ok "README.md links $name" grep -qF "($name)" "$TOP_SRCDIR/README.md"
done
