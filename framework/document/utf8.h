// SPDX-License-Identifier: Apache-2.0
// UTF-8 checks before a document is parsed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/source.h"

namespace fitest {

// Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7).
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// Length of the byte order mark at the start: 3 or 0.
std::size_t byte_order_mark_length(std::string_view text);

// Reports text that is not UTF-8; true when the text is fine.
bool check_utf8(const SourcePtr& source, Diagnostics& diagnostics);

}  // namespace fitest
