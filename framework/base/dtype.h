// SPDX-License-Identifier: Apache-2.0
// Element types of tensors (dtype.def).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fitest {

enum class DType : std::uint8_t {
#define FITEST_DTYPE(enumerator, name, safetensors, bits, kind, official) enumerator,
#include "base/dtype.def"
#undef FITEST_DTYPE
};

enum class DTypeKind : std::uint8_t { Float, Signed, Unsigned, Bool };

// The schema's spelling: "float32", "bfloat16", …
std::string_view name_of(DType dtype);
// The spelling of a safetensors header: "F32", "BF16", …
std::string_view safetensors_name_of(DType dtype);
std::size_t bits_of(DType dtype);
DTypeKind kind_of(DType dtype);
// One of the eleven that a Definition may declare.
bool is_official(DType dtype);

std::optional<DType> dtype_from_name(std::string_view name);
std::optional<DType> dtype_from_safetensors_name(std::string_view name);
// The eleven names, in the order of dtype.def.
std::vector<std::string> official_dtype_names();

// Bytes that `count` packed elements take: float4_e2m1 packs two to a byte, low nibble first.
std::size_t bytes_for(DType dtype, std::size_t count);

}  // namespace fitest
