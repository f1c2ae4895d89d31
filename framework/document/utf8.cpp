// SPDX-License-Identifier: Apache-2.0
#include "document/utf8.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace fitest {
namespace {

// Lead byte range, bounds of the second byte, and how many bytes follow the lead byte.
struct Sequence {
  unsigned char first;
  unsigned char last;
  unsigned char second_first;
  unsigned char second_last;
  std::size_t trailing;
};

constexpr Sequence kSequences[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2}, {0xE1, 0xEC, 0x80, 0xBF, 2},
    {0xED, 0xED, 0x80, 0x9F, 2}, {0xEE, 0xEF, 0x80, 0xBF, 2}, {0xF0, 0xF0, 0x90, 0xBF, 3},
    {0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3},
};

// Length of the multi-byte sequence at `at`, 0 when it is malformed.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (const Sequence& sequence : kSequences) {
    if (byte(at) < sequence.first || byte(at) > sequence.last) continue;
    if (at + sequence.trailing >= text.size()) return 0;
    if (byte(at + 1) < sequence.second_first || byte(at + 1) > sequence.second_last) return 0;
    for (std::size_t i = 2; i <= sequence.trailing; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return 0;
    }
    return sequence.trailing + 1;
  }
  return 0;
}

bool eight_ascii_bytes(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && eight_ascii_bytes(text.data() + i)) {
      i += 8;
      continue;
    }
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::size_t byte_order_mark_length(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

bool check_utf8(const SourcePtr& source, Diagnostics& diagnostics) {
  const auto at = find_invalid_utf8(source->text());
  if (!at) return true;
  diagnostics.error(source, {*at, *at + 1},
                    fmt::format("the byte 0x{:02X} is not UTF-8; save the file as UTF-8",
                                static_cast<unsigned char>(source->text()[*at])));
  return false;
}

}  // namespace fitest
