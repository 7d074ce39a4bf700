#!/bin/bash
# Fuzzes the wire and the engine with libFuzzer, which comes with Swift's toolchain.
#
#   fuzz.sh                   for FUZZ_SECONDS each (60), or until FUZZ_RUNS lines each were tried
#   fuzz.sh replay FILE...    runs findings again, or inputs of the corpus
#   fuzz.sh minimise          writes the least inputs that reach what is known into Tests/Fuzz/Corpus
#
# FUZZ_TARGETS: one of them, or both ("wire engine"). What is found lands in .build-fuzz/findings, and what reaches new
# code in .build-fuzz/corpus, from where the next run goes on.
set -euo pipefail
cd "$(dirname "$0")/../.."

export MEND_FUZZ=1
work=.build-fuzz
library=$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/clang
library=$(find "$library/" -name 'libclang_rt.fuzzer_no_main-*.a' -printf '%h\n' -quit)
[ -n "$library" ] || {
    echo "This Swift toolchain has no libFuzzer." >&2
    exit 1
}
read -ra targets <<<"${FUZZ_TARGETS:-wire engine}"
for target in "${targets[@]}"; do
    swift build -c release --product "fuzz-$target" --scratch-path $work -Xlinker "-L$library"
    mkdir -p "$work/corpus/$target" "$work/findings/$target"
done

# Long enough for stories of a hundred lines; a line of a megabyte is another test's.
limits=(-max_len=16384 -timeout=20 -rss_limit_mb=2048)
# What libFuzzer says of itself, and of bytes that a dictionary might hold.
chatter='^(WARNING: Failed to find|INFO:|Loaded |"|######|[[:space:]]NEW_FUNC)'

case ${1:-} in
replay)
    for file in "${@:2}"; do
        case $file in */wire/*) target=wire ;; *) target=engine ;; esac
        SWIFT_BACKTRACE=enable=yes "$work/release/fuzz-$target" -timeout=20 "$file"
    done
    ;;
minimise)
    for target in "${targets[@]}"; do
        rm -rf "$work/least"
        mkdir "$work/least"
        # Short ones, and edges alone, without how often each was passed: else thousands of inputs differ in something.
        "$work/release/fuzz-$target" -max_len=1024 -set_cover_merge=1 -use_counters=0 "$work/least" \
            "Tests/Fuzz/Corpus/$target" "$work/corpus/$target" 2>&1 | grep 'new files'
        # What was found once, and was given a name, stays.
        find "Tests/Fuzz/Corpus/$target" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
        cp "$work"/least/* "Tests/Fuzz/Corpus/$target/"
    done
    ;;
*)
    if [ -z "${FUZZ_RUNS:-}" ]; then limits+=("-max_total_time=${FUZZ_SECONDS:-60}"); fi
    # Swift's handler of crashes would be in the way of libFuzzer's, which keeps the input. `replay` has it: it shows where.
    export SWIFT_BACKTRACE=enable=no
    for target in "${targets[@]}"; do
        echo "fuzz-$target begins with $(find "Tests/Fuzz/Corpus/$target" "$work/corpus/$target" -type f | wc -l) inputs"
        "$work/release/fuzz-$target" "${limits[@]}" -verbosity=0 "-artifact_prefix=$work/findings/$target/" \
            "$work/corpus/$target" "Tests/Fuzz/Corpus/$target" 2> >(grep -vE "$chatter" >&2) || {
            echo "Run it again with: Tests/Fuzz/fuzz.sh replay FILE, the file that is named above" >&2
            exit 1
        }
    done
    ;;
esac
