// SPDX-License-Identifier: Apache-2.0
// Every form of cvt (PTX ISA §9.7.9), by way of the exact value: slow but complete. convert.def has
// the forms that kernels use all the time.
//
// Decode: form = parse_conversion(instruction.modifiers). Each lane: convert(*form, {a, b}).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ptx/module.h"

namespace fitest::ptx {

struct ConversionForm {
  enum class Rounding : std::uint8_t { None, Nearest, Zero, Down, Up, TiesAway };
  Type to = Type::None;
  Type from = Type::None;
  Rounding rounding = Rounding::None;
  bool to_integral = false;  // .rni, .rzi, .rmi, .rpi
  bool ftz = false;
  bool sat = false;
  bool satfinite = false;
  bool relu = false;
  bool operator==(const ConversionForm&) const = default;
};

// Of what follows "cvt": {"rn", "ftz", "f16", "f32"}. Nothing if it is not a form of cvt.
std::optional<ConversionForm> parse_conversion(const std::vector<std::string>& modifiers);

// Sources of the instruction: `b` is the second one of "cvt.rn.f16x2.f32 d, a, b".
struct ConversionSources {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

// True if the instruction has two sources.
bool has_two_sources(const ConversionForm& form);

// Bits of the result; integers are extended to 64 bits by their sign, others by zeros. Bits of the
// sources above their type are ignored.
std::uint64_t convert(const ConversionForm& form, const ConversionSources& sources);

}  // namespace fitest::ptx
