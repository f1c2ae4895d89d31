// SPDX-License-Identifier: Apache-2.0
// Small pure functions on text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fitest {

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);

// The whole text as a number, or nothing.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// Shell globs: '*' any run, '?' one character, everything else itself.
bool matches_glob(std::string_view pattern, std::string_view text);

// The candidate nearest to `word` by edit distance, if near enough to be a typo of it.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace fitest
