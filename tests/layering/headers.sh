#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# headers.sh FRAMEWORK COMPILER: fails unless every header compiles alone, without a warning. The
# build proves it of a header that its .cpp includes first; the others are compiled here.
set -euo pipefail
cd "$1"
# Headers of one instruction-set level are read here at the baseline: -Wno-psabi.
readonly -a check=("$2" -std=c++20 -Wall -Wextra -Wno-psabi -Werror -fsyntax-only -I. -Igoogletest -x c++ /dev/null -include)

proven_by_the_build() {
  local source=${1%.h}.cpp
  [[ -e $source && $(grep -m 1 '^#include' "$source") == "#include \"$1\"" ]]
}

proven=0
alone=()
while read -r header; do
  if proven_by_the_build "$header"; then
    proven=$((proven + 1))
  else
    alone+=("$header")
  fi
done < <(find . -name '*.h' -printf '%P\n' | sort)
((proven > 0 && ${#alone[@]} > 0))
printf '%s\0' "${alone[@]}" | xargs -0 -P 2 -n 1 "${check[@]}"
echo "$proven headers compiled alone in the build, ${#alone[@]} here"
